// Accounts that stay on the legacy server: their states, the journal of writes, what was taken, what differed.
#include "gateway/store/store.h"

namespace ferry {
namespace {

constexpr std::int64_t flag_keep = 1, flag_route_added = 2, flag_copied = 4, flag_stated = 8, flag_collected = 16,
                       flag_back_by_name = 32;
constexpr std::int64_t flag_bookmarked = 1, flag_asked = 2;  // of a room

std::int64_t flags_of_account(const AccountRecord& a) {
  return (a.keep ? flag_keep : 0) | (a.route_added ? flag_route_added : 0) | (a.copied ? flag_copied : 0) |
         (a.stated ? flag_stated : 0) | (a.collected ? flag_collected : 0) | (a.back_by_name ? flag_back_by_name : 0);
}

WriteRecord read_write(const Query& row) {
  return {row.integer(0),           static_cast<WriteState>(row.integer(1)),
          row.integer(2) != 0,      std::string(row.text(3)),
          std::string(row.text(4)), row.integer(5)};
}

}  // namespace

AccountStatements::AccountStatements(Database& database)
    : each(database,
           "SELECT jid, state, target, generation, since, flags, cohort, archive, trouble, messages, errors, "
           "differences, address, began FROM account ORDER BY jid"),
      put(database,
          "INSERT OR REPLACE INTO account(jid, state, target, generation, since, flags, cohort, archive, trouble, "
          "messages, errors, differences, address, began) "
          "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"),
      remove(database, "DELETE FROM account WHERE jid = ?1"),
      remove_writes(database, "DELETE FROM account_write WHERE account = ?1"),
      remove_seen(database, "DELETE FROM account_seen WHERE account = ?1"),
      remove_differences(database, "DELETE FROM account_difference WHERE account = ?1"),
      last_number(database, "SELECT coalesce(max(number), 0) FROM account_write WHERE account = ?1"),
      add_write(database,
                "INSERT INTO account_write(account, number, state, by_person, forward, inverse, at) "
                "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)"),
      set_write(database, "UPDATE account_write SET state = ?3 WHERE account = ?1 AND number = ?2"),
      last_write(database,
                 "SELECT number, state, by_person, forward, inverse, at FROM account_write "
                 "WHERE account = ?1 AND number < ?2 AND state < 2 ORDER BY number DESC LIMIT 1"),
      writes(database,
             "SELECT number, state, by_person, forward, inverse, at FROM account_write "
             "WHERE account = ?1 AND number > ?2 ORDER BY number LIMIT ?3"),
      was_seen(database, "SELECT 1 FROM account_seen WHERE account = ?1 AND digest = ?2"),
      put_seen(database, "INSERT OR REPLACE INTO account_seen(account, digest, expires) VALUES(?1, ?2, ?3)"),
      forget_seen(database, "DELETE FROM account_seen WHERE expires <= ?1"),
      put_difference(database,
                     "INSERT OR REPLACE INTO account_difference(account, kind, peer, text, at) "
                     "VALUES(?1, ?2, ?3, ?4, ?5)"),
      remove_difference(database, "DELETE FROM account_difference WHERE account = ?1 AND kind = ?2 AND peer = ?3"),
      differences(database,
                  "SELECT kind, peer, text, at FROM account_difference WHERE account = ?1 ORDER BY kind, peer "
                  "LIMIT ?2"),
      each_room(database,
                "SELECT account, room, wish, flags, nick, name, password, sender, reason, last FROM account_room "
                "ORDER BY account, room"),
      put_room(
          database,
          "INSERT OR REPLACE INTO account_room(account, room, wish, flags, nick, name, password, sender, reason, last) "
          "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"),
      remove_room(database, "DELETE FROM account_room WHERE account = ?1 AND room = ?2"),
      remove_rooms(database, "DELETE FROM account_room WHERE account = ?1") {}

void Store::each_account(const std::function<void(AccountRecord)>& visit) {
  Query row(accounts_.each);
  while (row.next()) {
    AccountRecord a{.jid = stored_jid(row.text(0))};
    a.state = static_cast<AccountState>(row.integer(1));
    a.target = static_cast<AccountState>(row.integer(2));
    a.generation = row.integer(3);
    a.since = row.integer(4);
    a.keep = (row.integer(5) & flag_keep) != 0;
    a.route_added = (row.integer(5) & flag_route_added) != 0;
    a.copied = (row.integer(5) & flag_copied) != 0;
    a.stated = (row.integer(5) & flag_stated) != 0;
    a.collected = (row.integer(5) & flag_collected) != 0;
    a.back_by_name = (row.integer(5) & flag_back_by_name) != 0;
    a.cohort = row.text(6);
    a.archive = row.text(7);
    a.trouble = row.text(8);
    a.messages = row.integer(9);
    a.errors = row.integer(10);
    a.differences = row.integer(11);
    if (!row.text(12).empty()) a.address = stored_jid(row.text(12));
    a.began = row.integer(13);
    visit(std::move(a));
  }
}

void Store::put_account(const AccountRecord& a) {
  write();
  run(accounts_.put, a.jid.bare_view(), static_cast<std::int64_t>(a.state), static_cast<std::int64_t>(a.target),
      a.generation, a.since, flags_of_account(a), a.cohort, a.archive, a.trouble, a.messages, a.errors, a.differences,
      a.address ? a.address->bare_view() : std::string_view(), a.began);
}

void Store::remove_account(const Jid& account) {
  write();
  run(accounts_.remove_writes, account.bare_view());
  run(accounts_.remove_seen, account.bare_view());
  run(accounts_.remove_differences, account.bare_view());
  run(accounts_.remove_rooms, account.bare_view());
  run(accounts_.remove, account.bare_view());
}

std::int64_t Store::add_write(const Jid& account, const WriteRecord& w) {
  write();
  std::int64_t number = 1;
  {
    Query row(accounts_.last_number, account.bare_view());
    if (row.next()) number = row.integer(0) + 1;
  }
  run(accounts_.add_write, account.bare_view(), number, static_cast<std::int64_t>(w.state), std::int64_t{w.by_person},
      w.forward, w.inverse, w.at);
  return number;
}

void Store::set_write(const Jid& account, std::int64_t number, WriteState state) {
  write();
  run(accounts_.set_write, account.bare_view(), number, static_cast<std::int64_t>(state));
}

std::optional<WriteRecord> Store::last_write(const Jid& account, std::int64_t before) {
  Query row(accounts_.last_write, account.bare_view(), before);
  if (!row.next()) return std::nullopt;
  return read_write(row);
}

std::vector<WriteRecord> Store::writes(const Jid& account, std::int64_t after, std::size_t limit) {
  std::vector<WriteRecord> found;
  Query row(accounts_.writes, account.bare_view(), after, static_cast<std::int64_t>(limit));
  while (row.next()) found.push_back(read_write(row));
  return found;
}

bool Store::was_seen(const Jid& account, std::uint64_t digest) {
  return Query(accounts_.was_seen, account.bare_view(), as_signed(digest)).next();
}

void Store::put_seen(const Jid& account, std::uint64_t digest, Instant expires) {
  write();
  run(accounts_.put_seen, account.bare_view(), as_signed(digest), expires);
}

void Store::forget_seen(Instant now) {
  write();
  run(accounts_.forget_seen, now);
}

void Store::put_difference(const Jid& account, const DifferenceRecord& d) {
  write();
  run(accounts_.put_difference, account.bare_view(), d.kind, d.peer, d.text, d.at);
}

void Store::remove_difference(const Jid& account, std::string_view kind, std::string_view peer) {
  write();
  run(accounts_.remove_difference, account.bare_view(), kind, peer);
}

std::vector<DifferenceRecord> Store::differences(const Jid& account, std::size_t limit) {
  std::vector<DifferenceRecord> found;
  Query row(accounts_.differences, account.bare_view(), static_cast<std::int64_t>(limit));
  while (row.next())
    found.push_back({std::string(row.text(0)), std::string(row.text(1)), std::string(row.text(2)), row.integer(3)});
  return found;
}

void Store::each_room(const std::function<void(const Jid& account, RoomRecord room)>& visit) {
  Query row(accounts_.each_room);
  while (row.next()) {
    RoomRecord r{.room = stored_jid(row.text(1)), .nick = std::string(row.text(4)), .name = std::string(row.text(5))};
    r.wish = static_cast<RoomWish>(row.integer(2));
    r.bookmarked = (row.integer(3) & flag_bookmarked) != 0;
    r.asked = (row.integer(3) & flag_asked) != 0;
    r.password = row.text(6);
    r.by = row.text(7);
    r.text = row.text(8);
    r.last = row.integer(9);
    visit(stored_jid(row.text(0)), std::move(r));
  }
}

void Store::put_room(const Jid& account, const RoomRecord& r) {
  write();
  run(accounts_.put_room, account.bare_view(), r.room.bare_view(), static_cast<std::int64_t>(r.wish),
      (r.bookmarked ? flag_bookmarked : 0) | (r.asked ? flag_asked : 0), r.nick, r.name, r.password, r.by, r.text,
      r.last);
}

void Store::remove_room(const Jid& account, const Jid& room) {
  write();
  run(accounts_.remove_room, account.bare_view(), room.bare_view());
}

void Store::remove_rooms(const Jid& account) {
  write();
  run(accounts_.remove_rooms, account.bare_view());
  run(accounts_.remove_seen, account.bare_view());
}

}  // namespace ferry
