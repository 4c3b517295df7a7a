// Rows of a dump put aside in a temporary database, so that they can be read again in another order: the tables of a
// dump follow one another, an account is made of rows of all of them.
//
// Only the columns that a TableSpec names are kept. The database is SQLite's own temporary one: mode 0600, without a
// name, gone with the process; small ones never leave the memory.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/migration/input.h"
#include "gateway/migration/sql_reader.h"
#include "gateway/store/database.h"

namespace ferry {

struct TableSpec {
  std::string_view table;                 // lower case
  std::string_view key;                   // the column it is looked up by; compared without case
  std::string_view order;                 // a column of numbers, or empty: as they came
  std::vector<std::string_view> columns;  // kept, in this order
  bool counted = false;                   // only how many rows each key has
  std::string_view host = {};             // of counted ones: a column; where there is one, keys are KEY@HOST
};

struct StagedRow {
  std::string key;
  Place place;
  std::vector<std::optional<std::string>> values;  // as TableSpec::columns; NULL and missing columns: nothing
  std::string_view text(std::size_t column) const {
    return values[column] ? std::string_view(*values[column]) : std::string_view();
  }
  bool has(std::size_t column) const { return values[column].has_value(); }
  std::int64_t number(std::size_t column, std::int64_t otherwise) const;
};

std::optional<std::int64_t> whole_number(std::string_view text);  // blanks around it are none of it

class RowStage {
 public:
  // specs must outlive this. Several may name the same table.
  explicit RowStage(std::span<const TableSpec> specs);
  ~RowStage();

  bool wants(std::string_view table) const;
  // Returns texts of columns that are no plain values (expressions, too large): they count as NULL.
  std::string add(const SqlRow& row);
  void remove(const SqlRow& where);
  void finish();  // before the first each

  std::int64_t count(std::size_t spec);  // rows of specs[spec]
  // By key, then by order. `visit` may read other rows. Keys of each_all are lower case.
  void each(std::size_t spec, std::string_view key, const std::function<void(const StagedRow&)>& visit);
  void each_newest_first(std::size_t spec, std::string_view key, const std::function<void(const StagedRow&)>& visit);
  void each_all(std::size_t spec, const std::function<void(const StagedRow&)>& visit);
  std::optional<StagedRow> first(std::size_t spec, std::string_view key);
  std::int64_t counted(std::size_t spec, std::string_view key);  // its rows, of a table that is only counted
  // How many keys of the rows of specs[spec] no row of specs[owners] has, and the first of these rows.
  // Each of these keys once, as a row of owners that has nothing else; the place is the first row's.
  void each_stranger(std::span<const std::size_t> specs, std::size_t owners,
                     const std::function<void(const StagedRow&)>& visit);
  std::int64_t strangers(std::size_t spec, std::size_t owners, std::optional<StagedRow>& first);

 private:
  void visit_rows(Query& rows, std::size_t spec, const std::function<void(const StagedRow&)>& visit);
  std::string_view file(std::string_view name);
  void count(std::size_t spec, const SqlRow& row);
  void keep_counts();
  std::span<const TableSpec> specs_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Statement> add_, remove_;
  std::vector<std::unique_ptr<std::string>> files_;
  std::map<std::pair<std::size_t, std::string>, std::int64_t> counts_;  // not kept yet
  bool indexed_ = false, by_order_ = false;
};

}  // namespace ferry
