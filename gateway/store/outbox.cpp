// Many messages at once: what is to be sent, sent again, given up.
#include <algorithm>

#include "gateway/store/store.h"

namespace ferry {
namespace {

constexpr std::int64_t recent_rows = 200'000;

std::int64_t count(std::size_t limit) { return static_cast<std::int64_t>(std::min<std::size_t>(limit, 1'000'000'000)); }

std::vector<MessageRecord> all(Query& rows) {
  std::vector<MessageRecord> messages;
  while (rows.next()) messages.push_back(read_message(rows));
  return messages;
}

}  // namespace

// The numbers of states and ways stand in the texts: SQLite uses a partial index only where it sees them.
OutboxStatements::OutboxStatements(Database& database)
    : pending(database, "SELECT " FERRY_MESSAGE_COLUMNS
                        " FROM message WHERE state = 2 AND way = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3"),
      count_pending(database, "SELECT count(*) FROM message WHERE state = 2 AND way = ?1"),
      waiting(database, "SELECT " FERRY_MESSAGE_COLUMNS
                        " FROM message WHERE state = 3 AND user = ?1 AND seq > ?2 AND way = 0 ORDER BY seq LIMIT ?3"),
      kept_of_block(database, "SELECT " FERRY_MESSAGE_COLUMNS
                              " FROM message WHERE seq >> 13 = ?1 AND user = ?2 AND seq > ?3 AND state <= ?4 "
                              "AND payload IS NOT NULL AND id IS NOT NULL ORDER BY seq LIMIT ?5"),
      waiting_users(database, "SELECT user, count(*) FROM message WHERE state = 3 GROUP BY user"),
      recent(database, "SELECT " FERRY_MESSAGE_COLUMNS
                       " FROM message WHERE seq > ?1 AND way = 1 AND id IS NOT NULL ORDER BY seq DESC LIMIT ?2"),
      walk(database, "SELECT " FERRY_MESSAGE_COLUMNS " FROM message WHERE seq > ?1 ORDER BY seq LIMIT ?2"),
      reopen(database,
             "UPDATE message SET state = 2 WHERE state = 4 AND way = 0 AND mark BETWEEN ?1 AND ?2 AND payload IS NOT "
             "NULL") {}

std::vector<MessageRecord> Store::pending(Way way, Seq after, std::size_t limit) {
  Query rows(outbox_.pending, static_cast<std::int64_t>(way), after, count(limit));
  return all(rows);
}

std::vector<MessageRecord> Store::waiting(UserKey user, Seq after, std::size_t limit) {
  Query rows(outbox_.waiting, user, after, count(limit));
  return all(rows);
}

std::vector<MessageRecord> Store::kept(UserKey user, Seq after, bool confirmed, std::size_t limit) {
  const std::int64_t up_to = state_code(confirmed ? MessageState::failed : MessageState::forwarded);
  Seq from = after + 1;
  {
    Query row(meta_.first_seq);
    if (row.next()) from = std::max(from, row.integer(0));
  }
  std::vector<MessageRecord> messages;
  for (std::int64_t block = block_of(from); block <= block_of(next_seq_) && messages.size() < limit; ++block) {
    Query rows(outbox_.kept_of_block, block, user, after, up_to, count(limit - messages.size()));
    while (rows.next()) messages.push_back(read_message(rows));
  }
  return messages;
}

void Store::each_waiting_user(const std::function<void(UserKey, std::int64_t count)>& visit) {
  Query row(outbox_.waiting_users);
  while (row.next()) visit(row.integer(0), row.integer(1));
}

std::vector<MessageRecord> Store::recent(std::size_t limit) {
  Query rows(outbox_.recent, next_seq_ - recent_rows, count(limit));
  std::vector<MessageRecord> messages = all(rows);
  std::reverse(messages.begin(), messages.end());
  return messages;
}

std::int64_t Store::count_pending(Way way) {
  Query row(outbox_.count_pending, static_cast<std::int64_t>(way));
  return row.next() ? row.integer(0) : 0;
}

std::vector<MessageRecord> Store::expired(Instant now, Seq after, std::size_t limit, Seq& last) {
  std::size_t examined = 0;
  last = 0;
  std::vector<MessageRecord> messages;
  Query row(outbox_.walk, after, count(limit));
  for (; row.next(); ++examined) {
    last = row.integer(0);
    if (row.integer(5) <= now) messages.push_back(read_message(row));
  }
  if (examined < limit) last = 0;
  return messages;
}

void Store::reopen(std::int64_t first, std::int64_t last) {
  write();
  run(outbox_.reopen, mark_offset + first, mark_offset + last);
}

}  // namespace ferry
