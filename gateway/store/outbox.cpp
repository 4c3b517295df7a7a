// Many messages at once: what is to be sent, sent again, given up.
#include <algorithm>
#include <limits>

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

std::vector<MessageRecord> heads(Query& rows) {
  std::vector<MessageRecord> messages;
  while (rows.next()) messages.push_back(read_head(rows));
  return messages;
}

}  // namespace

// The numbers of states and ways stand in the texts: SQLite uses a partial index only where it sees them. Which index
// it uses is said, too: it knows nothing of how few rows are in these.
OutboxStatements::OutboxStatements(Database& database)
    : pending(database, "SELECT " FERRY_MESSAGE_COLUMNS
                        " FROM message INDEXED BY message_pending WHERE state = 2 AND way = ?1 AND seq > ?2 "
                        "ORDER BY seq LIMIT ?3"),
      waiting(database, "SELECT " FERRY_MESSAGE_COLUMNS
                        " FROM message INDEXED BY message_waiting WHERE state = 3 AND user = ?1 AND seq > ?2 "
                        "ORDER BY seq LIMIT ?3"),
      kept_of_block(database, "SELECT " FERRY_MESSAGE_COLUMNS
                              " FROM message WHERE seq >> 13 = ?1 AND user = ?2 AND seq > ?3 AND state <= ?4 "
                              "AND payload IS NOT NULL AND id IS NOT NULL ORDER BY seq LIMIT ?5"),
      recent(database, "SELECT " FERRY_MESSAGE_COLUMNS " FROM message WHERE seq > ?1 ORDER BY seq DESC"),
      sent(database, "SELECT " FERRY_MESSAGE_COLUMNS
                     " FROM message WHERE seq >= ?1 AND way = 1 AND id IS NOT NULL ORDER BY seq LIMIT ?2"),
      reopen(database,
             "UPDATE message SET state = 2 WHERE state = 4 AND way = 0 AND mark BETWEEN ?1 AND ?2 AND payload IS NOT "
             "NULL"),
      queued_pending(database,
                     "SELECT way, user, length(payload) FROM message INDEXED BY message_pending WHERE state = 2"),
      queued_waiting(database,
                     "SELECT user, count(*), sum(length(payload)) FROM message INDEXED BY message_waiting "
                     "WHERE state = 3 GROUP BY user"),
      oldest(database, "SELECT " FERRY_MESSAGE_HEAD
                       " FROM message WHERE seq > ?1 AND NOT (state = 7 AND payload IS NOT NULL) ORDER BY seq LIMIT "
                       "?2"),
      walk_end(database,
               "SELECT max(seq), count(*) FROM (SELECT seq FROM message WHERE seq > ?1 ORDER BY seq LIMIT ?2)"),
      walk(database,
           "SELECT " FERRY_MESSAGE_HEAD " FROM message WHERE seq > ?1 AND seq <= ?2 AND expires <= ?3 ORDER BY seq"),
      dead(database, "SELECT " FERRY_MESSAGE_HEAD
                     " FROM message INDEXED BY message_dead WHERE state = 7 AND payload IS NOT NULL AND seq > ?1 "
                     "ORDER BY seq LIMIT ?2"),
      count_dead(database,
                 "SELECT count(*) FROM message INDEXED BY message_dead WHERE state = 7 AND payload IS NOT NULL"),
      heads_pending(database, "SELECT " FERRY_MESSAGE_HEAD
                              " FROM message INDEXED BY message_pending WHERE state = 2 AND way = ?1 AND seq > ?2 "
                              "ORDER BY seq LIMIT ?3"),
      heads_waiting(database, "SELECT " FERRY_MESSAGE_HEAD
                              " FROM message INDEXED BY message_waiting WHERE state = 3 AND (user, seq) > (?1, ?2) "
                              "ORDER BY user, seq LIMIT ?3") {}

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

void Store::each_queued(const std::function<void(const QueuedRecord&)>& visit) {
  for (Query row(outbox_.queued_pending); row.next();)
    visit({row.integer(1), static_cast<Way>(row.integer(0)), MessageState::accepted, 1, row.integer(2)});
  for (Query row(outbox_.queued_waiting); row.next();)
    visit({row.integer(0), Way::to_mqtt, MessageState::waiting, row.integer(1), row.integer(2)});
}

std::vector<MessageRecord> Store::recent(Duration span, std::size_t limit) {
  std::vector<MessageRecord> messages;
  Instant newest = std::numeric_limits<Instant>::min() + span;
  Query row(outbox_.recent, next_seq_ - recent_rows);
  while (messages.size() < limit && row.next()) {
    MessageRecord head = read_head(row);
    newest = std::max(newest, head.expires);
    const bool old = head.expires < newest - span;
    if (old && head.state != MessageState::failed) break;  // the lives of failed ones were made longer
    if (!old && head.way == Way::to_xmpp && !head.id.empty()) messages.push_back(read_message(row));
  }
  std::reverse(messages.begin(), messages.end());
  return messages;
}

std::vector<MessageRecord> Store::sent(Seq from, std::size_t limit) {
  Query rows(outbox_.sent, from, count(limit));
  return all(rows);
}

std::vector<MessageRecord> Store::oldest(Seq after, std::size_t limit) {
  Query rows(outbox_.oldest, after, count(limit));
  return heads(rows);
}

std::vector<MessageRecord> Store::shelf(Shelf which, UserKey after_user, Seq after, std::size_t limit) {
  switch (which) {
    case Shelf::dead: {
      Query rows(outbox_.dead, after, count(limit));
      return heads(rows);
    }
    case Shelf::waiting: {
      Query rows(outbox_.heads_waiting, after_user, after, count(limit));
      return heads(rows);
    }
    case Shelf::to_mqtt:
    case Shelf::to_xmpp:
      break;
  }
  const Way way = which == Shelf::to_xmpp ? Way::to_xmpp : Way::to_mqtt;
  Query rows(outbox_.heads_pending, static_cast<std::int64_t>(way), after, count(limit));
  return heads(rows);
}

std::int64_t Store::count_dead() {
  Query row(outbox_.count_dead);
  return row.next() ? row.integer(0) : 0;
}

std::vector<MessageRecord> Store::expired(Instant now, Seq after, std::size_t limit, Seq& last) {
  last = 0;
  Seq end = 0;
  {
    Query row(outbox_.walk_end, after, count(limit));  // of the numbers alone: most rows are not even looked into
    if (!row.next() || row.integer(1) == 0) return {};
    end = row.integer(0);
    if (row.integer(1) == count(limit)) last = end;
  }
  Query rows(outbox_.walk, after, end, now);
  return heads(rows);
}

void Store::reopen(std::int64_t first, std::int64_t last) {
  write();
  run(outbox_.reopen, mark_offset + first, mark_offset + last);
}

}  // namespace ferry
