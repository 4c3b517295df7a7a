#include "gateway/brain/services.h"

#include <array>

#include "translators/profile.h"
#include "translators/values/uid.h"

namespace ferry {
namespace {

constexpr std::string_view disco_info_ns = "http://jabber.org/protocol/disco#info";
constexpr std::string_view disco_items_ns = "http://jabber.org/protocol/disco#items";

constexpr std::array<std::string_view, 6> features_of_domain{disco_info_ns,       disco_items_ns,  "urn:xmpp:ping",
                                                             "jabber:iq:version", "urn:xmpp:time", "vcard-temp"};
// What a device of ours understands by way of the translators; clients look here before they ask for receipts.
constexpr std::array<std::string_view, 15> features_of_device{
    disco_info_ns,
    "urn:xmpp:ping",
    "jabber:iq:version",
    "urn:xmpp:time",
    "http://jabber.org/protocol/chatstates",
    "urn:xmpp:receipts",
    "urn:xmpp:chat-markers:0",
    "urn:xmpp:message-correct:0",
    "urn:xmpp:message-retract:1",
    "urn:xmpp:reactions:0",
    "urn:xmpp:reply:0",
    "urn:xmpp:sid:0",
    "urn:xmpp:hints",
    "jabber:x:oob",
    "jabber:iq:last",
};

bool is_watcher(const User* user, const std::optional<Jid>& who) {
  if (!user || !who) return false;
  const auto it = user->contacts.find(who->bare_view());
  return it != user->contacts.end() && it->second.record.from;
}

void add_feature(Element& query, std::string_view feature) {
  query.add(Element("feature", disco_info_ns)).set("var", feature);
}

}  // namespace

const Services::Row Services::rows[] = {
    {"query", disco_info_ns, "get", &Services::disco_info}, {"query", disco_items_ns, "get", &Services::disco_items},
    {"ping", "urn:xmpp:ping", "get", &Services::ping},      {"query", "jabber:iq:version", "get", &Services::version},
    {"time", "urn:xmpp:time", "get", &Services::time},      {"vCard", "vcard-temp", "get", &Services::vcard},
    {"query", "jabber:iq:last", "get", &Services::last},
};

void Services::on_request(const Stanza& iq, Target target, const User* user) {
  const Element* payload = iq.xml.first_child();
  for (const Row& row : rows)
    if (payload && payload->is(row.name, row.space) && iq.type == row.type) {
      auto result = (this->*row.handle)(iq, target, user);
      if (!result && result.error().condition == Condition::forbidden)
        world_.log_refused("not-a-watcher", iq.from->str(), iq.to->str(), iq.id);
      if (!result)
        world_.answer(iq.xml, result.error());
      else
        world_.send(iq_result(
            iq.xml, row.name == "ping" ? std::optional<Element>() : std::optional<Element>(std::move(*result))));
      return;
    }
  if (iq.type == "set") world_.log_refused("iq-set", iq.from->str(), iq.to->str(), iq.id);  // a roster push, say
  world_.answer(iq.xml, error(Condition::service_unavailable, ""));
}

Result<Element> Services::disco_info(const Stanza& iq, Target target, const User*) {
  Element query("query", disco_info_ns);
  const Element* asked = iq.xml.first_child();
  if (const auto* node = asked->attr("node")) {
    if (!node->empty()) return error(Condition::item_not_found, "no such node");
    query.set("node", *node);
  }
  Element& identity = query.add(Element("identity", disco_info_ns));
  switch (target) {
    case Target::domain:
      identity.set("category", "gateway").set("type", "mqtt").set("name", "Ferry");
      for (std::string_view f : features_of_domain) add_feature(query, f);
      break;
    case Target::account:
      identity.set("category", "account").set("type", "registered");
      add_feature(query, disco_info_ns);
      add_feature(query, "vcard-temp");
      break;
    case Target::device:
      identity.set("category", "client").set("type", "phone").set("name", "MQTT");
      for (std::string_view f : features_of_device) add_feature(query, f);
      break;
    case Target::feed:
      identity.set("category", "automation").set("type", "device-node").set("name", "MQTT feed");
      for (std::string_view f : features_of_domain) add_feature(query, f);
      break;
  }
  return query;
}

Result<Element> Services::disco_items(const Stanza& iq, Target target, const User* user) {
  Element query("query", disco_items_ns);
  if (target == Target::account &&
      is_watcher(user, iq.from))  // RFC 6121 section 4.1: devices are for those who may know
    for (const auto& [name, device] : user->devices)
      if (device.availability.available())
        if (const auto resource = from_device(name))
          query.add(Element("item", disco_items_ns)).set("jid", user->jid.str() + "/" + *resource);
  return query;
}

Result<Element> Services::ping(const Stanza&, Target, const User*) { return Element("ping", "urn:xmpp:ping"); }

Result<Element> Services::version(const Stanza&, Target target, const User*) {
  if (target == Target::account) return error(Condition::service_unavailable, "");
  Element query("query", "jabber:iq:version");
  query.add(Element("name", "jabber:iq:version")).add_text("Ferry");
  query.add(Element("version", "jabber:iq:version")).add_text(world_.version);
  return query;
}

Result<Element> Services::time(const Stanza&, Target target, const User*) {
  if (target == Target::account) return error(Condition::service_unavailable, "");
  Element time("time", "urn:xmpp:time");
  time.add(Element("tzo", "urn:xmpp:time")).add_text("+00:00");
  time.add(Element("utc", "urn:xmpp:time")).add_text(format_instant(world_.now));
  return time;
}

Result<Element> Services::vcard(const Stanza&, Target target, const User* user) {
  if (target == Target::device) return error(Condition::service_unavailable, "");
  Profile profile;
  if (target == Target::domain) profile = {"Ferry", "", "", "", "XMPP-to-MQTT gateway", "", ""};
  if (user && !user->profile.empty())
    if (const auto document = JsonDocument::parse(user->profile))
      if (auto read = read_profile(document->root())) profile = std::move(*read);
  return vcard_from_profile(profile);
}

Result<Element> Services::last(const Stanza& iq, Target target, const User* user) {
  Element query("query", "jabber:iq:last");
  if (target == Target::domain)
    return std::move(query.set("seconds", std::to_string((world_.now - world_.started) / second)));
  if (!is_watcher(user, iq.from)) return error(Condition::forbidden, "");  // XEP-0012 section 4
  const presence::Availability* latest = nullptr;
  for (const auto& [name, device] : user->devices) {
    if (device.availability.available()) return std::move(query.set("seconds", "0"));
    if (!latest || device.availability.since > latest->since) latest = &device.availability;
  }
  if (!latest || latest->since == 0) return error(Condition::item_not_found, "");
  return std::move(query.set("seconds", std::to_string((world_.now - latest->since) / second)));
}

}  // namespace ferry
