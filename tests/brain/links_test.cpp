// Links that come and go, restarts of either side, the end: what is shown must be so.
#include "tests/brain/stage.h"

namespace ferry {
namespace links_test {

class LinksTest : public Conversation {
 protected:
  static constexpr const char* topic = "in/contact/alice@corp.example/presence";
  void SetUp() override {
    stage.befriend();
    stage.online("bob", "phone");
    alice_is_here();
    stage.forget_effects();
  }
  void alice_is_here() { stage.xmpp("<presence from='alice@corp.example/spark' to='bob@mqtt.corp.example'/>"); }
  void expect_to_alice(const std::string& type = "") {
    const Element e = stage.expect_stanza("<presence from='bob@mqtt.corp.example/phone' to='alice@corp.example'" +
                                          (type.empty() ? "" : " type='" + type + "'") + "/>");
    EXPECT_EQ(e.attr_or("type"), type);
  }
  // The broker repeats what it keeps, as it does for a new subscription.
  void read_retained() {
    const auto kept = stage.retained;
    for (const auto& [name, payload] : kept)
      if (name.find("/out/dev/") != std::string::npos || name.ends_with("/gw/mark"))
        stage.publish({name, payload, 1, true, 0, {}, {}, false});
  }
  void broker_says(const std::string& name, const std::string& payload) {
    stage.publish({name, payload, 0, true, 0, {}, {}, false});
  }
};
FERRY_CONVERSATIONS(LinksTest);

TEST_P(LinksTest, a_short_break_of_the_component_link_is_not_shown) {
  stage.component_down();
  stage.expect_shown("bob", "in/state", R"({"links":{"xmpp":"down"}})");
  stage.time(2 * second);
  stage.component_up();
  stage.expect_stanza("<presence type='probe' from='bob@mqtt.corp.example' to='alice@corp.example'/>");
  expect_to_alice();
  alice_is_here();
  stage.expect_no_publish("bob", topic);
  stage.settle();
  stage.expect_no_publish("bob", topic);
  stage.expect_shown("bob", "in/state", R"({"links":{"xmpp":"up"}})");
}

TEST_P(LinksTest, a_long_break_of_the_component_link_shows_everyone_offline) {
  stage.component_down();
  stage.time(3 * second);
  stage.expect_shown("bob", topic, R"({"state":"offline"})");
}

TEST_P(LinksTest, who_left_during_a_short_break_is_offline_once_the_probes_have_settled) {
  stage.component_down();
  stage.time(1 * second);
  stage.component_up();
  stage.settle();
  stage.expect_shown("bob", topic, R"({"state":"offline"})");
}

TEST_P(LinksTest, a_device_that_left_while_the_server_was_away_is_unavailable_afterwards) {
  stage.component_down();
  stage.offline("bob", "phone");
  stage.time(1 * second);
  stage.component_up();
  stage.settle();
  expect_to_alice("unavailable");
}

TEST_P(LinksTest, a_component_flap_does_not_publish_rosters_again) {
  stage.component_down();
  stage.component_up();
  stage.settle();
  stage.expect_no_publish("bob", "in/contact/alice@corp.example");
}

TEST_P(LinksTest, a_short_break_of_the_broker_link_is_not_shown) {
  stage.broker_down();
  stage.time(2 * second);
  stage.broker_up(true);
  broker_says("$SYS/broker/uptime", "5000 seconds");
  read_retained();
  stage.settle();
  stage.expect_no_stanza();
}

TEST_P(LinksTest, a_long_break_of_the_broker_link_makes_devices_unavailable) {
  stage.broker_down();
  stage.time(3 * second);
  expect_to_alice("unavailable");
  stage.broker_up(true);
  broker_says("$SYS/broker/uptime", "5000 seconds");
  read_retained();
  stage.time(0);
  expect_to_alice();
}

TEST_P(LinksTest, after_a_restart_of_the_broker_a_silent_device_is_offline_after_a_minute) {
  stage.time(600 * second);
  stage.forget_effects();
  stage.broker_down();
  stage.time(1 * second);
  stage.broker_up(true);
  broker_says("$SYS/broker/uptime", "1 seconds");
  read_retained();
  stage.time(2 * second);
  stage.time(58 * second);
  stage.expect_no_stanza();
  stage.time(3 * second);
  expect_to_alice("unavailable");
}

TEST_P(LinksTest, a_device_that_came_back_at_once_is_not_taken_for_silent) {
  stage.time(600 * second);
  stage.forget_effects();
  stage.broker_down();
  stage.time(1 * second);
  stage.broker_up(true);
  broker_says("$SYS/broker/uptime", "1 seconds");
  read_retained();
  stage.online("bob", "phone", "e2");
  stage.time(2 * second);
  stage.time(70 * second);
  stage.expect_no_stanza();
}

TEST_P(LinksTest, a_device_that_announces_itself_later_is_not_taken_for_silent) {
  stage.time(600 * second);
  stage.forget_effects();
  stage.broker_down();
  stage.time(1 * second);
  stage.broker_up(true);
  broker_says("$SYS/broker/uptime", "1 seconds");
  read_retained();
  stage.time(2 * second);
  stage.time(30 * second);
  stage.online("bob", "phone", "e2");
  stage.time(40 * second);
  stage.expect_no_stanza();
}

TEST_P(LinksTest, a_mere_reconnect_asks_nobody_to_announce) {
  stage.broker_down();
  stage.time(1 * second);
  stage.broker_up(true);
  broker_says("$SYS/broker/uptime", "5000 seconds");
  read_retained();
  stage.time(2 * second);
  stage.time(100 * second);
  stage.expect_no_stanza();
}

TEST_P(LinksTest, a_restart_of_the_gateway_makes_no_noise_where_nothing_changed) {
  stage.restart();
  stage.links_up();
  broker_says("$SYS/broker/uptime", "5000 seconds");
  read_retained();
  stage.time(0);
  stage.forget_effects();
  alice_is_here();
  stage.settle();
  stage.expect_no_stanza();
  stage.expect_shown("bob", topic, R"({"state":"online"})");
}

TEST_P(LinksTest, devices_shown_before_a_restart_and_gone_since_become_unavailable) {
  stage.restart();
  stage.retained.erase(Stage::topic("bob", "out/dev/phone/presence"));
  stage.links_up();
  stage.expect_stanza("<presence type='probe' to='alice@corp.example'/>");
  stage.expect_no_stanza();
  stage.settle();
  expect_to_alice("unavailable");
}

TEST_P(LinksTest, they_become_so_even_if_the_server_comes_later) {
  stage.restart();
  stage.retained.clear();
  stage.broker_up(true);
  stage.settle();
  stage.component_up();
  stage.settle();
  expect_to_alice("unavailable");
}

TEST_P(LinksTest, the_end_makes_everyone_unavailable) {
  stage.xmpp("<presence from='carol@corp.example/x' to='bob@mqtt.corp.example'/>");
  stage.shut_down();
  expect_to_alice("unavailable");
  stage.expect_publish("bob", topic, R"({"state":"offline"})");
  stage.expect_cleared("bob", "in/contact/carol@corp.example/presence");
  stage.expect_publish_on("im/v1/gw/status", R"({"state":"offline"})");
  stage.restart();
  stage.retained.erase(Stage::topic("bob", "out/dev/phone/presence"));
  stage.links_up();
  stage.settle();
  stage.expect_stanza("<presence type='probe' to='alice@corp.example'/>");
  stage.expect_no_stanza();
}

TEST_P(LinksTest, the_gateway_says_that_it_is_here) {
  stage.broker_down();
  stage.broker_up(true);
  stage.expect_publish_on("im/v1/gw/status", R"({"state":"online","version":"0.1"})");
  EXPECT_TRUE(stage.last.retain);
}

TEST_P(LinksTest, it_subscribes_to_what_users_publish_and_to_the_mark) {
  stage.broker_down();
  stage.broker_up(true);
  std::vector<std::string> filters;
  for (const Subscribe& s : stage.subscribes) filters.push_back(s.filter);
  EXPECT_EQ(filters, (std::vector<std::string>{"im/v1/gw/mark", "$SYS/broker/uptime", "im/v1/u/+/out/#"}));
  EXPECT_FALSE(stage.subscribes.front().no_local) << "our own marks must come round, in MQTT 5 too";
}

TEST_P(LinksTest, a_silent_stream_is_asked_and_given_up_after_half_a_minute) {
  stage.server_answers = false;
  stage.time(61 * second);
  ASSERT_EQ(stage.pings.size(), 1u);
  for (int i = 0; i < 29; ++i) stage.time(1 * second);
  EXPECT_FALSE(stage.reconnect_component);
  stage.time(2 * second);
  EXPECT_TRUE(stage.reconnect_component);
}

// Else what was on its way to us on that stream would be lost for nothing.
TEST_P(LinksTest, a_stream_is_not_given_up_for_a_clock_that_jumped) {
  stage.server_answers = false;
  stage.time(61 * second);
  ASSERT_EQ(stage.pings.size(), 1u);
  stage.time(3'600 * second);
  EXPECT_FALSE(stage.reconnect_component);
  for (int i = 0; i < 29; ++i) stage.time(1 * second);
  EXPECT_FALSE(stage.reconnect_component);
  stage.time(2 * second);
  EXPECT_TRUE(stage.reconnect_component);
}

TEST_P(LinksTest, deadlines_are_never_forgotten_and_never_spin) {
  stage.settle();
  for (int i = 0; i < 50; ++i) {
    const auto next = stage.brain->next_deadline();
    ASSERT_TRUE(next);
    EXPECT_GT(*next, stage.now) << "the loop would spin";
    stage.time(*next > stage.now ? *next - stage.now : 0);
  }
}

}  // namespace links_test
}  // namespace ferry
