#include "tools/bench.d/load_plan.h"

#include <array>
#include <cstdio>
#include <utility>

namespace ferry::bench {

std::string numbered(const char* name, std::size_t n, const std::string& domain) {
  std::array<char, 32> digits{};
  std::snprintf(digits.data(), digits.size(), "%04zu", n);
  return name + std::string(digits.data()) + "@" + domain;
}

Named always(std::string text) {
  return [text = std::move(text)](std::size_t) { return text; };
}

namespace {

// Bob's own client, or one that publishes to him as the gateway would.
MqttPeer::Settings chat_client(const Arguments& a, bool is_bob) {
  const std::string bob = a.text("bob"), base = "im/v1/u/" + bob;
  MqttPeer::Settings s = client(a, is_bob ? bob + ":load" : "load-publisher", Kind::chat);
  if (is_bob) {
    s.username = bob;
    s.password = a.text("bob-password");
    s.subscribe = base + "/in/#";
    s.presence = base + "/out/dev/load/presence";
  }
  s.topic = always(base + (is_bob ? "/out/msg" : "/in/msg"));
  s.to = always("user@" + a.text("component"));
  return s;
}

Ends chat(const Arguments& a, const std::string& way) {
  Ends out;
  const std::string bob = a.text("bob"), sender = "user@" + a.text("component") + "/load";
  if (way == "x2x")
    out.to.push_back(component(a, a.text("sink"), Kind::chat));
  else if (way == "m2x")
    out.to.push_back(component(a, a.text("component"), Kind::chat));
  else
    out.to.push_back(std::make_unique<MqttPeer>(chat_client(a, true)));
  if (way == "m2x" || way == "m2m")
    out.from = std::make_unique<MqttPeer>(chat_client(a, way == "m2x"));
  else
    out.from = component(a, a.text("component"), Kind::chat, always(sender),
                         always(way == "x2x" ? "user@" + a.text("sink") : bob));
  return out;
}

// Pair `seq` of a user and a contact of theirs.
struct Pair {
  std::size_t user, contact;
};
Pair pair_of(const People& people, std::size_t seq) {
  const std::size_t user = seq % people.users;
  return {user, people.contact_of(user, seq / people.users)};
}

// To MQTT, and of the servers alone: each pair has its presence. From MQTT one of each user, which reaches their
// contacts.
Ends presence(const Arguments& a, const std::string& way) {
  const People people(a);
  Ends out;
  if (way == "x2m" || way == "m2m") {
    MqttPeer::Settings s = client(a, "load-observer", Kind::presence);
    s.subscribe = "im/v1/u/+/in/contact/+/presence";
    out.to.push_back(std::make_unique<MqttPeer>(std::move(s)));
  } else {
    out.to.push_back(component(a, a.text(way == "x2x" ? "sink" : "component"), Kind::presence));
  }
  if (way == "m2x" || way == "m2m") {
    MqttPeer::Settings s = client(a, "load-publisher", Kind::presence);
    if (way == "m2x") {
      out.fan = people.contacts;
      s.topic = [people](std::size_t seq) { return "im/v1/u/" + people.user(seq) + "/out/dev/phone/presence"; };
    } else {
      s.topic = [people](std::size_t seq) {
        const Pair p = pair_of(people, seq);
        return "im/v1/u/" + people.user(p.user) + "/in/contact/" + people.contact(p.contact) + "/presence";
      };
    }
    out.from = std::make_unique<MqttPeer>(std::move(s));
  } else {
    const std::string sink = a.text("sink");
    const bool alone = way == "x2x";
    out.from = component(
        a, a.text("component"), Kind::presence,
        [people](std::size_t seq) { return people.contact(pair_of(people, seq).contact) + "/spark"; },
        [people, alone, sink](std::size_t seq) {
          const std::size_t user = pair_of(people, seq).user;
          return alone ? numbered("user", user, sink) : people.user(user);
        });
  }
  return out;
}

// One value reaches all followers. The server alone has a message for each of them.
Ends feed(const Arguments& a, const std::string& way) {
  const std::size_t followers = a.number("followers", 10);
  const std::string topic = a.text("feed"), sink = a.text("sink");
  Ends out;
  if (way == "x2m") give_up("a feed has no way x2m");
  if (way == "m2m") {
    for (std::size_t n = 0; n < followers; ++n) {
      MqttPeer::Settings s = client(a, "load-follower-" + std::to_string(n), Kind::feed);
      s.subscribe = topic;
      s.number = n;
      out.to.push_back(std::make_unique<MqttPeer>(std::move(s)));
    }
  } else {
    out.to.push_back(component(a, a.text(way == "x2x" ? "sink" : "component"), Kind::chat));
  }
  if (way == "x2x") {
    out.from = component(a, a.text("component"), Kind::chat, always("alarm@" + a.text("component")),
                         [followers, sink](std::size_t seq) { return numbered("follower", seq % followers, sink); });
    return out;
  }
  MqttPeer::Settings s = client(a, "load-publisher", Kind::feed);
  s.topic = always(topic);
  out.from = std::make_unique<MqttPeer>(std::move(s));
  out.fan = followers;
  return out;
}

}  // namespace

std::string Arguments::text(const std::string& name, const std::string& fallback) const {
  const auto found = values.find(name);
  return found == values.end() ? fallback : found->second;
}

std::size_t Arguments::number(const std::string& name, std::size_t fallback) const {
  const std::string value = text(name);
  return value.empty() ? fallback : static_cast<std::size_t>(std::stoull(value));
}

People::People(const Arguments& a)
    : users(a.number("users", 10)), contacts(a.number("contacts", 10)), component(a.text("component")) {
  const std::string bob = a.text("bob");
  hosted = a.text("hosted", bob.substr(bob.find('@') + 1));
  population = contacts * ((users + contacts - 1) / contacts);
}

std::string People::user(std::size_t n) const { return numbered("user", n, hosted); }
std::string People::contact(std::size_t n) const { return numbered("contact", n, component); }

ComponentPeer::Settings component_settings(const Arguments& a, const std::string& domain, Kind kind) {
  ComponentPeer::Settings s;
  s.host = a.text("host", "127.0.0.1");
  s.port = static_cast<std::uint16_t>(a.number("xmpp", 0));
  s.domain = domain;
  s.secret = a.text("secret");
  s.kind = kind;
  return s;
}

std::unique_ptr<Peer> component(const Arguments& a, const std::string& domain, Kind kind, Named from, Named to) {
  ComponentPeer::Settings s = component_settings(a, domain, kind);
  s.from = std::move(from);
  s.to = std::move(to);
  return std::make_unique<ComponentPeer>(std::move(s));
}

MqttPeer::Settings client(const Arguments& a, const std::string& id, Kind kind) {
  MqttPeer::Settings s;
  s.host = a.text("host", "127.0.0.1");
  s.port = static_cast<std::uint16_t>(a.number("mqtt", 0));
  s.username = a.text("gateway");
  s.password = a.text("gateway-password");
  s.client_id = id;
  s.kind = kind;
  return s;
}

Ends connect(const Arguments& a) {
  const std::string way = a.text("way"), kind = a.text("kind", "chat");
  if (way != "x2m" && way != "m2x" && way != "x2x" && way != "m2m") give_up("--way takes x2m, m2x, x2x or m2m");
  if (kind == "chat") return chat(a, way);
  if (kind == "presence") return presence(a, way);
  if (kind == "feed") return feed(a, way);
  if (kind == "room") return room(a, way);
  give_up("--kind takes chat, presence, feed or room");
}

}  // namespace ferry::bench
