// Marks of the gateways that carried a message: what comes back is not carried again (translators/via.h).
#include "tests/brain/stage.h"

namespace ferry {
namespace loops_test {

class LoopsTest : public testing::TestWithParam<Where> {
 protected:
  Stage stage{GetParam(),
              {{"user *@mqtt.corp.example {root}/u/{uid}",
                "feed lamp@mqtt.corp.example home/lamp write=corp.example follow=corp.example,mqtt.corp.example"},
               [](Options&) {},
               true}};
  void out(const std::string& id, const std::string& via, const std::string& to = "alice@corp.example") {
    stage.mqtt(
        "bob", "out/msg",
        R"({"id":")" + id + R"(","to":")" + to + R"(","body":"Hi")" + (via.empty() ? "" : R"(,"via":)" + via) + "}");
  }
  void in(const std::string& hops) {
    stage.xmpp(
        "<message type='chat' id='m' from='alice@corp.example/a' to='bob@mqtt.corp.example'><body>Hi</body>"
        "<via xmlns='urn:ferry:via:0' hops='" +
        hops + "'/></message>");
  }
  static std::string mark(const std::string& hops) { return "<via xmlns='urn:ferry:via:0' hops='" + hops + "'/>"; }
};
FERRY_CONVERSATIONS(LoopsTest);

TEST_P(LoopsTest, a_message_says_who_carried_it) {
  out("1", "");
  stage.expect_stanza("<message id='1'><body>Hi</body>" + mark("mqtt.corp.example") + "</message>");
  out("2", R"(["a.example"])");
  stage.expect_stanza("<message id='2'><body>Hi</body>" + mark("a.example mqtt.corp.example") + "</message>");
  in("b.example");
  stage.expect_publish("bob", "in/msg", R"({"body":"Hi","via":["b.example","mqtt.corp.example"]})");
}

TEST_P(LoopsTest, what_was_here_before_is_refused_with_an_error) {
  out("1", R"(["a.example","mqtt.corp.example"])");
  stage.expect_publish("bob", "in/receipt", R"({"id":"1","state":"failed","reason":{"condition":"policy-violation"}})");
  stage.expect_quiet();
  in("mqtt.corp.example a.example");
  stage.expect_stanza(
      "<message type='error' id='m' from='bob@mqtt.corp.example' to='alice@corp.example/a'><error>"
      "<policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
  stage.expect_quiet();
  EXPECT_EQ(stage.counter("loops_stopped"), 2u);
}

TEST_P(LoopsTest, a_copy_of_what_a_user_was_sent_does_not_go_round) {
  in("b.example");
  const std::string copy = stage.expect_publish("bob", "in/msg");
  stage.mqtt("anna", "out/msg", copy);  // a script, or a bridge that turns in/ into out/
  stage.expect_publish("anna", "in/receipt", R"({"state":"failed","reason":{"condition":"policy-violation"}})");
  stage.expect_quiet();
}

TEST_P(LoopsTest, the_gateways_receipts_are_not_answered_when_they_come_back) {
  for (const char* state : {"accepted", "forwarded", "failed"}) {
    stage.mqtt("bob", "out/receipt",
               R"({"id":"1","from":"alice@corp.example","ts":"2026-01-02T03:04:05.000Z","state":")" +
                   std::string(state) + "\"}");
    stage.expect_quiet();
  }
  EXPECT_EQ(stage.counter("loops_stopped"), 3u);
}

TEST_P(LoopsTest, too_many_gateways) {
  const std::string seven = "a1 a2 a3 a4 a5 a6 a7";
  in(seven);
  stage.expect_publish("bob", "in/msg");
  in(seven + " a8");
  stage.expect_stanza("<message type='error' id='m'/>");
  stage.expect_quiet();
}

TEST_P(LoopsTest, between_our_own_users_nothing_is_marked_twice) {
  out("1", "", "anna@mqtt.corp.example");
  stage.expect_publish("anna", "in/msg", R"({"body":"Hi","via":["mqtt.corp.example"]})");
}

TEST_P(LoopsTest, an_error_brings_the_mark_back_and_is_no_loop) {
  out("1", "");
  stage.forget_effects();
  stage.xmpp("<message type='error' id='1' from='alice@corp.example' to='bob@mqtt.corp.example'><body>Hi</body>" +
             mark("mqtt.corp.example") +
             "<error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
  stage.expect_publish("bob", "in/receipt", R"({"id":"1","state":"failed","reason":{"condition":"gone"}})");
}

TEST_P(LoopsTest, feeds_are_marked_by_a_user_property) {
  stage.xmpp("<presence type='subscribe' from='alice@corp.example' to='lamp@mqtt.corp.example'/>");
  stage.forget_effects();
  InPublish value{"home/lamp", "on", 1, false, 1, {}, {}, false, "a.example"};
  stage.publish(value);
  stage.expect_stanza("<message to='alice@corp.example'><body>on</body>" + mark("a.example mqtt.corp.example") +
                      "</message>");
  value.via = "mqtt.corp.example a.example";
  stage.publish(value);
  stage.expect_quiet();
  stage.xmpp("<message type='chat' id='w' from='carol@corp.example/a' to='lamp@mqtt.corp.example'><body>off</body>" +
             mark("a.example") + "</message>");
  ASSERT_EQ(stage.publishes.size(), 1u) << stage.all();
  EXPECT_EQ(stage.publishes[0].topic + "=" + stage.publishes[0].payload, "home/lamp=off");
  EXPECT_EQ(stage.publishes[0].via, "a.example mqtt.corp.example");
}

TEST_P(LoopsTest, a_write_to_a_feed_has_its_receipt_when_the_broker_has_it) {
  const std::string write =
      "<message type='chat' id='w' from='alice@corp.example/a' to='lamp@mqtt.corp.example'><body>off</body>"
      "<request xmlns='urn:xmpp:receipts'/></message>";
  stage.puback = -1;
  stage.xmpp(write);
  stage.expect_no_stanza();
  ASSERT_EQ(stage.publishes.size(), 1u) << stage.all();
  EXPECT_EQ(stage.publishes[0].via, "mqtt.corp.example");
  stage.acknowledge_all(0);
  stage.expect_stanza("<message to='alice@corp.example/a'><received xmlns='urn:xmpp:receipts' id='w'/></message>");
  stage.xmpp(write);
  stage.acknowledge_all(0x87);
  stage.expect_stanza("<message type='error' id='w' from='lamp@mqtt.corp.example' to='alice@corp.example/a'/>");
}

}  // namespace loops_test
}  // namespace ferry
