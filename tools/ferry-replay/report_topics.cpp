#include "tools/ferry-replay/report_topics.h"

#include "translators/message.h"
#include "translators/part.h"
#include "translators/values/uid.h"
#include "translators/via.h"

namespace ferry::report {
namespace {

std::string level(std::string_view bare) {
  auto escaped = escape_level(bare);
  return escaped ? std::move(*escaped) : std::string(bare);
}

Publish publish_of(const Tree& tree, std::string_view user, std::string_view leaf, std::string json) {
  Publish p;
  p.topic = tree.topic(user, leaf);
  p.payload = std::move(json);
  return p;
}

}  // namespace

std::string Tree::topic(std::string_view user, std::string_view leaf) const {
  return root + "/u/" + level(user) + "/" + std::string(leaf);
}

Publish in_msg(const Tree& tree, std::string_view user, Message m, const std::string& id, Instant ts) {
  if (via::may_pass(m.parts, tree.component)) via::add_hop(m.parts, tree.component);
  if (const auto* delay = find<Delay>(m.parts)) ts = parse_instant(delay->stamp).value_or(ts);
  Publish p = publish_of(tree, user, "in/msg", message::to_json(m, {id, ts, {}, m.id}));
  p.id = id;
  p.expiry = tree.message_ttl;
  return p;
}

Publish in_receipt(const Tree& tree, std::string_view user, std::string_view id, std::string_view from,
                   MessageState state, Instant ts) {
  return publish_of(tree, user, "in/receipt", receipt_json({id, from, state, nullptr, {}, ts}));
}

Publish in_act(const Tree& tree, std::string_view user, const Jid& from, std::string_view state) {
  Publish p = publish_of(tree, user, "in/act", act_json(from, state));
  p.qos = 0;
  return p;
}

Publish in_contact(const Tree& tree, std::string_view user, const ContactView& contact) {
  return publish_of(tree, user, "in/contact/" + level(contact.jid), contact_json(contact));
}

Publish in_contact_presence(const Tree& tree, std::string_view user, std::string_view peer,
                            const presence::Endpoints& endpoints) {
  return publish_of(tree, user, "in/contact/" + level(peer) + "/presence", presence::contact_presence_json(endpoints));
}

Publish in_answer(const Tree& tree, std::string_view user, std::string_view device, std::string_view id,
                  std::string_view result) {
  return publish_of(tree, user, "in/res/" + level(device), answer_json(id, result));
}

Publish in_state(const Tree& tree, std::string_view user, std::string_view version) {
  return publish_of(tree, user, "in/state", state_json("hosted", true, version));
}

Publish out_msg(const Tree& tree, std::string_view user, const Message& m, const std::string& id) {
  JsonWriter json;
  json.begin_object().field("id", id);
  if (m.to) json.field("to", m.to->str());
  if (message::kind_of(m) != "chat") json.field("kind", message::kind_of(m));
  for (const Translator& t : translators())
    if (t.write_json) t.write_json(m.parts, json);
  return publish_of(tree, user, "out/msg", json.end_object().take());
}

Publish out_receipt(const Tree& tree, std::string_view user, std::string_view id, MessageState state) {
  JsonWriter json;
  json.begin_object().field("id", id).field("state", state_name(state)).end_object();
  return publish_of(tree, user, "out/receipt", json.take());
}

Publish out_act(const Tree& tree, std::string_view user, const Jid& to, std::string_view state) {
  JsonWriter json;
  json.begin_object().field("to", to.bare_view()).field("state", state).end_object();
  Publish p = publish_of(tree, user, "out/act", json.take());
  p.qos = 0;
  return p;
}

Publish out_presence(const Tree& tree, std::string_view user, std::string_view device, const presence::Availability& a,
                     std::string_view epoch) {
  JsonWriter json;
  json.begin_object().field("state", a.state).field("epoch", epoch);
  if (!a.status.empty()) json.field("status", a.status);
  if (a.priority != 0) json.field("priority", static_cast<std::int64_t>(a.priority));
  Publish p = publish_of(tree, user, "out/dev/" + level(device) + "/presence", json.end_object().take());
  p.retain = true;
  return p;
}

Publish out_request(const Tree& tree, std::string_view user, std::string_view device, std::string_view id,
                    std::string_view request, std::string_view contact) {
  JsonWriter json;
  json.begin_object().field("id", id).field("request", request);
  if (!device.empty()) json.field("device", device);
  if (!contact.empty()) json.field("contact", contact);
  return publish_of(tree, user, "out/req", json.end_object().take());
}

Publish echo_of(const Tree& tree, std::string_view user, Message m, const std::string& id, Instant ts) {
  if (via::may_pass(m.parts, tree.component)) via::add_hop(m.parts, tree.component);
  m.from.reset();
  if (auto jid = Jid::parse(user)) m.from = std::move(*jid);
  Publish p = publish_of(tree, user, "in/msg", message::to_json(m, {id, ts, {}, {}}));
  p.id = id;
  return p;
}

}  // namespace ferry::report
