// What a storm over accounts says: by MQTT, by the accounts' sessions, on the component link, and as an administrator.
// All are drawn from a small population, so that what is said meets what was said before. One instance belongs to one
// storm.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gateway/brain/effects.h"

namespace ferry {

class AccountWords {
 public:
  using Draw = std::function<std::size_t(std::size_t below)>;
  explicit AccountWords(Draw& draw) : draw_(draw) {}

  // bob and dora keep their addresses, ann gets a new one, zed is of the gateway's own domain.
  static constexpr const char* accounts[] = {"bob@corp.example", "bob@corp.example", "dora@corp.example",
                                             "ann@corp.example"};
  static constexpr const char* users[] = {"bob@corp.example",  "bob@corp.example",      "bob@corp.example",
                                          "dora@corp.example", "ann@mqtt.corp.example", "zed@mqtt.corp.example"};
  static constexpr const char* contacts[] = {"alice@corp.example",  "carol@corp.example",    "dave@corp.example",
                                             "eve@corp.example",    "bob@corp.example",      "zed@mqtt.corp.example",
                                             "x@elsewhere.example", "ann@mqtt.corp.example", "gina@corp.example"};
  static constexpr const char* rooms[] = {"sea@rooms.corp.example", "sea@rooms.corp.example", "ops@rooms.corp.example",
                                          "nowhere@rooms.corp.example"};
  template <std::size_t n>
  const char* pick(const char* const (&words)[n]) {
    return words[draw_(n)];
  }

  struct Said {  // on MQTT
    InPublish publish;
    std::string user, request, contact;  // a request's name, and whom it is about
    std::string id;                      // of a message, or of a request
  };
  Said publish();
  std::string session_stanza(const std::string& account);  // of anybody, true or forged
  std::string component_stanza();
  std::string command();
  std::string text() { return "t" + std::to_string(++texts_) + "."; }
  void heard(const std::string& id) {  // on in/msg: receipts may name it
    if (heard_.size() < 16) heard_.push_back(id);
  }
  void asked(const std::string& id) {  // an iq of the gateway's: answers may name it
    if (asked_.size() == 16) asked_.clear();
    asked_.push_back(id);
  }

 private:
  std::string sender(const std::string& account);
  std::string presence_inside();
  std::string message_inside();
  std::string message_body();
  std::string any(const std::vector<std::string>& ids, const char* otherwise) {
    return ids.empty() || draw_(4) == 0 ? otherwise : ids[draw_(ids.size())];
  }

