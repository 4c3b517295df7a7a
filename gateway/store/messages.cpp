// One message of ledger and outbox at a time: the calls that every message makes.
#include "gateway/store/store.h"

namespace ferry {
namespace {

constexpr int examined_rows = 1000;  // of id_of_stanza()
constexpr std::int64_t examined_blocks = 256;

// Bits of message.flags. Stored: they never change their meaning.
constexpr std::int64_t flag_want_delivered = 1, flag_want_displayed = 2;

bool is_of(std::string_view jid, std::string_view bare) {
  return jid.substr(0, bare.size()) == bare && (jid.size() == bare.size() || jid[bare.size()] == '/');
}

}  // namespace

MessageStatements::MessageStatements(Database& database)
    : add(database,
          "INSERT INTO message(seq, user, way, state, flags, mark, expires, id, peer, xmpp_id, payload) "
          "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) "
          "ON CONFLICT(id, user) WHERE id IS NOT NULL DO NOTHING"),
      by_id(database, "SELECT " FERRY_MESSAGE_COLUMNS " FROM message WHERE id = ?2 AND user = ?1"),
      by_seq(database, "SELECT " FERRY_MESSAGE_COLUMNS " FROM message WHERE seq = ?1"),
      to_mqtt_of_block(database,
                       "SELECT xmpp_id, peer, id FROM message WHERE seq >> 13 = ?1 AND user = ?2 AND way = 0 "
                       "ORDER BY seq DESC"),
      set_state(database, "UPDATE message SET state = ?2, mark = ?3 WHERE seq = ?1 AND state < ?2"),
      set_state_and_drop(database,
                         "UPDATE message SET state = ?2, mark = ?3, payload = NULL WHERE seq = ?1 AND state < ?2"),
      fail(database, "UPDATE message SET state = 7, reason = ?2, expires = ?3 WHERE seq = ?1 AND state < 7"),
      fail_and_drop(database,
                    "UPDATE message SET state = 7, reason = ?2, expires = ?3, payload = NULL "
                    "WHERE seq = ?1 AND state < 7"),
      drop(database, "UPDATE message SET payload = NULL WHERE seq = ?1"),
      remove(database, "DELETE FROM message WHERE seq = ?1") {}

MessageRecord read_head(const Query& row) {
  MessageRecord message;
  message.seq = row.integer(0);
  message.user = row.integer(1);
  const std::int64_t way = row.integer(2), state = row.integer(3);
  if (way < 0 || way > 1 || state < state_code(MessageState::accepted) || state > state_code(MessageState::failed))
    throw StoreFailure({0, StoreTrouble::corrupt, "store: message " + std::to_string(message.seq) + " is damaged"});
  message.way = static_cast<Way>(way);
  message.state = static_cast<MessageState>(state - state_code(MessageState::accepted));
  const std::int64_t flags = row.integer(4);
  message.want_delivered = (flags & flag_want_delivered) != 0;
  message.want_displayed = (flags & flag_want_displayed) != 0;
  message.expires = row.integer(5);
  message.id = row.text(6);
  message.peer = row.text(7);
  message.xmpp_id = row.text(8);
  message.bytes = row.integer(9);
  message.reason = row.text(10);
  return message;
}

MessageRecord read_message(const Query& row) {
  MessageRecord message = read_head(row);
  message.payload = row.bytes(11);
  return message;
}

Seq Store::add_message(const MessageRecord& message) {
  write();
  const Seq seq = next_seq();
  const std::int64_t flags =
      (message.want_delivered ? flag_want_delivered : 0) | (message.want_displayed ? flag_want_displayed : 0);
  run(messages_.add, seq, message.user, static_cast<std::int64_t>(message.way), state_code(message.state), flags,
      mark_offset, message.expires, OrNull{message.id}, message.peer, OrNull{message.xmpp_id}, Blob{message.payload});
  return database_->changes() == 0 ? 0 : seq;
}

std::optional<MessageRecord> Store::find_message(UserKey user, std::string_view id) {
  if (id.empty()) return std::nullopt;  // a bare stanza has none
  Query row(messages_.by_id, user, id);
  if (!row.next()) return std::nullopt;
  return read_message(row);
}

std::optional<MessageRecord> Store::message(Seq seq) {
  Query row(messages_.by_seq, seq);
  if (!row.next()) return std::nullopt;
  return read_message(row);
}

std::string Store::id_of_stanza(UserKey user, std::string_view peer_bare, std::string_view xmpp_id) {
  if (xmpp_id.empty()) return {};
  const std::int64_t newest = block_of(next_seq_);
  int left = examined_rows;
  for (std::int64_t block = newest; block >= 0 && block > newest - examined_blocks; --block) {
    Query row(messages_.to_mqtt_of_block, block, user);
    while (row.next()) {
      if (row.text(0) == xmpp_id && is_of(row.text(1), peer_bare)) return std::string(row.text(2));
      if (--left == 0) return {};
    }
  }
  return {};
}

bool Store::set_state(Seq seq, MessageState state, std::int64_t mark, bool drop_payload) {
  write(Weight::light);
  run(drop_payload ? messages_.set_state_and_drop : messages_.set_state, seq, state_code(state), mark_offset + mark);
  return database_->changes() != 0;
}

bool Store::fail_message(Seq seq, std::string_view reason, Instant expires, bool drop_payload) {
  write();
  run(drop_payload ? messages_.fail_and_drop : messages_.fail, seq, reason, expires);
  return database_->changes() != 0;
}

void Store::drop_payload(Seq seq) {
  write();
  run(messages_.drop, seq);
}

void Store::remove_message(Seq seq) {
  write(Weight::light);
  run(messages_.remove, seq);
}

}  // namespace ferry
