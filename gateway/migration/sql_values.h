// One value of an INSERT: texts in all their forms, numbers, NULL. For sql_reader.cpp.
#pragma once

#include "gateway/migration/sql_lexer.h"

namespace ferry {

// The next byte is the value's first; afterwards it is the comma or parenthesis behind it. False: the value has no end.
bool read_sql_value(Input& input, SqlLexer& lexer, const SqlLimits& limits, SqlValue& value);

// What stands behind a back-slash in PostgreSQL's COPY; c is its first character, more are taken.
int copy_escape(Input& input, int c);

}  // namespace ferry
