// Delivery, the half that comes from MQTT: out/msg, out/text, out/receipt, out/act.
#include <algorithm>

#include "gateway/brain/account.h"
#include "gateway/brain/delivery.h"
#include "gateway/brain/message_log.h"
#include "translators/part.h"
#include "translators/values/uid.h"
#include "translators/via.h"

namespace ferry {
namespace {

// Tells one publish from another within a few seconds; nobody gains by a collision with themselves.
std::uint64_t digest_of_packet(const InPublish& p) { return digest_of(p.topic) * 31 + digest_of(p.payload); }

// By another client of the account's.
bool was_answered(const World& world, const User& user, const Jid& as, const MessageRecord& row) {
  const auto peer = user.account || user.former ? Jid::parse(row.peer) : Result<Jid>(StanzaError{});
  return peer && world.records.was_seen(as, digest_of_answer(peer->bare_view(), row.xmpp_id));
}

}  // namespace

std::optional<Delivery::Refusal> Delivery::on_out_msg(User& user, const InPublish& publish, JsonView payload) {
  std::string id = message::id_of(payload);
  auto out = message::from_json(payload);
  if (!out) return Refusal{id, std::string(payload["to"].string().value_or("")), out.error()};
  // Who sends is known by the topic. A payload that names somebody else changes nothing, and is worth a line.
  if (const auto named = payload["from"].string(); named && !named->empty())
    if (const auto from = Jid::parse(*named); !from || from->bare_view() != user.jid.bare_view())
      world_.log_refused("forged-sender", user.jid.str(), out->message.to->str(), id);
  return accept(user, std::move(*out), publish);
}

std::optional<Delivery::Refusal> Delivery::on_out_text(User& user, const InPublish& publish, std::string_view level) {
  const auto text = unescape_level(level);
  const auto peer = text ? Jid::parse(*text) : Result<Jid>(text.error());
  if (!peer)
    return Refusal{
        {}, {}, error(Condition::jid_malformed, "the last level of the topic is no JID: " + peer.error().text)};
  if (publish.payload.empty()) return Refusal{{}, peer->str(), error(Condition::bad_request, "an empty text")};
  if (!is_xml_text(publish.payload))
    return Refusal{
        {}, peer->str(), error(Condition::not_acceptable, "the payload is no UTF-8 text that XML can carry")};
  message::Outgoing out;
  out.message.to = *peer;
  out.message.type = !peer->has_resource() && room_of(user, peer->bare_view()) ? "groupchat" : "chat";
  out.message.parts.push_back({Body{publish.payload, {}}});
  return accept(user, std::move(out), publish);
}

bool Delivery::within_rate(User& user) {
  const auto& limits = world_.options.limits;
  return world_.catching_up() || user.rates.messages.take(world_.now, limits.user_rate, limits.user_burst);
}

std::optional<Delivery::Refusal> Delivery::accept(User& user, message::Outgoing out, const InPublish& publish) {
  Message& m = out.message;
  const std::string to = m.to->str();
  const auto refuse = [&](Condition condition, std::string text) {
    return Refusal{out.id, to, error(condition, std::move(text))};
  };
  if (out.id == "-") return refuse(Condition::bad_request, "id: \"-\" is what refusals without an id bear");
  const bool groupchat = m.type == "groupchat";
  if (groupchat && !user.account && !world_.hosted(user.jid))
    return refuse(Condition::feature_not_implemented, "kind: group chats are not carried yet");
  if (groupchat)  // XEP-0184 section 5.3
    std::erase_if(m.parts, [](const Part& p) {
      return std::holds_alternative<ReceiptRequest>(p.value) || std::holds_alternative<Markable>(p.value);
    });
  m.from = user.jid;
  if (!out.device.empty()) {
    const auto resource = from_device(out.device);
    auto full = resource ? user.jid.with_resource(*resource) : Result<Jid>(resource.error());
    if (!full) return refuse(full.error().condition, "device: " + full.error().text);
    m.from = std::move(*full);
  }
  if (out.id.empty()) {  // nothing of the client's to recognise it by but the packet
    const std::uint64_t digest = digest_of_packet(publish);
    if (publish.qos > 0 && world_.now < redelivery_until_ && world_.records.seen_packet(publish.packet_id, digest)) {
      world_.count("publishes_repeated");
      return std::nullopt;
    }
    if (publish.qos > 0) world_.records.put_packet(publish.packet_id, digest);
    out.id = m.id = world_.ids.next(world_.now);
  }
  const std::string hop = hop_of(user, *m.to);
  const bool loop = !via::may_pass(m.parts, hop);
  if (!loop && (user.account || !world_.hosted(*m.to))) via::add_hop(m.parts, hop);
  MessageRecord row;
  row.user = user.key;
  row.way = Way::to_xmpp;
  row.id = out.id;
  row.peer = to;
  row.want_delivered = find<ReceiptRequest>(m.parts) != nullptr;
  row.want_displayed = find<Markable>(m.parts) != nullptr;
  row.expires = lives_until();
  {
    Message own = m;
    own.from = user.jid;
    message::Delivery known{out.id, world_.now, out.device, {}};
    if (const Room* room = room_of(user, m.to->bare_view())) {
      known.room = room->record.room.str();
      known.nick = room->nick;
    }
    row.payload = message::to_json(own, known);
  }
  // A repeated message is recognised, and not refused.
  const auto full = no_room(Way::to_xmpp, user, row.payload.size());
  const auto outside = no_talk(user, *m.to, groupchat);
  const bool rate = within_rate(user);
  if ((full || !rate || loop || outside) && !world_.records.find_message(user.key, out.id)) {
    if (loop) {
      world_.count("loops_stopped");
      return Refusal{out.id, to, loop_error()};
    }
    if (outside) return Refusal{out.id, to, *outside};
    world_.count("messages_refused");
    if (full) return Refusal{out.id, to, *full};
    return refuse(Condition::resource_constraint,
                  "more than " + std::to_string(world_.options.limits.user_rate) + " messages a second");
  }
  row.seq = world_.records.add_message(row);
  if (row.seq == 0) return repeated(user, out.id, to);
  const auto bytes = static_cast<std::int64_t>(row.payload.size());
  world_.queues.joined(row.way, row.user, bytes);
  world_.count("messages_from_mqtt");
  log_step(world_, "accepted", row);
  tell_accepted(user, row);
  if (m.to->bare_view() == user.jid.bare_view()) {  // a note to oneself: the echo is the message
    confirm({row.seq, user.key, row.id, to, bytes, world_.now}, XmppOutbox::Outcome::carried);
    return std::nullopt;
  }
  refer_to_xmpp(user.key, m.parts);
  to_xmpp.queue(row, to_stanza(m));
  return std::nullopt;
}

// Carried already: not again, but its sender hears how far it got (design section 5, "Ids").
std::optional<Delivery::Refusal> Delivery::repeated(User& user, const std::string& id, const std::string& to) {
  const auto row = world_.records.find_message(user.key, id);
  if (!row || row->way != Way::to_xmpp)
    return Refusal{id, to, error(Condition::conflict, "id: another message has it")};
  world_.count("publishes_repeated");
  const StanzaError reason = reason_of(row->reason);
  tell(user, id, row->peer, row->state, row->state == MessageState::failed ? &reason : nullptr);
  return std::nullopt;
}

std::optional<Delivery::Refusal> Delivery::on_out_receipt(User& user, JsonView payload) {
  if (is_receipt_of_gateway(payload)) {  // in/receipt came back as out/receipt: an answer would go round for ever
    world_.count("loops_stopped");
    return std::nullopt;
  }
  const auto out = read_receipt(payload);
  if (!out) return Refusal{{}, {}, out.error()};
  const auto row = world_.records.find_message(user.key, out->id);
  if (!row || row->way != Way::to_mqtt)
    return Refusal{
        {}, {}, error(Condition::item_not_found, "id: no message of that id was sent to you, or it has expired")};
  const MessageState was = row->state;
  Jid from = addressed(user, *row);  // before the payload goes
  if (!world_.records.set_state(row->seq, out->state, world_.mark, user.devices.size() <= 1)) return std::nullopt;
  log_step(world_, out->state == MessageState::displayed ? "displayed" : "delivered", *row);
  if (was == MessageState::waiting && user.waiting > 0) --user.waiting;
  if (was < MessageState::forwarded) world_.queues.left(row->way, row->user, row->bytes);
  const bool delivered =
      row->want_delivered && was < MessageState::delivered && !was_answered(world_, user, from, *row);
  const bool displayed = row->want_displayed && out->state == MessageState::displayed;
  if ((!delivered && !displayed) || row->xmpp_id.empty()) return std::nullopt;
  Message m;
  m.type = "chat";
  m.id = world_.ids.next(world_.now);
  m.from = std::move(from);
  if (auto to = Jid::parse(row->peer)) m.to = std::move(*to);
  if (delivered) m.parts.push_back({Received{row->xmpp_id}});
  if (displayed) m.parts.push_back({Marker{"displayed", row->xmpp_id}});
  m.parts.push_back({Hint{"store"}});  // XEP-0184 section 5.2, XEP-0333 section 4.2: archives keep it
  send_durably(user.key, to_stanza(m));
  return std::nullopt;
}

Jid Delivery::addressed(const User& user, const MessageRecord& row) {
  if (!user.former) return user.jid;
  const auto whole = world_.records.message(row.seq);
  const auto document = whole ? JsonDocument::parse(whole->payload) : Result<JsonDocument>(StanzaError{});
  const bool forwarded = document && document->root()["to"].string() == user.former->bare_view();
  return forwarded ? *user.former : user.jid;
}

std::optional<Delivery::Refusal> Delivery::on_out_act(User& user, JsonView payload) {
  const auto out = read_act(payload);
  if (!out) return Refusal{{}, {}, out.error()};
  const auto& limits = world_.options.limits;
  if (!user.rates.acts.take(world_.now, limits.presence_rate, limits.presence_burst)) {
    world_.count("acts_dropped");  // of the moment, at most once: nobody waits for them
    return std::nullopt;
  }
  if (!out->to.has_resource() && room_of(user, out->to.bare_view())) {
    world_.count("room_noise_dropped");
    return std::nullopt;
  }
  Message m;
  m.type = "chat";
  m.from = user.jid;
  if (!out->device.empty())
    if (const auto resource = from_device(out->device))
      if (auto full = user.jid.with_resource(*resource)) m.from = std::move(*full);
  m.to = out->to;
  m.parts.push_back({ChatState{out->state}});
  m.parts.push_back({Hint{"no-store"}});
  world_.send(to_stanza(m));
  return std::nullopt;
}

// The user names a contact's messages by the ids of in/msg; XMPP knows them by the ids of their stanzas.
void Delivery::refer_to_xmpp(UserKey user, Parts& parts) {
  const auto translate = [&](std::string& id) {
    const auto row = world_.records.find_message(user, id);
    if (row && row->way == Way::to_mqtt && !row->xmpp_id.empty()) id = row->xmpp_id;
  };
  for (Part& part : parts) {
    if (auto* a = std::get_if<Reactions>(&part.value))
      translate(a->id);
    else if (auto* y = std::get_if<Reply>(&part.value))
      translate(y->id);
  }
}

}  // namespace ferry
