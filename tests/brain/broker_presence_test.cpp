// A broker that comes back older, or with the connections of before gone: whose device is online then.
#include "gateway/brain/past_epochs.h"
#include "tests/brain/stage.h"

namespace ferry {
namespace broker_presence_test {

class BrokerPresenceTest : public Conversation {
 protected:
  void SetUp() override {
    stage.befriend();
    stage.forget_effects();
  }
  std::string mark() const { return stage.retained.at("im/v1/gw/mark"); }
  void kept(const std::string& epoch, const std::string& state = "online") {
    stage.publish({Stage::topic("bob", "out/dev/phone/presence"),
                   R"({"state":")" + state + R"(","epoch":")" + epoch + "\"}",
                   1,
                   true,
                   0,
                   {},
                   {},
                   false});
  }
  void broker_says(const std::string& uptime) {
    stage.publish({"im/v1/gw/mark", mark(), 1, true, 0, {}, {}, false});
    stage.publish({"$SYS/broker/uptime", uptime + " seconds", 0, true, 0, {}, {}, false});
  }
  // The broker was away for so long and has kept this epoch; of its presence it tells first, or last.
  void broker_restarted(Duration away, const std::string& epoch, bool presence_first = false) {
    stage.broker_down();
    stage.time(away);
    stage.broker_up(true);
    if (presence_first) kept(epoch);
    broker_says("1");
    if (!presence_first) kept(epoch);
    stage.time(0);
  }
  // A new process, a broker that was there all the time.
  void gateway_restarted(const std::string& epoch, const std::string& uptime = "20", bool presence_first = false) {
    stage.restart();
    stage.links_up();
    if (presence_first) kept(epoch);
    broker_says(uptime);
    if (!presence_first) kept(epoch);
    stage.time(0);
  }
  void pass(int seconds) {
    for (int i = 0; i < seconds; ++i) stage.time(1 * second);
  }
  // What alice has seen last since forget_effects(); empty: nothing.
  std::string alice_sees() {
    std::string seen;
    for (const Element& e : stage.stanzas)
      if (e.name == "presence" && e.attr_or("from") == "bob@mqtt.corp.example/phone")
        seen = e.attr_or("type").empty() ? "online" : std::string(e.attr_or("type"));
    return seen;
  }
  void expect_never_online() {
    for (const Element& e : stage.stanzas) {
      if (e.name != "presence" || e.attr_or("from") != "bob@mqtt.corp.example/phone") continue;
      EXPECT_EQ(e.attr_or("type"), "unavailable") << stage.all();
    }
  }
};
FERRY_CONVERSATIONS(BrokerPresenceTest);

TEST_P(BrokerPresenceTest, an_offline_that_the_broker_lost_is_believed) {
  for (const bool presence_first : {false, true}) {
    const std::string epoch = presence_first ? "b" : "a";
    stage.online("bob", "phone", epoch);
    stage.offline("bob", "phone", epoch);
    stage.forget_effects();
    broker_restarted(5 * second, epoch, presence_first);
    pass(70);
    gateway_restarted(epoch, "75", presence_first);
    pass(70);
    expect_never_online();
  }
}

TEST_P(BrokerPresenceTest, who_was_connected_to_a_broker_that_was_restarted_is_not_shown_for_its_memory) {
  stage.online("bob", "phone");
  stage.forget_effects();
  broker_restarted(5 * second, "e1");
  pass(70);
  EXPECT_EQ(alice_sees(), "unavailable");
  expect_never_online();
}

TEST_P(BrokerPresenceTest, a_fast_restart_of_the_broker_is_not_seen_if_the_device_comes_again) {
  stage.online("bob", "phone");
  stage.forget_effects();
  broker_restarted(1 * second, "e1");
  pass(30);
  EXPECT_EQ(alice_sees(), "");
  stage.online("bob", "phone", "e2");
  pass(60);
  EXPECT_EQ(alice_sees(), "");
}

TEST_P(BrokerPresenceTest, after_a_fast_restart_of_the_broker_silence_is_told_after_a_minute) {
  stage.online("bob", "phone");
  stage.forget_effects();
  broker_restarted(1 * second, "e1");
  pass(59);
  EXPECT_EQ(alice_sees(), "");
  pass(2);
  EXPECT_EQ(alice_sees(), "unavailable");
}

TEST_P(BrokerPresenceTest, a_restart_of_the_gateway_forgets_no_restart_of_the_broker) {
  for (const bool presence_first : {false, true})
    for (const Duration away : {1 * second, 5 * second}) {
      const std::string epoch = std::to_string(away) + (presence_first ? "b" : "a");
      stage.online("bob", "phone", epoch);
      stage.forget_effects();
      broker_restarted(away, epoch);
      pass(10);
      gateway_restarted(epoch, "12", presence_first);
      pass(10);
      EXPECT_EQ(alice_sees(), "unavailable") << stage.all();
      stage.forget_effects();
      gateway_restarted(epoch, "25", presence_first);
      pass(70);
      expect_never_online();
    }
}

TEST_P(BrokerPresenceTest, who_came_again_is_there_after_a_restart_of_the_gateway) {
  stage.online("bob", "phone");
  broker_restarted(1 * second, "e1");
  pass(10);
  stage.online("bob", "phone", "e2");
  stage.forget_effects();
  gateway_restarted("e2", "12");
  pass(70);
  EXPECT_EQ(alice_sees(), "online");
  for (const Element& e : stage.stanzas) EXPECT_NE(e.attr_or("type"), "unavailable") << stage.all();
}

// The broker saves now and then: what it has kept may be the connection before the latest.
TEST_P(BrokerPresenceTest, an_epoch_of_before_is_no_news) {
  for (const char* epoch : {"e1", "e2", "e3"}) stage.online("bob", "phone", epoch);
  stage.forget_effects();
  broker_restarted(5 * second, "e2");
  pass(70);
  gateway_restarted("e2", "75");
  pass(70);
  EXPECT_EQ(alice_sees(), "unavailable");
  expect_never_online();
}

TEST_P(BrokerPresenceTest, a_late_will_of_before_is_no_announcement) {
  stage.online("bob", "phone", "e1");
  stage.online("bob", "phone", "e2");
  stage.forget_effects();
  stage.broker_down();
  stage.time(1 * second);
  stage.broker_up(true);
  broker_says("1");
  kept("e1", "offline");
  pass(70);
  EXPECT_EQ(alice_sees(), "unavailable");
}

// It has lost no connection, as far as anybody knows: the uptime is not told, a mark is missing.
TEST_P(BrokerPresenceTest, a_broker_in_doubt_is_believed_where_nothing_speaks_against_it) {
  stage.online("bob", "phone");
  const auto in_doubt = [&](const std::string& epoch) {
    stage.restart();
    stage.links_up();
    kept("older");
    kept(epoch);
    stage.publish({"im/v1/gw/mark", mark(), 1, true, 0, {}, {}, false});
    stage.forget_effects();
    stage.time(1 * second);
    EXPECT_EQ(alice_sees(), "");
    pass(70);
  };
  stage.online("bob", "phone", "older");
  stage.online("bob", "phone", "e2");
  in_doubt("e2");
  EXPECT_EQ(alice_sees(), "online") << stage.all();
  in_doubt("e1");
  EXPECT_EQ(alice_sees(), "unavailable") << stage.all();
  in_doubt("e2");
  EXPECT_NE(alice_sees(), "online") << stage.all();
}

TEST_P(BrokerPresenceTest, a_broker_that_lost_nothing_is_believed_against_the_rule_of_epochs) {
  stage.online("bob", "phone");
  stage.offline("bob", "phone");
  stage.forget_effects();
  gateway_restarted("e1", "9000", true);  // once without: born is known
  pass(10);
  stage.offline("bob", "phone");
  stage.forget_effects();
  gateway_restarted("e1", "9010", true);
  EXPECT_EQ(alice_sees(), "online") << stage.all();
}

TEST_P(BrokerPresenceTest, a_client_that_keeps_its_epoch_is_there_once_it_speaks_later) {
  stage.online("bob", "phone");
  stage.forget_effects();
  broker_restarted(5 * second, "e1");
  pass(5);
  stage.online("bob", "phone");
  EXPECT_EQ(alice_sees(), "online");
  stage.forget_effects();
  pass(70);
  gateway_restarted("e1", "76");
  pass(10);
  EXPECT_EQ(alice_sees(), "online");
}

TEST_P(BrokerPresenceTest, a_link_that_breaks_after_a_restart_of_the_broker_makes_nobody_silent) {
  stage.online("bob", "phone");
  broker_restarted(1 * second, "e1");
  stage.online("bob", "phone", "e2");
  stage.forget_effects();
  pass(20);
  stage.broker_down();
  stage.time(1 * second);
  stage.broker_up(true);
  broker_says("23");
  kept("e2");
  pass(70);
  EXPECT_EQ(alice_sees(), "");
}

TEST(PastEpochs, the_latest_are_known) {
  std::string past;
  EXPECT_FALSE(past_epochs::add(past, ""));
  EXPECT_FALSE(past_epochs::contains(past, ""));
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(past_epochs::add(past, std::to_string(i)));
  EXPECT_FALSE(past_epochs::add(past, "19"));
  EXPECT_TRUE(past_epochs::add(past, "15"));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(past_epochs::contains(past, std::to_string(i)), i >= 12) << i;
  past_epochs::remove(past, "15");
  EXPECT_FALSE(past_epochs::contains(past, "15"));
  EXPECT_TRUE(past_epochs::contains(past, "14"));
}

}  // namespace broker_presence_test
}  // namespace ferry
