// The store's statements by topic; each topic's file (people.cpp …) has their SQL and all that uses them.
#pragma once

#include "gateway/brain/records.h"
#include "gateway/store/database.h"

namespace ferry {

struct PeopleStatements {
  explicit PeopleStatements(Database& database);
  Statement each_user, user_key, add_user, remove_user, set_profile;
  Statement each_contact, put_contact, remove_contact, remove_contacts;
  Statement each_device, put_device, remove_device, remove_devices;
  Statement remove_messages_of_block, remove_follows, remove_credentials;
};

struct RouteStatements {
  explicit RouteStatements(Database& database);
  Statement each_follower, put_follower, remove_follower;
  Statement each_route, put_route, remove_route;
};

struct MessageStatements {
  explicit MessageStatements(Database& database);
  Statement add, by_id, by_seq, to_mqtt_of_block, set_state, set_state_and_drop, fail, fail_and_drop, drop, remove;
};

struct OutboxStatements {
  explicit OutboxStatements(Database& database);
  Statement pending, waiting, kept_of_block, recent, sent, reopen;
  Statement queued_pending, queued_waiting, oldest, walk_end, walk, dead, count_dead, heads_pending, heads_waiting;
};

struct RequestStatements {
  explicit RequestStatements(Database& database);
  Statement each, put, remove, remove_of_user;
};

struct MetaStatements {
  explicit MetaStatements(Database& database);
  Statement get, set, seen_packet, put_packet, first_seq, last_seq;
};

struct AccountStatements {
  explicit AccountStatements(Database& database);
  Statement each, put, remove, remove_writes, remove_seen, remove_differences;
  Statement last_number, add_write, set_write, last_write, writes;
  Statement was_seen, put_seen, forget_seen;
  Statement put_difference, remove_difference, differences;
  Statement each_room, put_room, remove_room, remove_rooms;
};

// The columns of a MessageRecord, in the order that read_message() wants.
#define FERRY_MESSAGE_HEAD "seq, user, way, state, flags, expires, id, peer, xmpp_id, length(payload), reason"
#define FERRY_MESSAGE_COLUMNS FERRY_MESSAGE_HEAD ", payload"
MessageRecord read_head(const Query& row);  // without the payload
MessageRecord read_message(const Query& row);

// A JID that the store itself wrote. StoreFailure (corrupt) if it is none.
Jid stored_jid(std::string_view text);

// How a state and a mark are kept: in the same number of bytes whatever their value (see schema.cpp).
inline std::int64_t state_code(MessageState state) { return static_cast<std::int64_t>(state) + 2; }
inline constexpr std::int64_t mark_offset = std::int64_t{1} << 40;  // marks are below 2^40

// SQLite knows signed numbers only.
inline std::int64_t as_signed(std::uint64_t digest) { return static_cast<std::int64_t>(digest); }

// Users' messages are found block by block (index message_block).
inline constexpr int block_bits = 13;
inline constexpr std::int64_t block_of(Seq seq) { return seq >> block_bits; }

}  // namespace ferry
