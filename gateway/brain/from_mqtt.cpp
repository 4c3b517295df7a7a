// The router, from MQTT: whose subtree, and which of its topics.
#include "gateway/brain/log_value.h"
#include "gateway/brain/router.h"
#include "translators/values/cbor.h"
#include "translators/values/topic.h"

namespace ferry {

void Router::publish(const InPublish& p) {
  if (sentinel.on_publish(p)) return;
  const auto match = world.table.by_topic(p.topic);
  if (!match) {
    world.count("publishes_refused");
    world.log_about(0, LogLine::Level::info,
                    "event=publish.refused topic=" + log_value(p.topic) +
                        " condition=" + std::string(condition_name(match.error().condition)) +
                        " reason=" + log_value(match.error().text));
    return;
  }
  if (!match->has_value()) {
    if (early_by_topic(p)) return;
    world.count("publishes_unrouted");
    if (!p.payload.empty())  // what is cleared is our own clearing, too
      world.log_about(0, LogLine::Level::info,
                      "event=publish.refused topic=" + log_value(p.topic) + " condition=item-not-found");
    return;
  }
  const MappingTable::TopicMatch& m = **match;
  if (m.row->kind == RowKind::feed) return feeds.on_publish(*m.row, m.jid, p);
  User* user = world.user(m.jid.str());
  if (!user) {
    if (early(m.jid, p.topic.substr(0, p.topic.size() - m.rest.size() - 1), m.rest, p)) return;
    if (!world.options.users.autocreate || !world.hosted(m.jid)) {  // an account comes by a migration alone
      world.count("publishes_refused");
      world.log_about(0, LogLine::Level::info,
                      "event=publish.refused condition=registration-required user=" + log_value(m.jid.str()));
      return;
    }
    if (p.payload.empty()) return;  // a retained value being cleared creates nobody
    user = &world.add_user(m.jid);
    greet(*user);
  }
  from_user(*user, m.rest, p);
}

void Router::from_user(User& user, std::string_view leaf, const InPublish& p) {
  world.count("publishes_in");
  const auto levels = topic_levels(leaf);
  const bool presence_topic = levels.size() == 4 && levels[1] == "dev" && levels[3] == "presence";
  if (p.retain && !presence_topic) {
    if (p.payload.empty()) return;  // our own clearing, or the client's
    world.clear(user, leaf);
    const auto document = JsonDocument::parse(p.payload);
    const std::string id = document ? message::id_of(document->root()) : std::string();
    // Over 3.1.1 it looked like any other publish when it came, and was carried.
    if (const auto row = world.records.find_message(user.key, id); row && row->way == Way::to_xmpp) return;
    world.refuse(user, id, {}, leaf,
                 error(Condition::not_allowed, "retained publishes are for out/dev/{device}/presence alone"));
    return;
  }
  if (p.payload.empty() && !presence_topic) {
    // Without No Local our own clearing of a retained publish comes back as this.
    if (world.mqtt5) world.refuse(user, {}, {}, leaf, error(Condition::bad_request, "an empty payload"));
    return;
  }
  if (p.payload.size() > world.options.limits.message_bytes) {
    world.refuse(
        user, {}, {}, leaf,
        error(Condition::not_acceptable, "more than " + std::to_string(world.options.limits.message_bytes) + " bytes"));
    return;
  }
  if (levels.size() == 3 && levels[1] == "text") {
    if (const auto wrong = delivery.on_out_text(user, p, levels[2])) world.refuse(user, {}, {}, leaf, wrong->error);
    return;
  }
  std::string json;
  if ((p.cbor || user.format == Format::cbor) && !p.payload.empty()) {
    auto text = cbor_to_json(p.payload);
    if (!text) return world.refuse(user, {}, {}, leaf, text.error());
    json = std::move(*text);
  }
  const std::string_view payload = json.empty() ? std::string_view{p.payload} : std::string_view{json};
  if (presence_topic) {
    if (const auto wrong = presences.on_device(user, std::string(levels[2]), payload))
      world.refuse(user, {}, {}, leaf, *wrong);
    return;
  }
  const auto document = JsonDocument::parse(payload);
  if (leaf == "out/req") {  // whatever is wrong with it, the answer goes where answers go
    requests.on_request(user, p, document ? document->root() : JsonView());
    return;
  }
  if (!document) return world.refuse(user, {}, {}, leaf, document.error());
  if (user.inflow == Inflow::absent) delivery.to_mqtt.replay(user, Replay::waiting, {});  // a sign of life
  std::optional<Delivery::Refusal> wrong;
  if (leaf == "out/msg")
    wrong = delivery.on_out_msg(user, p, document->root());
  else if (leaf == "out/receipt")
    wrong = delivery.on_out_receipt(user, document->root());
  else if (leaf == "out/act")
    wrong = delivery.on_out_act(user, document->root());
  else
    wrong = Delivery::Refusal{
        {},
        {},
        error(Condition::item_not_found,
              "expected out/msg, out/text/{peer}, out/receipt, out/act, out/req or out/dev/{device}/presence")};
  if (!wrong) return;
  // The receipts of a message that was taken are about that message; another publish of its id is refused without it.
  if (const auto row = world.records.find_message(user.key, wrong->id); row && row->way == Way::to_xmpp)
    wrong->id.clear();
  world.refuse(user, wrong->id, wrong->to, leaf, wrong->error);
}

}  // namespace ferry
