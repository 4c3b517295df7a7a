// Opening, transactions, seqs, and the small things: meta, packets.
#include "gateway/store/store.h"

#include <cassert>
#include <charconv>

#include "gateway/store/schema.h"

namespace ferry {
namespace {

constexpr Seq seqs_at_once = 8192;
constexpr const char* reserved_key = "reserved-seq";

// A 4 MB page cache; a checkpoint every 16 MB of log keeps each one short; the log file is cut back to twice that.
// What is deleted is overwritten where that needs no further write (secure_delete = fast). Foreign keys are kept by
// hand. NORMAL does not wait for the disk: commit() does, where it must.
constexpr const char* pragmas =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY;"
    "PRAGMA cache_size = -4096; PRAGMA mmap_size = 0; PRAGMA wal_autocheckpoint = 4000;"
    "PRAGMA journal_size_limit = 33554432; PRAGMA secure_delete = FAST";

}  // namespace

MetaStatements::MetaStatements(Database& database)
    : get(database, "SELECT value FROM meta WHERE key = ?1"),
      set(database, "INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)"),
      seen_packet(database, "SELECT 1 FROM packet WHERE id = ?1 AND digest = ?2"),
      put_packet(database, "INSERT OR REPLACE INTO packet(id, digest) VALUES(?1, ?2)"),
      first_seq(database, "SELECT min(seq) FROM message"),
      last_seq(database, "SELECT max(seq) FROM message") {}

Result<std::unique_ptr<Store>, StoreError> Store::open(const std::string& path, Durability durability,
                                                       Exclusive exclusive) {
  const bool own = exclusive == Exclusive::yes;
  FileLock lock;
  if (own && path != ":memory:") {
    auto taken = FileLock::take(path + ".lock");
    if (!taken) return taken.error();
    lock = *std::move(taken);
  }
  auto database = Database::open(path, own ? Database::Create::yes : Database::Create::no);
  if (!database) return database.error();
  try {
    // Before journal_mode: another program's database must stay as it is.
    if (std::string why_not = check_version(**database, migrations()); !own && !why_not.empty())
      return StoreError{0, StoreTrouble::other, std::move(why_not)};
    if (own) {
      (*database)->exec("PRAGMA secure_delete = FAST");
      if (std::string why_not = migrate(**database, migrations()); !why_not.empty())
        return StoreError{0, StoreTrouble::other, std::move(why_not)};
    }
    (*database)->exec(pragmas);
    std::unique_ptr<Store> store(new Store(std::move(lock), *std::move(database)));
    store->sync_ = durability == Durability::full;
    store->read_reserved_seq();
    return store;
  } catch (const StoreFailure& failure) { return failure.error(); }
}

Store::Store(FileLock lock, std::unique_ptr<Database> database)
    : lock_(std::move(lock)),
      database_(std::move(database)),
      people_(*database_),
      routes_(*database_),
      messages_(*database_),
      outbox_(*database_),
      requests_(*database_),
      meta_(*database_),
      accounts_(*database_),
      commit_(*database_, "COMMIT") {}

Store::~Store() { rollback(); }

void Store::prove_writable(Instant now) {
  begin();
  try {
    set_meta("started", std::to_string(now));
    commit();
    if (!sync_) database_->sync_log();
  } catch (const StoreFailure&) {
    rollback();
    throw;
  }
}

void Store::begin() {
  assert(!in_tick_);
  in_tick_ = true;
}

void Store::commit() {
  assert(in_tick_);
  if (database_->in_transaction()) {
    run(commit_);
    if (sync_ && heavy_) database_->sync_log();
  }
  heavy_ = false;
  in_tick_ = false;
}

void Store::rollback() {
  database_->rollback();
  heavy_ = false;
  if (!in_tick_) return;
  in_tick_ = false;
  reserved_seq_ = 0;  // what was reserved may have been rolled back: the next message reserves again
}

// The seqs of removed rows must not come again, and a counter on disk would be a write for every message: seqs are
// reserved many at a time, and what a run does not use up is never used.
void Store::read_reserved_seq() {
  const std::string text = meta(reserved_key);
  Seq reserved = 1;
  std::from_chars(text.data(), text.data() + text.size(), reserved);
  Query row(meta_.last_seq);
  const Seq last = row.next() ? row.integer(0) : 0;
  next_seq_ = reserved_seq_ = std::max(reserved, last + 1);
}

Seq Store::next_seq() {
  if (next_seq_ >= reserved_seq_) {
    const Seq reserved = next_seq_ + seqs_at_once;
    set_meta(reserved_key, std::to_string(reserved));
    reserved_seq_ = reserved;
  }
  return next_seq_++;
}

std::string Store::meta(std::string_view key) {
  Query row(meta_.get, key);
  return row.next() ? std::string(row.text(0)) : std::string();
}

void Store::set_meta(std::string_view key, std::string_view value) {
  write();
  run(meta_.set, key, value);
}

bool Store::seen_packet(int packet_id, std::uint64_t digest) {
  return Query(meta_.seen_packet, std::int64_t{packet_id}, static_cast<std::int64_t>(digest)).next();
}

void Store::put_packet(int packet_id, std::uint64_t digest) {
  write(Weight::light);
  run(meta_.put_packet, std::int64_t{packet_id}, static_cast<std::int64_t>(digest));
}

}  // namespace ferry
