#include "gateway/brain/delivery.h"

#include "translators/part.h"
#include "translators/values/uid.h"

namespace ferry {
namespace {

constexpr Duration expiry_step = 10 * second;
constexpr std::size_t expiry_page = 2'000;
constexpr Duration tell_again_span = 60 * second;  // receipts that a crash may have swallowed
constexpr std::size_t tell_again_limit = 1'000;
constexpr Duration late = 30 * second;  // a message that waited longer says so (XEP-0203)

}  // namespace

Delivery::Delivery(World& world)
    : to_xmpp(
          world,
          [this](Seq s, UserKey u, const std::string& i, const std::string& p, bool carried) {
            confirm(s, u, i, p, carried);
          },
          [this](const MessageRecord& r) { return build(r); }),
      to_mqtt(world),
      world_(world) {}

void Delivery::start() {
  to_xmpp.start();
  to_mqtt.start();
  expire_at_ = world_.now + expiry_step;
}

void Delivery::send_durably(UserKey user, Element stanza) {
  MessageRecord row;
  row.user = user;
  row.way = Way::to_xmpp;
  row.peer = std::string(stanza.attr_or("to"));
  row.expires = world_.now + static_cast<Duration>(world_.options.limits.message_ttl) * second;
  row.payload = to_xml(stanza, ns::client);
  row.seq = world_.records.add_message(row);
  to_xmpp.queue(row, std::move(stanza));
}

void Delivery::broker_up(bool session_present) {
  redelivery_until_ = session_present ? world_.now + 10 * second : 0;
  to_mqtt.broker_up();
  tell_again();
}

// Receipts and echoes leave after the commit and are not rows themselves: a crash in between swallows them. They are
// the same when they come twice, so the latest ones are simply told again.
void Delivery::tell_again() {
  for (const auto& [key, reason] : std::exchange(untold_, {})) {
    const User* user = world_.user(key.first);
    const auto row = user ? world_.records.find_message(user->key, key.second) : std::nullopt;
    if (row) tell(*user, row->id, row->peer, row->state, row->state == MessageState::failed ? &reason : nullptr);
  }
  const auto rows = world_.records.recent(tell_again_limit);
  if (rows.empty()) return;
  const Instant newest = rows.back().expires;
  for (const MessageRecord& row : rows) {
    const User* user = world_.user(row.user);
    if (!user || row.id.empty() || row.expires < newest - tell_again_span) continue;
    if (!row.payload.empty()) echo(*user, row.id, row.payload);
    if (row.state != MessageState::failed) tell(*user, row.id, row.peer, row.state);
  }
}

void Delivery::tell(const User& user, const std::string& id, std::string_view peer, MessageState state,
                    const StanzaError* reason) {
  if (!world_.mqtt_up) {  // the link drops what nobody waits for; the records know the state, but not the reason
    if (untold_.size() < max_untold) untold_[{user.key, id}] = reason ? *reason : StanzaError{};
    return;
  }
  world_.publish_to(user, "in/receipt", receipt_json({id, peer, state, reason, {}, world_.now}));
}

void Delivery::echo(const User& user, const std::string& id, const std::string& json) {
  Publish p = world_.make_publish(user, "in/msg", json);
  p.id = id;
  world_.publish(std::move(p));
}

// The other side's server has it, or never will.
void Delivery::confirm(Seq seq, UserKey key, const std::string& id, const std::string& peer, bool carried) {
  if (id.empty()) {
    world_.records.remove_message(seq);
    return;
  }
  const User* user = world_.user(key);
  if (!carried) {
    const StanzaError reason = error(Condition::not_acceptable, "the message is too large for the XMPP server");
    if (world_.records.set_state(seq, MessageState::failed, world_.mark, true) && user)
      tell(*user, id, peer, MessageState::failed, &reason);
    return;
  }
  const bool keep = user && user->devices.size() > 1;  // another device may still ask for it
  if (world_.records.set_state(seq, MessageState::forwarded, world_.mark, !keep) && user)
    tell(*user, id, peer, MessageState::forwarded);
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
  if (sent && world_.now - *sent > late && !find<Delay>(m.parts))
    m.parts.push_back({Delay{world_.component.str(), format_instant(*sent), {}}});
  return to_stanza(m);
}

void Delivery::end_of_batch() {
  to_mqtt.pump();
  to_xmpp.end_of_batch();
}

void Delivery::on_time() {
  to_xmpp.on_time();
  if (world_.now >= expire_at_) expire();
}

std::optional<Instant> Delivery::next_deadline() const {
  const auto barrier = to_xmpp.next_deadline();
  return barrier ? std::min(*barrier, expire_at_) : expire_at_;
}

// Walks through the records a page at a time; what nobody took in time has failed, and its sender hears of it.
void Delivery::expire() {
  expire_at_ = world_.now + expiry_step;
  Seq last = expire_from_;
  for (const MessageRecord& row : world_.records.expired(world_.now, expire_from_, expiry_page, last)) {
    world_.count("messages_expired");
    if (User* user = world_.user(row.user); user && !row.id.empty()) {
      if (row.way == Way::to_xmpp && row.state < MessageState::forwarded) {
        const StanzaError reason =
            error(Condition::remote_server_timeout, "the message expired before it could be forwarded");
        tell(*user, row.id, row.peer, MessageState::failed, &reason);
      } else if (row.way == Way::to_mqtt && row.state < MessageState::forwarded) {
        if (row.state == MessageState::waiting && user->waiting > 0) --user->waiting;
        Element original("message");
        original.set("type", "chat").set("id", row.xmpp_id).set("from", row.peer).set("to", user->jid.str());
        world_.answer(original, error(Condition::recipient_unavailable, "the message expired before anybody took it"));
      }
    }
    if (row.way == Way::to_xmpp && row.state == MessageState::accepted) to_xmpp.removed(row.seq);
    world_.records.remove_message(row.seq);
  }
  expire_from_ = last;
}

}  // namespace ferry
