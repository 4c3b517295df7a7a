// Reads an SQL dump as a stream of rows: mysqldump, MariaDB, Navicat, Sequel Pro, phpMyAdmin (extended inserts,
// back-slash escapes, 0x… texts), pg_dump (COPY and INSERT), HSQLDB's .script and .log (\uXXXX, deletes), SQLite's
// .dump. Nothing is executed: what is no CREATE TABLE, INSERT, COPY or DELETE is skipped.
//
// One value or one row over its limit is dropped and reported, the others come. Which dialect it is shows from what
// stands before the first row.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/migration/input.h"

namespace ferry {

struct SqlLimits {
  std::size_t value_bytes = 8U << 20;
  std::size_t row_bytes = 16U << 20;
  std::size_t columns = 1'000;
  std::size_t tables = 10'000;
  std::size_t bad_statements = 1'000;  // then the rest of the source is given up
};

struct SqlValue {
  enum class Kind : std::uint8_t { null, text, other, too_large };  // other: an expression, which is not computed
  Kind kind = Kind::null;
  std::string text;  // numbers too
};

struct SqlRow {
  std::string_view table;                   // lower case, without schema
  const std::vector<std::string>& columns;  // lower case
  std::vector<SqlValue>& values;            // as many
  Place place;
};

class SqlHandler {
 public:
  virtual ~SqlHandler() = default;
  virtual bool wants(std::string_view table) = 0;  // false: its rows are skipped
  virtual void row(SqlRow& row) = 0;
  virtual void removed(SqlRow& where) = 0;  // rows with just these values are gone (HSQLDB's log)
  virtual void wrong(const Place& place, std::string what, std::string suggestion) = 0;  // the statement was skipped
  virtual void note(const Place& place, std::string what) = 0;
  virtual void cached(const Place&, std::string_view) {}  // HSQLDB: this table's rows may be in another file
  virtual void large_objects(std::uint64_t) {}            // HSQLDB: bytes of a block of theirs; 0: compressed
  virtual void working(std::uint64_t bytes) = 0;          // now and then: so far
};

// The columns of tables: what one file creates, the next one fills.
using SqlColumns = std::map<std::string, std::vector<std::string>, std::less<>>;

// Error: why the source, or the rest of it, was not read.
std::string read_sql(Input& input, SqlColumns& columns, SqlHandler& handler, const SqlLimits& limits = {});

}  // namespace ferry
