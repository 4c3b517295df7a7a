// SQLite, wrapped thinly: the one place of the house that knows <sqlite3.h> is database.cpp.
//
// A Database is one open file, a Statement one SQL text that is prepared at its first use and kept, a Query one use:
//
//   Query rows(by_user_, user, after);          // binds ?1, ?2 …
//   while (rows.next()) use(rows.integer(0), rows.text(1));
//
// Errors. Opening gives a Result. Everything else throws StoreFailure, the one exception of the house that crosses
// files: the calls stand deep inside decisions that cannot go on without their records (disk full, locked by another
// program, corrupt), nobody between them and the tick can do anything about it, and every one of them would have to
// pass it up by hand. The tick catches it at one place, rolls back, and carries none of the effects out.
//
// One thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/store/store_error.h"
#include "translators/values/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace ferry {

class Database {
 public:
  enum class Create { no, yes };  // yes: a missing file is created, mode 0600

  // path: a file, or ":memory:". Busy locks of other programs are waited for 2 s.
  static Result<std::unique_ptr<Database>, StoreError> open(const std::string& path, Create create);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void exec(const std::string& sql);             // one or more statements without results
  std::int64_t integer(const std::string& sql);  // the first column of the first row, 0 if there is none
  std::string text(const std::string& sql);      // likewise, as text
  // Everything into an empty database, some pages at a time. One read transaction of ours around it makes it one
  // moment.
  void copy_to(Database& target, int pages_at_once,
               const std::function<void(std::int64_t done, std::int64_t all)>& progress);
  void begin() { exec("BEGIN IMMEDIATE"); }  // takes the write lock now, so that no later write finds it taken
  void commit() { exec("COMMIT"); }
  void sync_log();           // what has been committed to the write-ahead log is on the disk when this returns
  void rollback() noexcept;  // also where SQLite has rolled back by itself already
  bool in_transaction() const;
  std::int64_t last_insert_rowid() const;
  std::int64_t changes() const;  // rows that the last statement changed
  int user_version() { return static_cast<int>(integer("PRAGMA user_version")); }

 private:
  friend class Statement;
  friend class Query;
  Database(sqlite3* handle, std::string path) : handle_(handle), path_(std::move(path)) {}
  [[noreturn]] void fail(const char* what) const;
  sqlite3* handle_;
  std::string path_;
};

class Statement {
 public:
  // sql: one statement, a literal (it is not copied). The Database must outlive this.
  Statement(Database& database, const char* sql) : database_(database), sql_(sql) {}
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  const char* sql() const { return sql_; }

 private:
  friend class Query;
  Database& database_;
  const char* sql_;
  sqlite3_stmt* handle_ = nullptr;
  bool in_use_ = false;
};

struct Blob {
  std::string_view bytes;
};  // bound as a blob; a string_view is bound as text
struct OrNull {
  std::string_view text;
};  // empty: NULL

// One use of a Statement, reset when this ends; a Statement has one use at a time. What is bound is not copied and must
// outlive the use; text() and bytes() live until the next next().
class Query {
 public:
  template <class... Values>
  explicit Query(Statement& statement, const Values&... values) : Query(statement, Begin{}) {
    int position = 0;
    (bind(++position, values), ...);
  }
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  bool next();                               // false: no more rows
  std::int64_t integer(int column) const;    // NULL: 0
  std::string_view text(int column) const;   // NULL: empty
  std::string_view bytes(int column) const;  // of a blob

 private:
  struct Begin {};
  Query(Statement& statement, Begin);
  void bind(int position, std::int64_t value);
  void bind(int position, std::string_view text);
  void bind(int position, const std::string& text) { bind(position, std::string_view(text)); }
  void bind(int position, Blob blob);
  void bind(int position, OrNull text);
  template <class T>
  void bind(int position, T value) = delete;  // no silent conversions: say static_cast<std::int64_t>
  Statement& statement_;
};

// A statement without rows.
template <class... Values>
void run(Statement& statement, const Values&... values) {
  Query(statement, values...).next();
}

}  // namespace ferry
