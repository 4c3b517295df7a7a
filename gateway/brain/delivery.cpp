#include "gateway/brain/delivery.h"

#include "gateway/brain/account.h"
#include "gateway/brain/message_log.h"
#include "translators/part.h"
#include "translators/values/uid.h"

namespace ferry {
namespace {

constexpr Duration told_late_after = 30 * second;  // a message that waited longer says so (XEP-0203)

}  // namespace

Delivery::Delivery(World& world)
    : to_xmpp(
          world, [this](const XmppOutbox::Sent& s, XmppOutbox::Outcome o) { confirm(s, o); },
          [this](const MessageRecord& r) { return build(r); }),
      to_mqtt(world, [this](const MessageRecord& r, const StanzaError& e) { fail(r, e); }),
      dead(world),
      world_(world),
      expiry_(world, [this](const MessageRecord& r) { expired(r); }) {}

void Delivery::start() {
  to_mqtt.start();
  start_untold();
  dead.start();
  expiry_.start();
}

Instant Delivery::lives_until() const {
  return world_.now + static_cast<Duration>(world_.options.limits.message_ttl) * second;
}

void Delivery::send_durably(UserKey user, Element stanza) {
  MessageRecord row;
  row.user = user;
  row.way = Way::to_xmpp;
  row.peer = std::string(stanza.attr_or("to"));
  row.expires = lives_until();
  row.payload = to_xml(stanza, ns::client);
  if (world_.queues.room(row.way, row.user, row.payload.size(), false) != Queues::Room::enough) {
    world_.count("stanzas_dropped");
    return;
  }
  row.seq = world_.records.add_message(row);
  world_.queues.joined(row.way, row.user, static_cast<std::int64_t>(row.payload.size()));
  to_xmpp.queue(row, std::move(stanza));
}

void Delivery::broker_up(bool session_present) {
  redelivery_until_ = session_present ? world_.now + 10 * second : 0;
  to_mqtt.broker_up();
  tell_again();
}

void Delivery::echo(const User& user, const std::string& id, const std::string& json) {
  Publish p = world_.make_publish(user, "in/msg", json);
  p.id = id;
  world_.publish(std::move(p));
}

// The other side's server has it, or never will. The payload stays until somebody confirms it: another device may ask
// for it, and the server may still send it back.
void Delivery::confirm(const XmppOutbox::Sent& sent, XmppOutbox::Outcome outcome) {
  if (outcome != XmppOutbox::Outcome::carried) {
    MessageRecord row;
    row.seq = sent.seq;
    row.user = sent.user;
    row.way = Way::to_xmpp;
    row.id = sent.id;
    row.peer = sent.peer;
    row.bytes = sent.bytes;
    return fail(row, outcome == XmppOutbox::Outcome::refused
                         ? error(Condition::not_acceptable, "the message is too large for the XMPP server")
                         : error(Condition::internal_server_error, "the stored message could not be read"));
  }
  if (sent.id.empty()) {
    world_.records.remove_message(sent.seq);
    world_.queues.left(Way::to_xmpp, sent.user, sent.bytes);
    return;
  }
  if (!world_.records.set_state(sent.seq, MessageState::forwarded, world_.mark, false)) return;
  world_.queues.left(Way::to_xmpp, sent.user, sent.bytes);
  log_step(world_, "forwarded", sent.seq);
  if (const User* user = world_.user(sent.user)) tell(*user, sent.id, sent.peer, MessageState::forwarded);
}

std::optional<Element> Delivery::build(const MessageRecord& row) {
  if (row.id.empty()) {
    auto stanza = parse_xml(row.payload);
    if (!stanza) return std::nullopt;
    return std::move(*stanza);
  }
  const auto document = JsonDocument::parse(row.payload);
  if (!document) return std::nullopt;
  auto out = message::from_stored_json(document->root());
  const User* user = world_.user(row.user);
  if (!out || !user) return std::nullopt;
  Message& m = out->message;
  auto from = user->jid;
  if (!out->device.empty())
    if (const auto resource = from_device(out->device))
      if (auto full = from.with_resource(*resource)) from = std::move(*full);
  m.from = std::move(from);
  refer_to_xmpp(row.user, m.parts);
  const auto sent = parse_instant(document->root()["ts"].string().value_or(""));
  if (sent && world_.now - *sent > told_late_after && !find<Delay>(m.parts))
    m.parts.push_back(
        {Delay{m.to && room_of(*user, m.to->bare_view()) ? std::string()  // nobody there knows whose it is
               : user->account                           ? user->jid.str()
                                                         : world_.component.str(),
               format_instant(*sent),
               {}}});
  return to_stanza(m);
}

void Delivery::end_of_batch() {
  tell_untold();
  to_mqtt.pump();
  to_xmpp.end_of_batch();
}

void Delivery::on_time() {
  to_xmpp.on_time();
  expiry_.on_time();
}

std::optional<Instant> Delivery::next_deadline() const {
  const auto barrier = to_xmpp.next_deadline();
  return barrier ? std::min(*barrier, expiry_.next_deadline()) : expiry_.next_deadline();
}

}  // namespace ferry