  Draw& draw_;
  std::vector<std::string> heard_, asked_;
  int texts_ = 0, messages_ = 0, requests_ = 0;
};

inline AccountWords::Said AccountWords::publish() {
  static constexpr const char* leaves[] = {"msg",
                                           "msg",
                                           "msg",
                                           "msg",
                                           "req",
                                           "req",
                                           "req",
                                           "req",
                                           "req",
                                           "act",
                                           "dev/phone/presence",
                                           "dev/pc/presence",
                                           "receipt",
                                           "text/alice@corp.example",
                                           "text/sea@rooms.corp.example"};
  static constexpr const char* requests[] = {
      "roster.add", "roster.add",     "roster.update", "roster.remove", "roster.get", "subscribe",
      "subscribe",  "unsubscribe",    "approve",       "deny",          "block",      "unblock",
      "blocked",    "profile.get",    "profile.set",   "rooms.get",     "room.join",  "room.join",
      "room.leave", "room.occupants", "presence.send", "who",           "feed.last",  "odd"};
  static constexpr const char* states[] = {"online", "online", "away", "dnd", "offline"};
  static constexpr const char* kinds[] = {"chat", "chat", "normal", "headline"};
  Said said;
  InPublish& p = said.publish;
  said.user = pick(users);
  const std::string leaf = pick(leaves);
  p.topic = "im/v1/u/" + said.user + "/out/" + leaf;
  p.qos = 1;
  p.packet_id = static_cast<int>(draw_(50)) + 1;
  p.retain = leaf.starts_with("dev/");
  const auto field = [](const char* key, const std::string& value) {
    return "\"" + std::string(key) + "\":\"" + value + "\",";
  };
  std::string json = "{";
  if (leaf == "msg") {
    said.id = draw_(12) ? "n" + std::to_string(++messages_) : "n" + std::to_string(draw_(24));
    const std::size_t where = draw_(8);
    said.contact = where < 2   ? pick(rooms)
                   : where < 3 ? pick(rooms) + std::string("/alice")
                               : pick(contacts) + std::string(draw_(4) == 0 ? "/spark" : "");
    json += field("id", said.id) + field("to", said.contact) + field("kind", where < 2 ? "groupchat" : pick(kinds)) +
            field("body", said.id + ".");
    if (draw_(8) == 0) json += field("replaces", "n1");
    if (draw_(4) == 0) json += "\"want\":[\"delivered\",\"displayed\"],";
  } else if (leaf == "req") {
    said.id = "q" + std::to_string(++requests_);
    said.request = pick(requests);
    json += field("id", said.id) + field("request", said.request) + field("device", "phone");
    if (said.request.starts_with("room.")) {
      json += field("room", pick(rooms));
      if (draw_(3) == 0) json += field("nick", draw_(2) ? "alice" : "Bobby");
      if (draw_(4) == 0) json += field("password", "secret");
    } else {
      json += field("contact", said.contact = pick(contacts));
      if (draw_(2)) json += field("name", "N") + (draw_(2) ? "\"groups\":[\"G\"]," : "\"groups\":[],");
      if (said.request == "profile.set") json += "\"profile\":{\"name\":\"B\",\"nickname\":\"b\"},";
      if (said.request == "presence.send") json += field("state", pick(states));
    }
  } else if (leaf == "receipt") {
    json += field("id", any(heard_, "m1")) + field("to", "alice@corp.example/spark") +
            field("state", draw_(2) ? "delivered" : "displayed");
  } else if (leaf == "act") {
    json += field("to", draw_(4) ? pick(contacts) : pick(rooms)) + field("state", "composing");
  } else if (leaf.starts_with("dev/")) {
    json += field("state", pick(states)) + field("epoch", "e1");
    if (draw_(6) == 0) json += field("since", any(heard_, "m1"));
  }
  json.back() = '}';
  p.payload = leaf.starts_with("text/") ? "n" + std::to_string(++messages_) + "." : json;
  if (draw_(40) == 0) p.payload.resize(draw_(p.payload.size() + 1));
  return said;
}

inline std::string AccountWords::sender(const std::string& account) {
  switch (draw_(8)) {
    case 0:
      return account;
    case 1:
      return account + "/spark";
    case 2:
      return pick(rooms) + std::string(draw_(4) ? draw_(2) ? "/alice" : "/bob" : "");
    case 3:
      return "corp.example";
    case 4:
      return pick(contacts);
    default:
      return pick(contacts) + std::string("/spark");
  }
}

inline std::string AccountWords::presence_inside() {
  static constexpr const char* insides[] = {
      "",
      "<show>away</show>",
      "<status>S</status>",
      "<priority>-5</priority>",
      "<x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='member' role='participant' "
      "jid='alice@corp.example/spark'/></x>",
      "<x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='member' role='participant'/>"
      "<status code='110'/></x>",
      "<x xmlns='http://jabber.org/protocol/muc#user'><item role='none'/><status code='307'/>"
      "<status code='110'/></x>",
      "<x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='outcast' role='none'><reason>R</reason></item>"
      "<status code='301'/><status code='110'/></x>",
      "<x xmlns='http://jabber.org/protocol/muc#user'><item nick='Robert'/><status code='303'/>"
      "<status code='110'/></x>",
      "<x xmlns='http://jabber.org/protocol/muc#user'><item role='none'/><destroy jid='ops@rooms.corp.example'/></x>",
      "<x xmlns='http://jabber.org/protocol/muc#user'><status code='332'/><status code='110'/></x>",
      "<error type='wait'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
      "<error type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
      "<moved xmlns='urn:xmpp:moved:1'><old-jid>eve@corp.example</old-jid></moved>"};
  return pick(insides);
}

inline std::string AccountWords::message_body() {
  static constexpr const char* insides[] = {
      "",
      "<request xmlns='urn:xmpp:receipts'/>",
      "<delay xmlns='urn:xmpp:delay' stamp='2026-11-19T10:00:00Z'/>",
      "<replace xmlns='urn:xmpp:message-correct:0' id='m1'/>",
      "<origin-id xmlns='urn:xmpp:sid:0' id='o1'/>",
      "<subject>S</subject>",
      "<x xmlns='jabber:x:conference' jid='ops@rooms.corp.example' password='secret' reason='R'/>",
      "<x xmlns='http://jabber.org/protocol/muc#user'><invite "
      "from='alice@corp.example'><reason>R</reason></invite></x>"};
  return "<body>" + text() + "</body>" + pick(insides);
}

inline std::string AccountWords::message_inside() {
  static constexpr const char* insides[] = {
      "<composing xmlns='http://jabber.org/protocol/chatstates'/>",
      "<subject>S</subject>",
      "<x xmlns='jabber:x:conference' jid='ops@rooms.corp.example'/>",
      "<x xmlns='http://jabber.org/protocol/muc#user'><decline from='alice@corp.example'/></x>",
      "<error type='cancel'><not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
      "<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
      "<privilege xmlns='urn:xmpp:privilege:2'/>",
      "<event xmlns='http://jabber.org/protocol/pubsub#event'/>",
      "<displayed xmlns='urn:xmpp:chat-markers:0' id='n1'/>"};
  if (draw_(3) == 0) return "<received xmlns='urn:xmpp:receipts' id='n" + std::to_string(draw_(8)) + "'/>";
  return draw_(2) ? message_body() : pick(insides);
}

inline std::string AccountWords::session_stanza(const std::string& account) {
  static constexpr const char* presences[] = {
      "", "", "", "unavailable", "subscribe", "subscribed", "unsubscribe", "unsubscribed", "error"};
  static constexpr const char* messages[] = {"chat", "chat", "normal", "headline", "groupchat", "error", ""};
  static constexpr const char* iqs[] = {"result", "error", "get", "set"};
  static constexpr const char* payloads[] = {
      "",
      "<query xmlns='jabber:iq:roster'><item jid='alice@corp.example' name='A' subscription='both'/></query>",
      "<query xmlns='jabber:iq:roster'><item jid='odd@@' subscription='x'/></query>",
      "<vCard xmlns='vcard-temp'><FN>Bob</FN></vCard>",
      "<ping xmlns='urn:xmpp:ping'/>",
      "<block xmlns='urn:xmpp:blocking'><item jid='x@elsewhere.example'/></block>",
      "<error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
      "<error type='auth'><forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
      "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:bookmarks:1'>"
      "<item id='ops@rooms.corp.example'><conference xmlns='urn:xmpp:bookmarks:1' autojoin='true'/></item></items>"
      "</pubsub>"};
  const auto stanza = [&](const char* name, const std::string& type, const std::string& id, const std::string& inside) {
    std::string from = sender(account);
    if (*name == 'm' && from.ends_with("@corp.example")) from += "/desk";  // servers see to that
    return "<" + std::string(name) + (type.empty() ? "" : " type='" + type + "'") +
           (id.empty() ? "" : " id='" + id + "'") + " from='" + from + "'" +
           (draw_(3) == 0 ? "" : " to='" + account + "/ferry'") + ">" + inside + "</" + name + ">";
  };
  switch (draw_(3)) {
    case 0:
      return stanza("presence", pick(presences), "", presence_inside());
    case 1:
      return stanza("message", pick(messages), draw_(4) ? "n" + std::to_string(draw_(8)) : "", message_inside());
    default:
      return stanza("iq", pick(iqs), any(asked_, "i1"), pick(payloads));
  }
}

// What contacts of the new address say, and what the server says of what the gateway may.
inline std::string AccountWords::component_stanza() {
  static constexpr const char* types[] = {"subscribed",  "subscribed", "subscribe", "unsubscribed",
                                          "unsubscribe", "",           "probe"};
  static constexpr const char* perms[] = {"<perm access='roster' type='both'/>", "<perm access='roster' type='both'/>",
                                          "<perm access='roster' type='get'/>",
                                          "<perm access='message' type='outgoing'/>"};
  const std::string to = draw_(4) ? "ann@mqtt.corp.example" : "zed@mqtt.corp.example";
  switch (draw_(4)) {
    case 0:
      return "<message from='" + std::string(draw_(6) ? "corp.example" : pick(contacts)) +
             "' to='mqtt.corp.example'><privilege xmlns='urn:xmpp:privilege:" + std::to_string(draw_(3) + 1) + "'>" +
             pick(perms) + "</privilege></message>";
    case 1:
      return "<iq type='set' id='p1' from='" + std::string(pick(contacts)) +
             "' to='mqtt.corp.example'><query xmlns='jabber:iq:roster'><item jid='ann@mqtt.corp.example' "
             "subscription='both'/></query></iq>";
    default: {
      const std::string type = pick(types);
      return "<presence" + (type.empty() ? "" : " type='" + type + "'") + " from='" + pick(contacts) + "' to='" + to +
             "'>" + presence_inside() + "</presence>";
    }
  }
}

inline std::string AccountWords::command() {
  static constexpr const char* names[] = {"migrate.plan",    "migrate.plan",    "migrate.start",  "migrate.start",
                                          "migrate.start",   "migrate.back",    "migrate.verify", "migrate.show",
                                          "migrate.rosters", "migrate.stop-on", "migrate.pause",  "migrate.list",
                                          "migrate.status",  "user.remove",     "user.show",      "status"};
  static constexpr const char* states[] = {"shadow", "dual", "dual", "dual", "moved", "moved", "retired", "odd"};
  static constexpr const char* planned[] = {
      R"(["bob@corp.example","dora@corp.example","ann@corp.example ann@mqtt.corp.example"])", R"(["bob@corp.example"])",
      R"(["ann@corp.example ann@mqtt.corp.example","eve@corp.example"])",
      R"(["dora@corp.example","@","zed@mqtt.corp.example","bob@corp.example bob@corp.example"])"};
  const std::string name = pick(names);
  std::string json = R"({"command":")" + name + R"(","cohort":")" + (draw_(6) ? "pilot" : "other") + R"(","to":")" +
                     pick(states) + R"(","jid":")" + pick(accounts) + "\"";
  if (name == "migrate.plan") json += ",\"jids\":" + std::string(pick(planned));
  if (name != "migrate.plan" && draw_(2)) json += ",\"jids\":[\"" + std::string(pick(accounts)) + "\"]";
  if (draw_(8)) json += ",\"go\":true";
  if (draw_(4) == 0) json += ",\"keep\":true";
  if (draw_(4) == 0) json += ",\"rate\":" + std::to_string(draw_(1002));
  if (draw_(4) == 0) json += R"(,"permille":500,"least":2,"limit":2,"state":"dual","after":"bob@corp.example")";
  return json + "}";
}

}  // namespace ferry
