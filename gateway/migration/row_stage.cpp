#include "gateway/migration/row_stage.h"

#include <charconv>

#include "gateway/migration/sql_lexer.h"

namespace ferry {
namespace {

constexpr std::size_t most_counts_waiting = 10'000;

// NULL is "-", a text is its length, ':' and itself.
void pack(std::string& out, const SqlValue* value) {
  if (!value || value->kind != SqlValue::Kind::text) {
    out += '-';
    return;
  }
  out += std::to_string(value->text.size()) + ':' + value->text;
}

std::optional<std::string> unpack(std::string_view& from) {
  if (from.empty() || from.front() == '-') {
    from.remove_prefix(from.empty() ? 0 : 1);
    return std::nullopt;
  }
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(from.data(), from.data() + from.size(), size);
  from.remove_prefix(static_cast<std::size_t>(end - from.data()) + 1);
  std::string text(from.substr(0, size));
  from.remove_prefix(size);
  return text;
}

const SqlValue* find_value(const SqlRow& row, std::string_view column) {
  for (std::size_t i = 0; i < row.columns.size() && i < row.values.size(); ++i)
    if (row.columns[i] == column) return &row.values[i];
  return nullptr;
}

std::unique_ptr<Database> temporary_database() {
  auto database = Database::open("", Database::Create::no);
  if (!database) throw StoreFailure(database.error());
  (*database)->exec(
      "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -32000;"
      "PRAGMA locking_mode = EXCLUSIVE");
  return std::move(*database);
}

}  // namespace

std::optional<std::int64_t> whole_number(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

std::int64_t StagedRow::number(std::size_t column, std::int64_t otherwise) const {
  return whole_number(text(column)).value_or(otherwise);
}

RowStage::RowStage(std::span<const TableSpec> specs) : specs_(specs), database_(temporary_database()) {
  database_->exec(
      "CREATE TABLE r(t INTEGER, k TEXT, o INTEGER, f INTEGER, l INTEGER, v BLOB);"
      "CREATE TABLE n(t INTEGER, k TEXT, c INTEGER, PRIMARY KEY(t, k)) WITHOUT ROWID; BEGIN");
  add_ = std::make_unique<Statement>(*database_, "INSERT INTO r(t, k, o, f, l, v) VALUES(?1, ?2, ?3, ?4, ?5, ?6)");
  remove_ = std::make_unique<Statement>(*database_, "DELETE FROM r WHERE rowid = ?1");
}

RowStage::~RowStage() = default;

bool RowStage::wants(std::string_view table) const {
  for (const TableSpec& spec : specs_)
    if (spec.table == table) return true;
  return false;
}

std::string_view RowStage::file(std::string_view name) {
  for (const auto& known : files_)
    if (*known == name) return *known;
  files_.push_back(std::make_unique<std::string>(name));
  return *files_.back();
}

std::string RowStage::add(const SqlRow& row) {
  std::string dropped;
  const std::string_view name = file(row.place.file);
  std::size_t number = 0;
  while (*files_[number] != name) ++number;
  for (std::size_t t = 0; t < specs_.size(); ++t) {
    const TableSpec& spec = specs_[t];
    if (spec.table != row.table) continue;
    if (spec.counted) {
      count(t, row);
      continue;
    }
    const SqlValue* key = find_value(row, spec.key);
    if (!key) continue;  // another program's table of that name
    if (key->kind != SqlValue::Kind::text) {
      dropped += (dropped.empty() ? "" : ", ") + std::string(spec.key);
      continue;
    }
    std::string packed;
    for (const std::string_view column : spec.columns) {
      const SqlValue* value = find_value(row, column);
      pack(packed, value);
      if (value && (value->kind == SqlValue::Kind::other || value->kind == SqlValue::Kind::too_large))
        dropped += (dropped.empty() ? "" : ", ") + std::string(column);
    }
    const SqlValue* order = spec.order.empty() ? nullptr : find_value(row, spec.order);
    const std::int64_t position = order ? whole_number(order->text).value_or(0) : 0;
    run(*add_, static_cast<std::int64_t>(t), lower(key->text), position, static_cast<std::int64_t>(number),
        static_cast<std::int64_t>(row.place.line), Blob{packed});
  }
  return dropped;
}

void RowStage::count(std::size_t spec, const SqlRow& row) {
  const SqlValue* key = find_value(row, specs_[spec].key);
  if (!key || key->kind != SqlValue::Kind::text) return;
  std::string whose = lower(key->text);
  const SqlValue* host = specs_[spec].host.empty() ? nullptr : find_value(row, specs_[spec].host);
  if (host && host->kind == SqlValue::Kind::text && whose.find('@') == std::string::npos)
    whose += "@" + lower(host->text);
  ++counts_[{spec, std::move(whose)}];
  if (counts_.size() >= most_counts_waiting) keep_counts();
}

void RowStage::keep_counts() {
  Statement add(*database_,
                "INSERT INTO n(t, k, c) VALUES(?1, ?2, ?3) ON CONFLICT(t, k) DO UPDATE SET c = c + excluded.c");
  for (const auto& [which, count] : counts_)
    run(add, static_cast<std::int64_t>(which.first), std::string_view(which.second), count);
  counts_.clear();
}

std::int64_t RowStage::counted(std::size_t spec, std::string_view key) {
  keep_counts();
  Statement statement(*database_, "SELECT c FROM n WHERE t = ?1 AND k = ?2");
  const std::string wanted = lower(key);
  Query rows(statement, static_cast<std::int64_t>(spec), wanted);
  return rows.next() ? rows.integer(0) : 0;
}

void RowStage::finish() {
  if (indexed_) return;
  indexed_ = true;
  database_->exec("CREATE INDEX i ON r(t, k, o)");
}

// Of a redo log: it is small beside the rows, or each of these would be slow.
void RowStage::remove(const SqlRow& where) {
  finish();
  if (!by_order_) database_->exec("CREATE INDEX j ON r(t, o)");
  by_order_ = true;
  for (std::size_t t = 0; t < specs_.size(); ++t) {
    const TableSpec& spec = specs_[t];
    if (spec.table != where.table || spec.counted) continue;
    const SqlValue* key = find_value(where, spec.key);
    Statement by_key(*database_, "SELECT rowid, v FROM r WHERE t = ?1 AND k = ?2");
    Statement by_order(*database_, "SELECT rowid, v FROM r WHERE t = ?1 AND o = ?2");
    Statement all(*database_, "SELECT rowid, v FROM r WHERE t = ?1");
    const SqlValue* order = spec.order.empty() ? nullptr : find_value(where, spec.order);
    const auto number = order ? whole_number(order->text) : std::nullopt;
    const std::string wanted = key ? lower(key->text) : std::string();
    std::vector<std::int64_t> gone;
    const auto look = [&](Query& rows) {
      while (rows.next()) {
        std::string_view packed = rows.bytes(1);
        bool same = true;
        for (const std::string_view column : spec.columns) {
          const std::optional<std::string> have = unpack(packed);
          const SqlValue* value = find_value(where, column);
          if (value && value->kind == SqlValue::Kind::text && (!have || *have != value->text)) same = false;
        }
        if (same) gone.push_back(rows.integer(0));
      }
    };
    if (key) {
      Query rows(by_key, static_cast<std::int64_t>(t), wanted);
      look(rows);
    } else if (number) {  // a contact, by its number
      Query rows(by_order, static_cast<std::int64_t>(t), *number);
      look(rows);
    } else {
      Query rows(all, static_cast<std::int64_t>(t));
      look(rows);
    }
    for (const std::int64_t id : gone) run(*remove_, id);
  }
}

std::int64_t RowStage::strangers(std::size_t spec, std::size_t owners, std::optional<StagedRow>& first) {
  Statement statement(*database_,
                      "SELECT k, f, l, v FROM r WHERE t = ?1 AND k NOT IN (SELECT k FROM r WHERE t = ?2) "
                      "ORDER BY f, l, rowid LIMIT 1");
  Query found(statement, static_cast<std::int64_t>(spec), static_cast<std::int64_t>(owners));
  visit_rows(found, spec, [&](const StagedRow& row) { first = row; });
  if (!first) return 0;
  return database_->integer("SELECT count(DISTINCT k) FROM r WHERE t = " + std::to_string(spec) +
                            " AND k NOT IN (SELECT k FROM r WHERE t = " + std::to_string(owners) + ")");
}

void RowStage::each_stranger(std::span<const std::size_t> specs, std::size_t owners,
                             const std::function<void(const StagedRow&)>& visit) {
  std::string list;
  for (const std::size_t spec : specs) list += (list.empty() ? "" : ",") + std::to_string(spec);
  const std::string sql = "SELECT k, f, min(l) FROM r WHERE t IN (" + list +
                          ") AND k NOT IN (SELECT k FROM r WHERE t = ?1) GROUP BY k ORDER BY k";
  Statement statement(*database_, sql.c_str());
  Query rows(statement, static_cast<std::int64_t>(owners));
  StagedRow row;
  row.values.resize(specs_[owners].columns.size());
  while (rows.next()) {
    row.key = rows.text(0);
    row.place = {*files_[static_cast<std::size_t>(rows.integer(1))], static_cast<std::uint64_t>(rows.integer(2))};
    visit(row);
  }
}

std::int64_t RowStage::count(std::size_t spec) {
  return database_->integer("SELECT count(*) FROM r WHERE t = " + std::to_string(spec));
}

void RowStage::visit_rows(Query& rows, std::size_t spec, const std::function<void(const StagedRow&)>& visit) {
  StagedRow row;
  while (rows.next()) {
    row.key = rows.text(0);
    row.place = {*files_[static_cast<std::size_t>(rows.integer(1))], static_cast<std::uint64_t>(rows.integer(2))};
    row.values.clear();
    std::string_view packed = rows.bytes(3);
    for (std::size_t i = 0; i < specs_[spec].columns.size(); ++i) row.values.push_back(unpack(packed));
    visit(row);
  }
}

void RowStage::each(std::size_t spec, std::string_view key, const std::function<void(const StagedRow&)>& visit) {
  Statement statement(*database_, "SELECT k, f, l, v FROM r WHERE t = ?1 AND k = ?2 ORDER BY o, rowid");
  const std::string wanted = lower(key);
  Query rows(statement, static_cast<std::int64_t>(spec), wanted);
  visit_rows(rows, spec, visit);
}

void RowStage::each_newest_first(std::size_t spec, std::string_view key,
                                 const std::function<void(const StagedRow&)>& visit) {
  Statement statement(*database_, "SELECT k, f, l, v FROM r WHERE t = ?1 AND k = ?2 ORDER BY o DESC, rowid DESC");
  const std::string wanted = lower(key);
  Query rows(statement, static_cast<std::int64_t>(spec), wanted);
  visit_rows(rows, spec, visit);
}

void RowStage::each_all(std::size_t spec, const std::function<void(const StagedRow&)>& visit) {
  Statement statement(*database_, "SELECT k, f, l, v FROM r WHERE t = ?1 ORDER BY k, o, rowid");
  Query rows(statement, static_cast<std::int64_t>(spec));
  visit_rows(rows, spec, visit);
}

std::optional<StagedRow> RowStage::first(std::size_t spec, std::string_view key) {
  std::optional<StagedRow> found;
  each(spec, key, [&](const StagedRow& row) {
    if (!found) found = row;
  });
  return found;
}

}  // namespace ferry
