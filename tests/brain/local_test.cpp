// Two people of the same gateway, bob and anna: everything loops back, with or without the XMPP server.
#include "tests/brain/stage.h"

namespace ferry {
namespace local_test {

class LocalTest : public Conversation {
 protected:
  void SetUp() override {
    stage.component_down();
    stage.time(10 * second);
    stage.forget_effects();
  }
  void TearDown() override { stage.expect_no_stanza(); }
  void request(const std::string& user, const std::string& what, const std::string& contact) {
    stage.mqtt(user, "out/req",
               R"({"id":"q","request":")" + what + R"(","contact":")" + contact + "@mqtt.corp.example\"}");
    stage.expect_publish(user, "in/res/-", R"({"ok":true})");
  }
};
FERRY_CONVERSATIONS(LocalTest);

TEST_P(LocalTest, a_message_is_delivered_within_the_tick) {
  stage.mqtt("bob", "out/msg",
             R"({"id":"m1","to":"anna@mqtt.corp.example","body":"Hi","want":["delivered","displayed"]})");
  stage.expect_publish("bob", "in/receipt", R"({"id":"m1","state":"accepted"})");
  stage.expect_publish("bob", "in/msg", R"({"id":"m1"})");
  stage.expect_publish("bob", "in/receipt", R"({"id":"m1","state":"forwarded"})");
  const std::string id = Stage::field(
      stage.expect_publish("anna", "in/msg",
                           R"({"from":"bob@mqtt.corp.example","body":"Hi","want":["delivered","displayed"]})"),
      "id");
  EXPECT_NE(id, "m1");
  stage.mqtt("anna", "out/receipt", R"({"id":")" + id + R"(","state":"displayed"})");
  stage.expect_publish("bob", "in/receipt", R"({"id":"m1","state":"displayed","from":"anna@mqtt.corp.example"})");
}

TEST_P(LocalTest, subscriptions_and_presence_work_between_them) {
  stage.online("bob", "phone");
  stage.online("anna", "tablet");
  request("bob", "subscribe", "anna");
  stage.expect_publish("bob", "in/contact/anna@mqtt.corp.example", R"({"ask":"subscribe"})");
  stage.expect_publish("anna", "in/contact/bob@mqtt.corp.example", R"({"request":true})");
  request("anna", "approve", "bob");
  stage.expect_publish("bob", "in/contact/anna@mqtt.corp.example", R"({"subscription":"to"})");
  stage.expect_shown("bob", "in/contact/anna@mqtt.corp.example/presence",
                     R"({"state":"online","devices":[{"device":"tablet"}]})");
  stage.mqtt("anna", "out/dev/tablet/presence", R"({"state":"dnd","epoch":"e1"})");
  stage.expect_shown("bob", "in/contact/anna@mqtt.corp.example/presence", R"({"state":"dnd"})");
  stage.offline("anna", "tablet");
  stage.expect_shown("bob", "in/contact/anna@mqtt.corp.example/presence", R"({"state":"offline"})");
  EXPECT_EQ(stage.shown("anna", "in/contact/bob@mqtt.corp.example/presence"), "");
}

TEST_P(LocalTest, they_keep_seeing_each_other_when_the_server_leaves_and_comes_back) {
  stage.befriend("bob", "anna@mqtt.corp.example");
  stage.mqtt("anna", "out/req", R"({"id":"a","request":"approve","contact":"bob@mqtt.corp.example"})");
  stage.online("anna", "tablet");
  stage.online("bob", "phone");
  const char* topic = "in/contact/anna@mqtt.corp.example/presence";
  stage.expect_shown("bob", topic, R"({"state":"online"})");
  stage.component_up();
  stage.settle();
  stage.expect_shown("bob", topic, R"({"state":"online"})");
  stage.component_down();
  stage.settle();
  stage.expect_shown("bob", topic, R"({"state":"online"})");
}

TEST_P(LocalTest, they_see_each_other_after_a_restart_without_the_server) {
  request("bob", "subscribe", "anna");
  request("anna", "approve", "bob");
  stage.online("anna", "tablet");
  stage.restart();
  stage.broker_up(true);
  stage.publish({"im/v1/gw/mark", stage.retained.at("im/v1/gw/mark"), 1, true, 0, {}, {}, false});
  stage.online("anna", "tablet");
  stage.settle();
  stage.expect_shown("bob", "in/contact/anna@mqtt.corp.example/presence", R"({"state":"online"})");
}

TEST_P(LocalTest, typing_reaches_the_other) {
  stage.online("anna", "tablet");
  stage.mqtt("bob", "out/act", R"({"to":"anna@mqtt.corp.example","state":"composing"})");
  stage.expect_publish("anna", "in/act", R"({"from":"bob@mqtt.corp.example","state":"composing"})");
}

TEST_P(LocalTest, a_message_to_nobody_fails) {
  stage.mqtt("bob", "out/msg", R"({"id":"m1","to":"nobody@mqtt.corp.example","body":"Hi"})");
  stage.expect_publish("bob", "in/receipt",
                       R"({"id":"m1","state":"failed","reason":{"condition":"service-unavailable"}})");
}

TEST_P(LocalTest, a_subscription_to_nobody_is_refused) {
  request("bob", "subscribe", "nobody");
  stage.expect_shown("bob", "in/contact/nobody@mqtt.corp.example", R"({"subscription":"none"})");
  EXPECT_EQ(stage.shown("bob", "in/contact/nobody@mqtt.corp.example").find("ask"), std::string::npos);
}

TEST_P(LocalTest, profiles_are_read_at_once) {
  stage.mqtt("anna", "out/req", R"({"id":"p","request":"profile.set","profile":{"name":"Anna"}})");
  stage.mqtt("bob", "out/req", R"({"id":"q","request":"profile.get","contact":"anna@mqtt.corp.example"})");
  stage.expect_publish("bob", "in/res/-", R"({"ok":true,"result":{"profile":{"name":"Anna"}}})");
}

TEST_P(LocalTest, corrections_find_their_message) {
  stage.mqtt("bob", "out/msg", R"({"id":"m1","to":"anna@mqtt.corp.example","body":"Helo"})");
  const std::string id = Stage::field(stage.expect_publish("anna", "in/msg", R"({"body":"Helo"})"), "id");
  stage.mqtt("bob", "out/msg", R"({"id":"m2","to":"anna@mqtt.corp.example","body":"Hello","replaces":"m1"})");
  stage.expect_publish("anna", "in/msg", R"({"body":"Hello","replaces":")" + id + "\"}");
  stage.mqtt("anna", "out/msg",
             R"({"id":"m3","to":"bob@mqtt.corp.example","reacts":{"id":")" + id + R"(","emoji":["+1"]}})");
  stage.expect_publish("bob", "in/msg", R"({"reacts":{"id":"m1"}})");
}

TEST_P(LocalTest, what_the_other_never_took_fails_after_all) {
  stage.puback = 0x10;
  stage.mqtt("bob", "out/msg", R"({"id":"m1","to":"anna@mqtt.corp.example","body":"Hi"})");
  stage.time((7 * 24 * 3600 - 10) * second);
  stage.forget_effects();
  stage.time(30 * second);
  stage.time(30 * second);
  stage.expect_no_publish("anna", "in/msg");
}

}  // namespace local_test
}  // namespace ferry
