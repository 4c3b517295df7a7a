// Delivery, the half that comes from XMPP: content, receipts, chat states and errors that contacts send.
#include "gateway/brain/delivery.h"
#include "translators/part.h"

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

void Delivery::on_message(User& user, Message m) {
  if (!m.from) return;
  if (m.type == "groupchat") {
    world_.answer(original_of(m), error(Condition::service_unavailable, "no group chats here"));
    return;
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
  const Jid addressed = *m.to;
  m.to = user.jid;
  refer_to_mqtt(user, *m.from, m.parts);
  const auto* delay = find<Delay>(m.parts);
  const Instant ts = delay ? parse_instant(delay->stamp).value_or(world_.now) : world_.now;
  MessageRecord row;
  row.id = world_.ids.next(world_.now);
  row.peer = m.from->str();
  row.xmpp_id = m.id;
  row.want_delivered = find<ReceiptRequest>(m.parts) != nullptr;
  row.want_displayed = find<Markable>(m.parts) != nullptr;
  row.expires = world_.now + static_cast<Duration>(world_.options.limits.message_ttl) * second;
  row.payload = message::to_json(m, {row.id, ts, {}, m.id});
  if (transient(m)) {  // at most once, for whoever is there
    if (!user.any_available()) return;
    Publish p = world_.make_publish(user, "in/msg", std::move(row.payload));
    p.id = row.id;
    world_.publish(std::move(p));
    return;
  }
  if (!to_mqtt.add(user, std::move(row))) {
    world_.count("messages_refused");
    m.to = addressed;
    world_.answer(original_of(m), error(Condition::resource_constraint, "too many messages wait for this user"));
  }
}

// Believed only from whom the message went to: anybody can send a stanza with any id.
void Delivery::receipt(User& user, const Message& m) {
  for (const Part& part : m.parts) {
    const auto* received = std::get_if<Received>(&part.value);
    const auto* marker = std::get_if<Marker>(&part.value);
    if (!received && !marker) continue;
    const std::string& id = received ? received->id : marker->id;
    const auto row = world_.records.find_message(user.key, id);
    const auto peer = row ? Jid::parse(row->peer) : Result<Jid>(error(Condition::item_not_found, ""));
    if (!row || row->way != Way::to_xmpp || !peer || peer->bare_view() != m.from->bare_view()) {
      world_.count("receipts_ignored");
      continue;
    }
    const bool displayed = marker && marker->state != "received";
    const MessageState state = displayed ? MessageState::displayed : MessageState::delivered;
    if (!world_.records.set_state(row->seq, state, world_.mark, user.devices.size() <= 1)) continue;
    if (displayed ? row->want_displayed : row->want_delivered) tell(user, id, m.from->str(), state);
  }
}

void Delivery::bounced(User& user, const Message& m) {
  const auto row = m.id.empty() ? std::nullopt : world_.records.find_message(user.key, m.id);
  const auto peer = row ? Jid::parse(row->peer) : Result<Jid>(error(Condition::item_not_found, ""));
  if (!row || row->way != Way::to_xmpp || !peer || peer->bare_view() != m.from->bare_view() ||
      row->state >= MessageState::delivered) {
    world_.count("errors_ignored");
    return;
  }
  const auto* part = find<ErrorPart>(m.parts);
  const StanzaError reason = part ? part->error : StanzaError{};
  if (world_.records.set_state(row->seq, MessageState::failed, world_.mark, true))
    tell(user, row->id, row->peer, MessageState::failed, &reason);
}

void Delivery::act(User& user, const Message& m) {
  if (!user.any_available()) return;
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
