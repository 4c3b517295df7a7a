#include "gateway/store/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <system_error>

namespace ferry {
namespace {

constexpr int busy_timeout_ms = 2000;

StoreTrouble trouble_of(int code, int reason) {
  if (reason == ENOSPC || reason == EDQUOT) return StoreTrouble::full;
  if (reason == EROFS) return StoreTrouble::readonly;
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return StoreTrouble::busy;
    case SQLITE_FULL:
      return StoreTrouble::full;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return StoreTrouble::readonly;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return StoreTrouble::corrupt;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return StoreTrouble::io;
    default:
      return StoreTrouble::other;
  }
}

std::string advice(StoreTrouble trouble, const std::string& path) {
  switch (trouble) {
    case StoreTrouble::busy:
      return "another program has held it for 2 s: end it (a sqlite3 shell, a copy that is being made)";
    case StoreTrouble::full:
      return "make room on its file system";
    case StoreTrouble::readonly:
      return "the file, its folder and what lies beside it (-wal, -shm, .lock) must belong to ferryd's user, on a file "
             "system that is mounted for writing";
    case StoreTrouble::corrupt:
      return "it is damaged, or no store: keep a copy of it and of " + path +
             "-wal, then restore a backup, or save what can be read with: sqlite3 " + path + " .recover";
    case StoreTrouble::io:
      return "look at the disk and at the kernel's log";
    case StoreTrouble::owned:
    case StoreTrouble::other:
      break;
  }
  return "a bug: report it";
}

StoreError error_of(sqlite3* handle, const std::string& path, const char* what) {
  const int code = sqlite3_extended_errcode(handle);
  // The system's own reason: "disk I/O error" alone helps nobody. SQLite keeps it long after it has passed.
  const int primary = code & 0xFF;
  const bool system = primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN || primary == SQLITE_FULL;
  const int reason = system ? sqlite3_system_errno(handle) : 0;
  const StoreTrouble trouble = trouble_of(code, reason);
  std::string text = "store: " + path + ": " + sqlite3_errmsg(handle);
  if (reason != 0) text += " (" + std::generic_category().message(reason) + ")";
  if (trouble == StoreTrouble::other) text += std::string(" in: ") + what;
  return {code, trouble, std::move(text) + (reason == EACCES ? whose(path) : "; " + advice(trouble, path))};
}

// SQLite would create it with the umask's mode; what it creates beside it (-wal, -shm) gets the mode of this file.
StoreError create_private(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) {
    StoreError error = system_error_of(errno, path);
    if (error.code == -EACCES) error.text += whose(path);
    return error;
  }
  ::close(file);
  return {};
}

}  // namespace

Result<std::unique_ptr<Database>, StoreError> Database::open(const std::string& path, Create create) {
  if (create == Create::yes && path != ":memory:") {
    if (StoreError error = create_private(path); error.code != SQLITE_OK) return error;
  }
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (handle == nullptr) return StoreError{code, StoreTrouble::other, "store: out of memory"};
  std::unique_ptr<Database> database(new Database(handle, path));
  if (code != SQLITE_OK) return error_of(handle, path, "open");
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, busy_timeout_ms);
  return database;
}

Database::~Database() { sqlite3_close_v2(handle_); }

void Database::fail(const char* what) const { throw StoreFailure(error_of(handle_, path_, what)); }

void Database::exec(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail(sql.substr(0, 60).c_str());
}

std::int64_t Database::integer(const std::string& sql) {
  Statement statement(*this, sql.c_str());
  Query row(statement);
  return row.next() ? row.integer(0) : 0;
}

std::string Database::text(const std::string& sql) {
  Statement statement(*this, sql.c_str());
  Query row(statement);
  return row.next() ? std::string(row.text(0)) : std::string();
}

void Database::copy_to(Database& target, int pages_at_once,
                       const std::function<void(std::int64_t, std::int64_t)>& progress) {
  sqlite3_backup* copy = sqlite3_backup_init(target.handle_, "main", handle_, "main");
  if (copy == nullptr) target.fail("backup");
  int code = SQLITE_OK;
  while (code == SQLITE_OK) {
    code = sqlite3_backup_step(copy, pages_at_once);
    const std::int64_t all = sqlite3_backup_pagecount(copy);
    progress(all - sqlite3_backup_remaining(copy), all);
  }
  sqlite3_backup_finish(copy);
  if (code != SQLITE_DONE) target.fail("backup");
}

void Database::sync_log() {
  sqlite3_file* log = nullptr;
  if (sqlite3_file_control(handle_, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) != SQLITE_OK) fail("the log");
  if (log == nullptr || log->pMethods == nullptr) return;  // a store in memory
  if (log->pMethods->xSync(log, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY) != SQLITE_OK) {
    const int reason = errno;
    const StoreTrouble trouble = trouble_of(SQLITE_IOERR_FSYNC, reason);
    throw StoreFailure({SQLITE_IOERR_FSYNC, trouble,
                        "store: " + path_ + "-wal: the disk does not take it (" +
                            std::generic_category().message(reason) + "); " + advice(trouble, path_)});
  }
}

void Database::rollback() noexcept {
  if (in_transaction()) sqlite3_exec(handle_, "ROLLBACK", nullptr, nullptr, nullptr);
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }
std::int64_t Database::last_insert_rowid() const { return sqlite3_last_insert_rowid(handle_); }
std::int64_t Database::changes() const { return sqlite3_changes64(handle_); }

Statement::~Statement() { sqlite3_finalize(handle_); }

Query::Query(Statement& statement, Begin) : statement_(statement) {
  assert(!statement.in_use_);
  if (statement.handle_ == nullptr) {
    const Database& database = statement.database_;
    const int code = sqlite3_prepare_v3(database.handle_, statement.sql_, -1, SQLITE_PREPARE_PERSISTENT,
                                        &statement.handle_, nullptr);
    if (code != SQLITE_OK) database.fail(statement.sql_);
  }
  statement.in_use_ = true;
}

Query::~Query() {
  sqlite3_reset(statement_.handle_);  // its result is that of the last step, which next() has reported
  statement_.in_use_ = false;
}

bool Query::next() {
  const int code = sqlite3_step(statement_.handle_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) statement_.database_.fail(statement_.sql_);
  return false;
}

std::int64_t Query::integer(int column) const { return sqlite3_column_int64(statement_.handle_, column); }

std::string_view Query::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_.handle_, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.handle_, column))};
}

std::string_view Query::bytes(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_.handle_, column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.handle_, column))};
}

void Query::bind(int position, std::int64_t value) {
  if (sqlite3_bind_int64(statement_.handle_, position, value) != SQLITE_OK) statement_.database_.fail(statement_.sql_);
}

void Query::bind(int position, std::string_view text) {
  const char* data = text.empty() ? "" : text.data();  // a null pointer would bind NULL
  if (sqlite3_bind_text64(statement_.handle_, position, data, text.size(), SQLITE_STATIC, SQLITE_UTF8) != SQLITE_OK)
    statement_.database_.fail(statement_.sql_);
}

void Query::bind(int position, Blob blob) {
  const char* data = blob.bytes.empty() ? "" : blob.bytes.data();
  if (sqlite3_bind_blob64(statement_.handle_, position, data, blob.bytes.size(), SQLITE_STATIC) != SQLITE_OK)
    statement_.database_.fail(statement_.sql_);
}

void Query::bind(int position, OrNull text) {
  if (!text.text.empty()) return bind(position, text.text);
  if (sqlite3_bind_null(statement_.handle_, position) != SQLITE_OK) statement_.database_.fail(statement_.sql_);
}

}  // namespace ferry
