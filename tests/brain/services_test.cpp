// What the gateway answers as a server, and what it never answers: misrouted, malformed, foreign stanzas.
#include <random>

#include "tests/brain/stage.h"

namespace ferry {
namespace services_test {

class ServicesTest : public Conversation {
 protected:
  void ask(const std::string& to, const std::string& payload, const std::string& type = "get",
           const std::string& from = "alice@corp.example/a") {
    stage.xmpp("<iq type='" + type + "' id='i' from='" + from + "' to='" + to + "'>" + payload + "</iq>");
  }
  Element result(const std::string& payload) {
    Element e = stage.expect_stanza("<iq type='result' id='i' to='alice@corp.example/a'>" + payload + "</iq>");
    stage.expect_quiet();
    return e;
  }
  void bad(const std::string& condition) {
    stage.expect_stanza("<iq type='error' id='i'><error><" + condition +
                        " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
    stage.expect_quiet();
  }
  static constexpr const char* info = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
  static constexpr const char* items = "<query xmlns='http://jabber.org/protocol/disco#items'/>";
  static constexpr const char* ping = "<ping xmlns='urn:xmpp:ping'/>";
  static constexpr const char* last = "<query xmlns='jabber:iq:last'/>";
};
FERRY_CONVERSATIONS(ServicesTest);

TEST_P(ServicesTest, the_domain_is_a_gateway) {
  ask("mqtt.corp.example", info);
  result("<query xmlns='http://jabber.org/protocol/disco#info'><identity category='gateway' type='mqtt'/></query>");
  ask("mqtt.corp.example", items);
  result(items);
  ask("mqtt.corp.example", ping);
  EXPECT_EQ(result("").child_count(), 0u);
  ask("mqtt.corp.example", "<query xmlns='jabber:iq:version'/>");
  result("<query xmlns='jabber:iq:version'><name>Ferry</name><version>0.1</version></query>");
  ask("mqtt.corp.example", "<time xmlns='urn:xmpp:time'/>");
  result("<time xmlns='urn:xmpp:time'><tzo>+00:00</tzo><utc>" + format_instant(stage.now) + "</utc></time>");
  ask("mqtt.corp.example", "<vCard xmlns='vcard-temp'/>");
  result("<vCard xmlns='vcard-temp'/>");
  ask("mqtt.corp.example", last);
  result("<query xmlns='jabber:iq:last' seconds='12'/>");
}

TEST_P(ServicesTest, an_account_tells_its_devices_to_watchers_alone) {
  stage.online("bob", "phone");
  stage.forget_effects();
  ask("bob@mqtt.corp.example", info);
  result(
      "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='account' type='registered'/></query>");
  ask("bob@mqtt.corp.example", items);
  EXPECT_EQ(result(items).first_child()->child_count(), 0u);
  ask("bob@mqtt.corp.example", last);
  bad("forbidden");
  stage.befriend();
  ask("bob@mqtt.corp.example", items);
  result("<query xmlns='http://jabber.org/protocol/disco#items'><item jid='bob@mqtt.corp.example/phone'/></query>");
  ask("bob@mqtt.corp.example", last);
  result("<query xmlns='jabber:iq:last' seconds='0'/>");
  stage.offline("bob", "phone");
  stage.time(7 * second);
  stage.forget_effects();
  ask("bob@mqtt.corp.example", last);
  result("<query xmlns='jabber:iq:last' seconds='7'/>");
}

TEST_P(ServicesTest, a_device_says_what_it_understands_while_it_is_online) {
  ask("bob@mqtt.corp.example/phone", info);
  bad("service-unavailable");
  stage.online("bob", "phone");
  stage.forget_effects();
  ask("bob@mqtt.corp.example/phone", info);
  bad("service-unavailable");  // as if it were not there: who may not see the presence learns it no other way
  stage.befriend();
  ask("bob@mqtt.corp.example/phone", info);
  result(
      "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='client'/><feature "
      "var='urn:xmpp:receipts'/></query>");
  ask("bob@mqtt.corp.example/phone", ping);
  result("");
  ask("bob@mqtt.corp.example/tablet", ping);
  bad("service-unavailable");
}

TEST_P(ServicesTest, unknown_nodes_and_payloads_are_errors) {
  ask("mqtt.corp.example", "<query xmlns='http://jabber.org/protocol/disco#info' node='x'/>");
  bad("item-not-found");
  ask("mqtt.corp.example", "<query xmlns='jabber:iq:roster'/>");
  bad("service-unavailable");
  ask("bob@mqtt.corp.example", "<vCard xmlns='vcard-temp'/>", "set");
  bad("service-unavailable");
  ask("mqtt.corp.example", "");
  bad("bad-request");
  ask("mqtt.corp.example", std::string(ping) + ping);
  bad("bad-request");
  ask("mqtt.corp.example", ping, "fetch");
  bad("bad-request");
  ask("nobody@mqtt.corp.example", ping);
  bad("service-unavailable");
}

TEST_P(ServicesTest, answers_are_not_answered) {
  for (const char* type : {"result", "error"})
    for (const char* to :
         {"mqtt.corp.example", "bob@mqtt.corp.example", "bob@mqtt.corp.example/x", "nobody@mqtt.corp.example"}) {
      ask(to, "", type);
      stage.expect_quiet();
    }
}

TEST_P(ServicesTest, messages_to_the_domain_and_to_nobody_are_answered_and_errors_are_not) {
  for (const char* to : {"mqtt.corp.example", "nobody@mqtt.corp.example", "nobody@mqtt.corp.example/x"}) {
    stage.xmpp("<message from='alice@corp.example/a' to='" + std::string(to) +
               "' id='m' type='chat'><body>Hi</body></message>");
    stage.expect_stanza("<message type='error' id='m' from='" + std::string(to) +
                        "' to='alice@corp.example/a'><error type='cancel'><service-unavailable "
                        "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
    stage.xmpp("<message from='alice@corp.example/a' to='" + std::string(to) +
               "' id='m' type='error'><body>Hi</body></message>");
    stage.expect_quiet();
  }
  stage.xmpp("<presence type='subscribe' from='alice@corp.example' to='mqtt.corp.example'/>");
  stage.expect_stanza("<presence type='unsubscribed' from='mqtt.corp.example' to='alice@corp.example'/>");
}

TEST_P(ServicesTest, stanzas_for_others_are_left_alone) {
  for (const char* to : {"conference.corp.example", "bob@corp.example", "x.mqtt.corp.example"})
    stage.xmpp("<message from='alice@corp.example/a' to='" + std::string(to) + "'><body>Hi</body></message>");
  stage.xmpp("<message from='alice@corp.example/a'><body>Hi</body></message>");
  stage.expect_quiet();
  EXPECT_EQ(stage.counter("stanzas_misrouted"), 4u);
}

TEST_P(ServicesTest, malformed_addresses_do_no_harm) {
  for (const char* address : {"@", "a@", "@b", "a@b@c", "bob@mqtt.corp.example/"}) {
    stage.xmpp("<message from='" + std::string(address) + "' to='bob@mqtt.corp.example'><body>Hi</body></message>");
    stage.expect_no_publish("bob", "in/msg");
  }
  stage.xmpp("<message to='bob@mqtt.corp.example'><body>Hi</body></message>");
  stage.xmpp("<iq type='get' id='i' to='mqtt.corp.example'><ping xmlns='urn:xmpp:ping'/></iq>");
  stage.forget_effects();
  stage.xmpp(
      "<iq type='get' id='i' from='alice@corp.example/a' to='b b@mqtt.corp.example'><ping "
      "xmlns='urn:xmpp:ping'/></iq>");
  stage.expect_stanza(
      "<iq type='error' id='i' to='alice@corp.example/a'><error><jid-malformed "
      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
}

TEST_P(ServicesTest, what_is_no_stanza_is_not_answered_by_something_that_is_none) {
  stage.xmpp("<route from='alice@corp.example/a' to='mqtt.corp.example'/>");
  stage.xmpp("<message xmlns='urn:example' from='alice@corp.example/a' to='mqtt.corp.example'/>");
  stage.expect_no_publishes();  // the stage has looked at the stanzas
}

TEST_P(ServicesTest, a_stanza_over_a_limit_is_answered_to_its_sender) {
  const auto refuse = [&](const std::string& xml) {
    stage.brain->on_refused({*parse_xml(xml), error(Condition::policy_violation, "too large")}, stage.now);
    stage.time(0);
  };
  refuse("<message from='alice@corp.example/a' to='bob@mqtt.corp.example' id='big'/>");
  stage.expect_stanza(
      "<message type='error' id='big' from='bob@mqtt.corp.example' to='alice@corp.example/a'><error><policy-violation "
      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
  refuse("<message type='error' from='alice@corp.example/a' to='bob@mqtt.corp.example' id='big'/>");
  refuse("<message from='alice@corp.example/a' to='elsewhere.example' id='big'/>");
  refuse("<iq type='result' from='alice@corp.example/a' to='bob@mqtt.corp.example' id='big'/>");
  stage.expect_quiet();
}

TEST_P(ServicesTest, every_iq_request_is_answered_exactly_once) {
  std::mt19937 random(42);
  const auto pick = [&](const std::vector<std::string>& from) { return from[random() % from.size()]; };
  stage.online("bob", "phone");
  stage.befriend();
  const std::vector<std::string> targets{"mqtt.corp.example",           "bob@mqtt.corp.example",
                                         "bob@mqtt.corp.example/phone", "bob@mqtt.corp.example/no",
                                         "nobody@mqtt.corp.example",    "mqtt.corp.example/x"};
  const std::vector<std::string> names{"query", "ping", "time", "vCard", "jingle", "pubsub"};
  const std::vector<std::string> spaces{"jabber:iq:last",
                                        "urn:xmpp:ping",
                                        "urn:xmpp:time",
                                        "vcard-temp",
                                        "jabber:iq:version",
                                        "jabber:iq:roster",
                                        "http://jabber.org/protocol/disco#info",
                                        "http://jabber.org/protocol/disco#items",
                                        "urn:x"};
  for (int n = 0; n < 500; ++n) {
    const std::string id = "i" + std::to_string(n);
    std::string payload;
    for (auto k = random() % 8 == 0 ? random() % 3 : 1; k > 0; --k)
      payload += "<" + pick(names) + " xmlns='" + pick(spaces) + "'" + (random() % 4 ? "" : " node='n'") + "/>";
    const std::string from = pick({"alice@corp.example/a", "carol@corp.example", "corp.example"});
    stage.xmpp("<iq type='" + pick({"get", "set"}) + "' id='" + id + "' from='" + from + "' to='" + pick(targets) +
               "'>" + payload + "</iq>");
    ASSERT_EQ(stage.stanzas.size(), 1u) << stage.all();
    EXPECT_EQ(stage.stanzas[0].attr_or("id"), id);
    EXPECT_EQ(stage.stanzas[0].attr_or("to"), from);
    EXPECT_EQ(stage.stanzas[0].name, "iq");
    stage.forget_effects();
  }
}

}  // namespace services_test
}  // namespace ferry
