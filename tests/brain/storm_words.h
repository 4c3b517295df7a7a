// What a storm says: stanzas, publishes and commands drawn from a small population, so that what is said meets what was
// said before. One instance belongs to one storm and knows the ids that it has used.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/brain/effects.h"
#include "tests/brain/storm_rooms.h"
#include "translators/values/cbor.h"
#include "translators/values/xml.h"

namespace ferry {

using Draw = std::function<std::size_t(std::size_t below)>;

// What came in, as far as the rules about what follows from it have to know.
struct Happening {
  enum class Kind { other, stanza, publish } kind = Kind::other;
  std::string actor, addressed;  // as written; of a publish the actor is the owner of the topic
  std::string name, type, id;    // of a stanza; of a publish: the leaf, -, the id
  std::string text;              // a body that must not get lost
  bool answer = false;           // an iq that must be answered, a request that must be
};

class StormWords {
 public:
  explicit StormWords(Draw& draw) : draw_(draw) {}

  Element stanza(Happening& said);
  InPublish publish(Happening& said);
  std::string command(std::string_view seqs);  // seqs: of messages, "12,15"
  void heard(std::string id) {                 // of a message that went to MQTT: receipts may name it
    if (heard_.size() < 16)
      heard_.push_back(std::move(id));
    else
      heard_[heard_next_++ % heard_.size()] = std::move(id);
  }

 private:
  template <std::size_t n>
  const char* pick(const char* const (&words)[n]) {
    return words[draw_(n)];
  }
  const char* person() {
    static constexpr const char* people[] = {"bob@mqtt.corp.example",
                                             "anna@mqtt.corp.example",
                                             "alice@corp.example",
                                             "alice@corp.example/a",
                                             "carol@corp.example/spark",
                                             "cb@mqtt.corp.example",
                                             "new@mqtt.corp.example",
                                             "corp.example",
                                             "mqtt.corp.example",
                                             "lamp@mqtt.corp.example",
                                             "x@elsewhere.example",
                                             "alarm@mqtt.corp.example",
                                             "bob@mqtt.corp.example/phone",
                                             "nobody@mqtt.corp.example",
                                             "@",
                                             "bob@mqtt.corp.example/"};
    return pick(people);
  }
  // The sender of a stanza: a server lets nobody speak for our domain, but now and then one does.
  const char* stranger() {
    static constexpr const char* people[] = {"alice@corp.example", "alice@corp.example/a",
                                             "carol@corp.example", "carol@corp.example/spark",
                                             "corp.example",       "x@elsewhere.example/y"};
    return draw_(12) == 0 ? person() : pick(people);
  }
  const char* resident() {
    static constexpr const char* people[] = {"bob@mqtt.corp.example", "anna@mqtt.corp.example", "cb@mqtt.corp.example",
                                             "bob@mqtt.corp.example/phone", "lamp@mqtt.corp.example"};
    return draw_(8) == 0 ? person() : pick(people);
  }
  std::string id() { return "m" + std::to_string(draw_(24)); }
  std::string known_id() { return heard_.empty() || draw_(3) == 0 ? id() : heard_[draw_(heard_.size())]; }
  void contents(Element& message, Happening& said);
  void mutate(InPublish& p, Happening& said);

