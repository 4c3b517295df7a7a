// What the beginning of a dump says of the program that wrote it.
#pragma once

#include <string>
#include <string_view>

#include "gateway/migration/sql_lexer.h"

namespace ferry {

struct SqlSight {
  SqlDialect dialect = SqlDialect::unknown;
  std::string_view last_comment;  // with which such a dump ends, in lower case; empty: nothing can be expected
  std::string refused;            // why it is not read
};

SqlSight first_sight(std::string_view look);

// Words that begin a part of CREATE TABLE which is no column; "key text" is one, and pg_dump does not quote it.
bool is_key_clause(std::string_view word, std::string_view next);

}  // namespace ferry
