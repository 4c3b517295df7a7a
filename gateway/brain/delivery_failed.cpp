// Delivery, the end that nobody wants: refused, expired, sent back, dropped; and once more.
#include "gateway/brain/account.h"
#include "gateway/brain/delivery.h"
#include "gateway/brain/message_log.h"
#include "translators/values/stanza.h"

namespace ferry {

void Delivery::fail(const MessageRecord& row, const StanzaError& reason, bool keep) {
  if (!dead.bury(row, reason, keep)) return;
  log_step(world_, "failed", row, condition_name(reason.condition));
  User* user = world_.user(row.user);
  if (!user) return;
  if (row.way == Way::to_xmpp && user->account) world_.hooks.failed_by_session(*user, row.seq);
  if (row.state == MessageState::waiting && user->waiting > 0) --user->waiting;
  if (row.id.empty()) return;  // nobody's message
  if (row.way == Way::to_xmpp)
    tell(*user, row.id, row.peer, MessageState::failed, &reason);
  else
    to_sender(*user, row, reason);
}

// What was accepted from XMPP comes back, whether its sender's server is there at the moment or not.
void Delivery::to_sender(const User& user, const MessageRecord& row, const StanzaError& reason) {
  const auto from = Jid::parse(row.peer);
  if (from && room_of(user, from->bare_view())) return;  // it would put us out of the room
  Element original("message");
  original.set("type", "chat").set("from", row.peer).set("to", addressed(user, row).str());
  if (!row.xmpp_id.empty()) original.set("id", row.xmpp_id);
  if (auto reply = error_reply(original, reason)) send_durably(user.account ? user.key : 0, std::move(*reply));
}

// Also rows of the ledger alone: their time is over.
void Delivery::expired(const MessageRecord& row) {
  if (row.state >= MessageState::forwarded) {
    dead.removed(row);
    world_.records.remove_message(row.seq);
    return;
  }
  if (in_flight(row)) return;  // until it is known, or the link is down
  world_.count("messages_expired");
  fail(row, row.way == Way::to_xmpp
                ? error(Condition::remote_server_timeout, "the message expired before it could be forwarded")
                : error(Condition::recipient_unavailable, "the message expired before anybody took it"));
}

bool Delivery::in_flight(const MessageRecord& row) const {
  User* owner = row.way == Way::to_xmpp ? world_.user(row.user) : nullptr;
  const Room* room = owner ? room_of(*owner, row.peer) : nullptr;
  if (room && room->unreflected.contains(row.seq)) return true;
  if (owner && owner->account) return world_.hooks.under_way(*owner, row.seq);
  if (row.way == Way::to_xmpp) return world_.xmpp_up && to_xmpp.in_flight(row.seq);
  return world_.mqtt_up && to_mqtt.in_flight(row.seq);
}

void Delivery::forget(UserKey user) {
  to_xmpp.forget(user);
  world_.queues.forget(user);
  dead.start();
}

std::optional<StanzaError> Delivery::no_room(Way way, const User& user, std::size_t bytes) const {
  const bool xmpp = way == Way::to_xmpp;
  switch (world_.queues.room(way, user.key, bytes)) {
    case Queues::Room::outbox_full:
      return xmpp ? error(Condition::resource_constraint, "too many messages wait for the XMPP server")
                  : error(Condition::resource_constraint, "too many messages wait for the broker");
    case Queues::Room::share_full:
      return xmpp ? error(Condition::resource_constraint, "too many of your messages wait for the XMPP server")
                  : error(Condition::resource_constraint, "too many messages wait for this user");
    case Queues::Room::enough:
      break;
  }
  return std::nullopt;
}

std::optional<std::string> Delivery::requeue(MessageRecord row) {
  User* user = world_.user(row.user);
  if (!user && (row.user != 0 || row.way == Way::to_mqtt)) return "its user is not served any more";
  if (user)
    if (const auto full = no_room(row.way, *user, row.payload.size())) return full->text;
  std::optional<Element> stanza;
  if (row.way == Way::to_xmpp) {
    stanza = build(row);
    if (!stanza) return "it cannot be read";
  }
  dead.removed(row);
  world_.records.remove_message(row.seq);
  world_.count("dead_letters_requeued");
  row.state = MessageState::accepted;
  row.expires = lives_until();
  row.reason.clear();
  if (row.way == Way::to_mqtt) {
    to_mqtt.add(*user, row);
    return std::nullopt;
  }
  row.seq = world_.records.add_message(row);
  log_step(world_, "accepted", row);
  world_.queues.joined(row.way, row.user, static_cast<std::int64_t>(row.payload.size()));
  if (user && !row.id.empty()) tell(*user, row.id, row.peer, MessageState::accepted);
  to_xmpp.queue(row, std::move(*stanza));
  return std::nullopt;
}

}  // namespace ferry
