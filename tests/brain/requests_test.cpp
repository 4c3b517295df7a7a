// out/req: every request is answered once, where it belongs.
#include "tests/brain/stage.h"

namespace ferry {
namespace requests_test {

class RequestsTest : public Conversation {
 protected:
  void ask(const std::string& members) { stage.mqtt("bob", "out/req", R"({"id":"q",)" + members + "}"); }
  void good(const std::string& result = "{}") {
    stage.expect_publish("bob", "in/res/-", R"({"id":"q","ok":true,"result":)" + result + "}");
  }
  void bad(const std::string& condition) {
    stage.expect_publish("bob", "in/res/-", R"({"id":"q","ok":false,"error":{"condition":")" + condition + "\"}}");
  }
  InPublish request(const std::string& payload, const std::string& response_topic) {
    return {Stage::topic("bob", "out/req"), payload, 1, false, 1, response_topic, "corr", false};
  }
};
FERRY_CONVERSATIONS(RequestsTest);

TEST_P(RequestsTest, malformed_requests_are_answered) {
  for (const char* payload : {"{", "[]", "7", "\"x\"", "\xff"}) {
    stage.mqtt("bob", "out/req", payload);
    stage.expect_publish("bob", "in/res/-", R"({"id":"-","ok":false,"error":{"condition":"bad-request"}})");
    stage.expect_quiet();
  }
  ask(R"("request":"dance")");
  bad("feature-not-implemented");
  ask(R"("request":7)");
  bad("feature-not-implemented");
  for (const char* name : {"roster.add", "roster.update", "roster.remove", "subscribe", "unsubscribe", "approve",
                           "deny", "presence.send", "feed.last"}) {
    ask(R"("request":")" + std::string(name) + "\"");
    bad("bad-request");
    ask(R"("contact":"@","request":")" + std::string(name) + "\"");
    bad("jid-malformed");
    ask(R"("contact":7,"request":")" + std::string(name) + "\"");
    bad("bad-request");
  }
  for (const char* wrong :
       {R"("name":7)", R"("groups":"x")", R"("groups":[1])", R"("groups":[""])", R"("name":"\u0001")"}) {
    ask(R"("request":"roster.add","contact":"alice@corp.example",)" + std::string(wrong));
    stage.expect_publish("bob", "in/res/-", R"({"ok":false})");
  }
  stage.expect_quiet();
}

TEST_P(RequestsTest, the_answer_goes_to_the_response_topic) {
  stage.publish(request(R"({"id":"q","request":"who"})", Stage::topic("bob", "in/res/phone")));
  stage.expect_publish("bob", "in/res/phone", R"({"id":"q","ok":true})");
  EXPECT_EQ(stage.last.correlation, "corr");
  EXPECT_FALSE(stage.last.retain);
}

TEST_P(RequestsTest, a_response_topic_elsewhere_is_refused_and_nothing_is_done) {
  for (const std::string& topic :
       {Stage::topic("anna", "in/res/phone"), std::string("$SYS/x"), std::string("x"), Stage::topic("bob", "in/msg"),
        Stage::topic("bob", "in/res/"), Stage::topic("bob", "in/res/a/b"), Stage::topic("bob", "in/res/+")}) {
    stage.publish(request(R"({"id":"q","request":"roster.add","contact":"alice@corp.example"})", topic));
    bad("forbidden");
    stage.expect_quiet();
  }
}

TEST_P(RequestsTest, the_answer_goes_to_the_device_that_the_request_names) {
  ask(R"("request":"who","device":"phone")");
  stage.expect_publish("bob", "in/res/phone", R"({"ok":true})");
  ask(R"("request":"who","device":"a/b")");
  bad("bad-request");
  ask(R"("request":"who","device":7)");
  bad("bad-request");
}

TEST_P(RequestsTest, who_am_i) {
  stage.mqtt("bob", "out/dev/phone/presence", R"({"state":"away","status":"Lunch","priority":3,"epoch":"1"})");
  stage.forget_effects();
  ask(R"("request":"who")");
  good(R"({"jid":"bob@mqtt.corp.example","uid":"bob@mqtt.corp.example","domain":"mqtt.corp.example","version":"0.1",
           "devices":[{"device":"phone","state":"away","status":"Lunch","priority":3}]})");
}

TEST_P(RequestsTest, a_profile_is_kept_and_is_the_vcard) {
  ask(R"("request":"profile.set","profile":{"name":"Bob","email":"bob@example.org"})");
  good();
  stage.restart();
  stage.links_up();
  ask(R"("request":"profile.get")");
  good(R"({"profile":{"name":"Bob","email":"bob@example.org"}})");
  stage.forget_effects();
  stage.xmpp(
      "<iq type='get' id='v' from='alice@corp.example/a' to='bob@mqtt.corp.example'><vCard xmlns='vcard-temp'/></iq>");
  const Element e = stage.expect_stanza("<iq type='result' id='v'><vCard xmlns='vcard-temp'><FN>Bob</FN></vCard></iq>");
  ask(R"("request":"profile.set","profile":7)");
  bad("bad-request");
}

TEST_P(RequestsTest, a_contacts_profile_is_asked_for) {
  ask(R"("request":"profile.get","contact":"alice@corp.example")");
  const Element iq = stage.expect_stanza(
      "<iq type='get' from='bob@mqtt.corp.example' to='alice@corp.example'><vCard xmlns='vcard-temp'/></iq>");
  const std::string id(iq.attr_or("id"));
  stage.expect_quiet();
  const auto answer = [&](const std::string& from) {
    stage.xmpp("<iq type='result' id='" + id + "' from='" + from +
               "' to='bob@mqtt.corp.example'><vCard xmlns='vcard-temp'><FN>Alice</FN></vCard></iq>");
  };
  answer("mallory@corp.example");
  stage.expect_quiet();
  answer("alice@corp.example");
  good(R"({"profile":{"name":"Alice"}})");
  answer("alice@corp.example");
  stage.time(60 * second);
  stage.expect_no_publish("bob", "in/res/-");
}

TEST_P(RequestsTest, a_contacts_server_may_refuse_or_keep_silent) {
  ask(R"("request":"profile.get","contact":"alice@corp.example")");
  std::string id(stage.expect_stanza("<iq type='get'/>").attr_or("id"));
  stage.xmpp("<iq type='error' id='" + id +
             "' from='alice@corp.example' to='bob@mqtt.corp.example'><error type='cancel'><item-not-found "
             "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
  bad("item-not-found");
  ask(R"("request":"profile.get","contact":"alice@corp.example")");
  stage.time(29 * second);
  stage.expect_no_publish("bob", "in/res/-");
  stage.time(1 * second);
  bad("remote-server-timeout");
  stage.component_down();
  ask(R"("request":"profile.get","contact":"alice@corp.example")");
  bad("remote-server-timeout");
}

TEST_P(RequestsTest, the_profile_of_nobody_is_not_found) {
  ask(R"("request":"profile.get","contact":"nobody@mqtt.corp.example")");
  bad("item-not-found");
  ask(R"("request":"feed.last","contact":"alice@corp.example")");
  bad("item-not-found");
}

}  // namespace requests_test
}  // namespace ferry