  Draw& draw_;
  std::vector<std::string> heard_;
  std::size_t heard_next_ = 0;
  bool transient_ = false;
  int texts_ = 0, iqs_ = 0, requests_ = 0;
};

inline void StormWords::contents(Element& m, Happening& said) {
  switch (draw_(14)) {
    case 0:
      m.add(Element("received", "urn:xmpp:receipts")).set("id", known_id());
      break;
    case 1:
      m.add(Element("displayed", "urn:xmpp:chat-markers:0")).set("id", known_id());
      break;
    case 2:
      m.add(Element("composing", "http://jabber.org/protocol/chatstates"));
      break;
    case 3:
      m.add(Element("replace", "urn:xmpp:message-correct:0")).set("id", known_id());
      break;
    case 4:
      m.add(Element("no-store", "urn:xmpp:hints"));
      transient_ = true;  // need not be kept
      break;
    case 5:
      m.add(Element("request", "urn:xmpp:receipts"));
      m.add(Element("markable", "urn:xmpp:chat-markers:0"));
      break;
    case 6: {
      Element& e = m.add(Element("error"));
      e.set("type", "wait");
      e.add(Element("gone", "urn:ietf:params:xml:ns:xmpp-stanzas"));
      break;
    }
    case 7:                           // what asks a feed for its value
      if (!said.text.empty()) break;  // a second body is lost
      m.add(Element("body")).add_text("?");
      said.text = "-";
      break;
    case 8:
      m.add(Element("received", "urn:xmpp:carbons:2")).add(Element("forwarded", "urn:xmpp:forward:0"));
      break;
    case 9: {
      Element& e = m.add(Element("reactions", "urn:xmpp:reactions:0"));
      e.set("id", known_id()).add(Element("reaction", "urn:xmpp:reactions:0")).add_text("+1");
      break;
    }
    default:
      if (!said.text.empty()) break;
      said.text = "t" + std::to_string(++texts_) + ".";
      m.add(Element("body")).add_text(said.text + " <&\u00e9");
      break;
  }
}

inline Element StormWords::stanza(Happening& said) {
  static constexpr const char* names[] = {"presence", "presence", "message", "message", "message", "iq"};
  static constexpr const char* presence[] = {"",          "",           "unavailable", "subscribe",
                                             "subscribe", "subscribed", "unsubscribe", "unsubscribed",
                                             "probe",     "error",      "odd"};
  static constexpr const char* message[] = {"chat", "chat", "", "normal", "headline", "groupchat", "error"};
  static constexpr const char* iq[] = {"get", "get", "set", "result", "error", "odd"};
  static constexpr const char* spaces[] = {
      "urn:xmpp:ping", "http://jabber.org/protocol/disco#info",  "vcard-temp", "jabber:iq:last", "jabber:iq:roster",
      "urn:xmpp:time", "http://jabber.org/protocol/disco#items", "odd"};
  said.kind = Happening::Kind::stanza;
  if (draw_(5) == 0) {
    Element of_room = room_stanza(draw_, draw_(3) ? "bob@mqtt.corp.example" : "anna@mqtt.corp.example", id());
    said.name = of_room.name;
    said.type = of_room.attr_or("type");
    said.actor = of_room.attr_or("from");
    said.addressed = of_room.attr_or("to");
    said.id = of_room.attr_or("id");
    return of_room;
  }
  said.name = pick(names);
  said.actor = stranger();
  said.addressed = resident();
  said.id = id();
  Element e(said.name);
  if (said.name == "presence") {
    said.type = pick(presence);
    if (const std::size_t n = draw_(6); n < 2)
      e.add(Element(n == 0 ? "show" : "status")).add_text(n == 0 && draw_(4) == 0 ? "odd" : "away");
  } else if (said.name == "message") {
    said.type = pick(message);
    transient_ = false;
    for (std::size_t n = draw_(3); n < 3; ++n) contents(e, said);
    if (said.text == "-" || transient_) said.text.clear();
  } else {
    said.type = pick(iq);
    said.id = "iq" + std::to_string(++iqs_);
    if (const char* space = pick(spaces); *space != 'o') {
      Element& child = e.add(Element(*space == 'v' ? "vCard" : space[9] == 'p' ? "ping" : "query", space));
      if (*space == 'v') child.add(Element("FN", space)).add_text("A");
    }
    said.answer = said.type == "get" || said.type == "set";
  }
  e.set("from", said.actor).set("to", said.addressed).set("id", said.id);
  if (!said.type.empty()) e.set("type", said.type);
  return e;
}

inline InPublish StormWords::publish(Happening& said) {
  static constexpr const char* users[] = {"bob@mqtt.corp.example",
                                          "bob@mqtt.corp.example",
                                          "anna@mqtt.corp.example",
                                          "cb",
                                          "new@mqtt.corp.example",
                                          "odd=zz@mqtt.corp.example",
                                          "moved",
                                          "nobody@mqtt.corp.example"};
  static constexpr const char* leaves[] = {"msg",
                                           "msg",
                                           "msg",
                                           "msg",
                                           "receipt",
                                           "act",
                                           "req",
                                           "req",
                                           "req",
                                           "req",
                                           "dev/phone/presence",
                                           "dev/tablet/presence",
                                           "dev/pc/presence",
                                           "text/alice@corp.example",
                                           "text/anna@mqtt.corp.example",
                                           "text/sea@rooms.corp.example",
                                           "odd",
                                           "dev/phone"};
  static constexpr const char* states[] = {"online", "online", "away", "offline", "dnd", "odd"};
  static constexpr const char* requests[] = {
      "roster.get", "roster.add", "roster.update", "roster.remove", "subscribe",      "subscribe", "unsubscribe",
      "approve",    "deny",       "profile.get",   "profile.set",   "presence.send",  "feed.last", "who",
      "odd",        "room.join",  "room.join",     "room.leave",    "room.occupants", "rooms.get"};
  static constexpr const char* other_topics[] = {"factory/alarm",      "home/lamp",       "im/v1/gw/mark",
                                                 "$SYS/broker/uptime", "im/v1/gw/status", "x"};
  static constexpr const char* receipts[] = {"delivered", "displayed", "odd"};
  static constexpr const char* acts[] = {"composing", "gone", "odd"};
  InPublish p;
  said.kind = Happening::Kind::publish;
  const std::string user = pick(users);
  const std::string leaf = said.name = pick(leaves);
  p.topic = "im/v1/u/" + user + "/out/" + leaf;
  p.qos = 1;
  p.packet_id = static_cast<int>(draw_(20)) + 1;
  p.retain = leaf.starts_with("dev/") || draw_(24) == 0;
  if (draw_(16) == 0) p.topic = pick(other_topics);
  const auto field = [](const char* key, const std::string& value) {
    return "\"" + std::string(key) + "\":\"" + value + "\",";
  };
  std::string json = "{";
  if (leaf == "receipt") {
    json += field("id", known_id()) + field("state", pick(receipts));
  } else if (leaf == "act") {
    json += field("to", person()) + field("state", pick(acts));
  } else if (leaf == "req") {
    const std::string request = pick(requests);
    said.id = "q" + std::to_string(++requests_);
    said.type = request;
    said.addressed = person();
    said.answer = true;
    json += field("id", said.id) + field("request", request) + field("contact", said.addressed) +
            field("state", pick(states));
    if (draw_(2)) json += field("device", "phone");
    if (request.starts_with("room")) json += field("room", pick(storm_rooms));
    if (request == "profile.set") json += "\"profile\":{\"name\":\"B\"},";
  } else if (leaf.starts_with("dev/")) {
    json += field("state", pick(states)) + field("epoch", "e" + std::to_string(draw_(3)));
    if (draw_(4) == 0) json += field("since", known_id());
  } else {
    const bool to_room = draw_(5) == 0;
    said.addressed = to_room ? pick(storm_rooms) : person();
    if (to_room) json += field("kind", "groupchat");
    if (draw_(10)) json += field("id", said.id = id());
    json += field("to", said.addressed);
    if (draw_(8)) json += field("body", "n" + std::to_string(++texts_) + ".");
    if (draw_(6) == 0) json += field("replaces", known_id());
    if (draw_(6) == 0) json += field("device", "phone");
    if (draw_(4)) json += "\"want\":[\"delivered\",\"displayed\"],";
  }
  json.back() = '}';
  p.payload = json.size() == 1 ? "{}" : std::move(json);
  if (draw_(4) == 0) mutate(p, said);
  if (user == "cb") {
    if (auto bytes = draw_(6) ? json_to_cbor(p.payload) : error(Condition::bad_request, "as JSON"))
      p.payload = std::move(*bytes);
    else
      said.answer = false;
  }
  if (p.retain || !p.topic.starts_with("im/v1/u/") || p.payload.empty() || !p.response_topic.empty())
    said.answer = false;
  return p;
}

inline void StormWords::mutate(InPublish& p, Happening& said) {
  static constexpr const char* responses[] = {"im/v1/u/bob@mqtt.corp.example/in/res/phone",
                                              "im/v1/u/anna@mqtt.corp.example/in/msg", "#"};
  said.answer = false;
  const std::string before = p.payload;
  switch (draw_(6)) {
    case 0:
      p.payload.clear();
      break;
    case 1:
      p.payload.resize(draw_(p.payload.size() + 1));
      break;
    case 2:
      p.payload = std::to_string(draw_(1'000));
      break;
    case 3:
      p.payload.insert(draw_(p.payload.size() + 1), 1, static_cast<char>(draw_(256)));
      break;
    case 4:
      p.response_topic = pick(responses);
      break;
    default:
      p.qos = 0;
      break;
  }
  if (p.payload != before) said.kind = Happening::Kind::other;  // nobody knows what it says now
}

inline std::string StormWords::command(std::string_view seqs) {
  static constexpr const char* jids[] = {"bob@mqtt.corp.example", "anna@mqtt.corp.example", "x@mqtt.corp.example",
                                         "lamp@mqtt.corp.example", "f@mqtt.corp.example"};
  static constexpr const char* names[] = {"user.add",    "user.remove", "user.remove", "user.show",   "user.list",
                                          "status",      "map.list",    "map.check",   "map.add",     "map.add",
                                          "map.remove",  "map.explain", "acl",         "outbox.list", "outbox.requeue",
                                          "outbox.drop", "outbox.show", "odd"};
  static constexpr const char* rows[] = {"user bob@mqtt.corp.example {root}/u/moved",
                                         "feed f@mqtt.corp.example x/f write=corp.example",
                                         "user anna@mqtt.corp.example {root}/u/bob@mqtt.corp.example", "nonsense"};
  static constexpr const char* shelves[] = {"dead", "dead", "to-xmpp", "to-mqtt", "waiting"};
  const std::string jid = pick(jids);
  return R"({"command":")" + std::string(pick(names)) + R"(","jid":")" + jid + R"(","text":")" + jid + R"(","row":")" +
         pick(rows) + R"(","shelf":")" + pick(shelves) + R"(","seq":)" + std::to_string(draw_(200)) + R"(,"seqs":[)" +
         std::string(seqs) + "]}";
}

}  // namespace ferry
