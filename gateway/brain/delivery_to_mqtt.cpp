// Delivery, the half that comes from XMPP: content, receipts, chat states and errors that contacts send.
#include <utility>

#include "gateway/brain/account.h"
#include "gateway/brain/delivery.h"
#include "gateway/brain/message_log.h"
#include "translators/part.h"
#include "translators/servers_only.h"
#include "translators/via.h"

namespace ferry {
namespace {

bool transient(const Message& m) {
  if (m.type == "headline") return true;  // RFC 6121 section 5.2.2: not for those who are away
  for (const Part& part : m.parts)
    if (const auto* hint = std::get_if<Hint>(&part.value); hint && hint->name == "no-store") return true;
  return false;
}

Element original_of(const Message& m) {
  Element e("message");
  e.set("type", m.type.empty() ? "normal" : m.type).set("id", m.id);
  if (m.from) e.set("from", m.from->str());
  if (m.to) e.set("to", m.to->str());
  return e;
}

}  // namespace

// What only a server says (carbons, archive results …) is no sender's to send, and stanza ids are by whoever gave them
// (XEP-0359 section 7): all copies go, the rest of the message stays. An account's own server gives ids in its name.
bool Delivery::drop_forgeries(Message& m, const User& user) {
  return std::erase_if(m.parts, [&](const Part& part) {
           if (const auto* e = std::get_if<Ext>(&part.value)) return ext::is_servers_only(e->xml);
           const auto* id = std::get_if<StanzaId>(&part.value);
           if (!id) return false;
           const auto by = Jid::parse(id->by);
           if (by && user.account && by->str() == user.jid.str()) return false;
           return !by || (by->str() != m.from->bare_view() && by->str() != m.from->domainpart());
         }) != 0;
}

void Delivery::on_message(User& user, Message m) {
  if (!m.from) return;
  if (m.type == "groupchat") {
    world_.log_refused("groupchat", m.from->str(), user.jid.str(), m.id);
    world_.answer(original_of(m), error(Condition::service_unavailable, "no group chats here"));
    return;
  }
  if (drop_forgeries(m, user)) {
    world_.count("forgeries_dropped");
    world_.log_refused("forged-element", m.from->str(), user.jid.str(), m.id);
  }
  switch (purpose_of(m)) {
    case Purpose::error:
      bounced(user, m);
      break;
    case Purpose::receipt:
      receipt(user, m);
      break;
    case Purpose::chat_state:
      act(user, m);
      break;
    case Purpose::content:
      content(user, std::move(m));
      break;
    case Purpose::nothing:
      world_.count("messages_empty");
      break;
  }
}

void Delivery::content(User& user, Message m) {
  if (find<Received>(m.parts) || find<Marker>(m.parts)) receipt(user, m);
  // To an address that its owner has left: the client is shown which, and answers come from there.
  const bool forwarded = user.former && m.to->bare_view() == user.former->bare_view();
  const std::string hop = forwarded ? user.former->str() : hop_of(user, *m.from);
  if (!via::may_pass(m.parts, hop)) {
    world_.count("loops_stopped");
    refuse_to(user, m, loop_error());
    return;
  }
  via::add_hop(m.parts, hop);
  const Jid addressed = *m.to;
  m.to = forwarded ? *user.former : user.jid;
  refer_to_mqtt(user, *m.from, m.parts);
  MessageRecord row;
  row.xmpp_id = m.id;
  row.want_delivered = find<ReceiptRequest>(m.parts) != nullptr;
  row.want_displayed = find<Markable>(m.parts) != nullptr;
  if (const auto full = take(user, m, std::move(row))) {
    m.to = addressed;
    refuse_to(user, m, *full);
  }
}

// An error from somebody in a room, in private too, puts them out of it.
void Delivery::refuse_to(const User& user, const Message& m, const StanzaError& reason) {
  if (!room_of(user, m.from->bare_view())) world_.answer(original_of(m), reason);
}

// Into the records, and to the devices.
std::optional<StanzaError> Delivery::take(User& user, const Message& m, MessageRecord row) {
  const auto* delay = find<Delay>(m.parts);
  const Instant ts = delay ? parse_instant(delay->stamp).value_or(world_.now) : world_.now;
  const Room* room = room_of(user, m.from->bare_view());
  const auto name = [&](bool anew) {
    if (anew || row.id.empty()) row.id = world_.ids.next(world_.now);
    message::Delivery known{row.id, ts, {}, m.id};
    if (room) known.room = m.from->bare_view();
    if (room) known.nick = m.from->resourcepart();
    row.payload = message::to_json(m, known);
  };
  row.peer = m.from->str();
  row.expires = lives_until();
  name(false);
  if (transient(m)) {  // at most once, for whoever is there
    if (!user.any_available()) return std::nullopt;
    if (world_.congested) return world_.count("transient_dropped"), std::nullopt;
    world_.count("messages_from_xmpp");
    Publish p = world_.make_publish(user, "in/msg", std::move(row.payload));
    p.id = row.id;
    world_.publish(std::move(p));
    return std::nullopt;
  }
  if (auto full = no_room(Way::to_mqtt, user, row.payload.size())) {
    world_.count("messages_refused");
    return full;
  }
  while (!to_mqtt.add(user, row)) name(true);  // a client of the user's has made up the same id
  world_.hooks.message_came(user, *m.from, room != nullptr);
  world_.count("messages_from_xmpp");
  return std::nullopt;
}

// Believed only from whom the message went to: anybody can send a stanza with any id.
std::optional<MessageRecord> Delivery::sent_to(const User& user, const Jid& from, const std::string& id) const {
  auto row = world_.records.find_message(user.key, id);
  const auto peer = row ? Jid::parse(row->peer) : Result<Jid>(error(Condition::item_not_found, ""));
  if (!peer || row->way != Way::to_xmpp || peer->bare_view() != from.bare_view()) return std::nullopt;
  return row;
}

bool Delivery::confirms(const User& user, const Message& m) const {
  if (find<Body>(m.parts)) return false;
  for (const Part& part : m.parts) {
    const auto* received = std::get_if<Received>(&part.value);
    const auto* marker = std::get_if<Marker>(&part.value);
    if (!received && !marker) continue;
    const auto row = sent_to(user, *m.from, received ? received->id : marker->id);
    const bool displayed = marker && marker->state != "received";
    return row && row->state < (displayed ? MessageState::displayed : MessageState::delivered);
  }
  return false;
}

void Delivery::receipt(User& user, const Message& m) {
  bool told = false;
  for (const Part& part : m.parts) {
    const auto* received = std::get_if<Received>(&part.value);
    const auto* marker = std::get_if<Marker>(&part.value);
    if (!received && !marker) continue;
    const std::string& id = received ? received->id : marker->id;
    const auto row = sent_to(user, *m.from, id);
    if (!row) {
      world_.count("receipts_ignored");
      if (!std::exchange(told, true)) world_.log_refused("receipt-by-no-recipient", m.from->str(), user.jid.str(), id);
      continue;
    }
    const bool displayed = marker && marker->state != "received";
    const MessageState state = displayed ? MessageState::displayed : MessageState::delivered;
    if (!world_.records.set_state(row->seq, state, world_.mark, user.devices.size() <= 1)) continue;
    if (row->state < MessageState::forwarded) world_.queues.left(row->way, row->user, row->bytes);
    log_step(world_, displayed ? "displayed" : "delivered", *row);
    if (displayed ? row->want_displayed : row->want_delivered) tell(user, id, m.from->str(), state);
  }
}

void Delivery::bounced(User& user, const Message& m) {
  const auto row = m.id.empty() ? std::nullopt : world_.records.find_message(user.key, m.id);
  const auto peer = row ? Jid::parse(row->peer) : Result<Jid>(error(Condition::item_not_found, ""));
  const bool theirs = row && row->way == Way::to_xmpp && peer && peer->bare_view() == m.from->bare_view();
  if (!theirs || row->state >= MessageState::delivered) {
    world_.count("errors_ignored");
    if (!theirs && !m.id.empty()) world_.log_refused("error-by-no-recipient", m.from->str(), user.jid.str(), m.id);
    return;
  }
  const auto* part = find<ErrorPart>(m.parts);
  fail(*row, part ? part->error : StanzaError{});
}

void Delivery::act(User& user, const Message& m) {
  if (!user.any_available()) return;
  if (world_.congested) return world_.count("transient_dropped");
  world_.publish_to(user, "in/act", act_json(*m.from, find<ChatState>(m.parts)->state), false, 0);
}

// A contact names its own earlier messages by its stanza ids, and the user's by the ids that the user gave.
void Delivery::refer_to_mqtt(User& user, const Jid& peer, Parts& parts) {
  const auto translate = [&](std::string& id, bool may_be_the_users) {
    if (may_be_the_users)
      if (const auto row = world_.records.find_message(user.key, id); row && row->way == Way::to_xmpp) return;
    std::string ours = world_.records.id_of_stanza(user.key, peer.bare_view(), id);
    if (!ours.empty()) id = std::move(ours);
  };
  for (Part& part : parts) {
    if (auto* c = std::get_if<Correction>(&part.value))
      translate(c->id, false);
    else if (auto* r = std::get_if<Retraction>(&part.value))
      translate(r->id, false);
    else if (auto* a = std::get_if<Reactions>(&part.value))
      translate(a->id, true);
    else if (auto* y = std::get_if<Reply>(&part.value))
      translate(y->id, true);
  }
}

}  // namespace ferry
