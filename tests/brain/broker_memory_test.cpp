// A broker that loses what it had acknowledged: the mark tells, and what no client confirmed is published again.
#include "tests/brain/stage.h"

namespace ferry {
namespace broker_memory_test {

class BrokerMemoryTest : public Conversation {
 protected:
  void SetUp() override {
    stage.online("bob", "phone");
    stage.forget_effects();
  }
  void from_alice(const std::string& id) {
    stage.xmpp("<message type='chat' from='alice@corp.example/spark' to='bob@mqtt.corp.example' id='" + id +
               "'><body>" + id + "</body></message>");
  }
  std::string mark() const {
    const auto it = stage.retained.find("im/v1/gw/mark");
    return it == stage.retained.end() ? "" : it->second;
  }
  // What it has kept, and for how long it has been there.
  void broker_says(const std::string& kept_mark, const std::string& uptime) {
    stage.publish({"im/v1/gw/mark", kept_mark, 1, true, 0, {}, {}, false});
    stage.publish({"$SYS/broker/uptime", uptime + " seconds", 0, true, 0, {}, {}, false});
  }
  // The gateway, with what is on its way to the broker.
  void killed_and_back(const std::string& found_mark) {
    stage.unacknowledged.clear();
    stage.puback = 0;
    stage.restart();
    stage.component_up();
    reconnect(found_mark, "9000");
  }
  void reconnect(const std::string& found_mark, const std::string& uptime, bool session = true) {
    stage.broker_down();
    stage.time(1 * second);
    stage.broker_up(session);
    if (!found_mark.empty()) stage.publish({"im/v1/gw/mark", found_mark, 1, true, 0, {}, {}, false});
    stage.publish({"$SYS/broker/uptime", uptime + " seconds", 0, true, 0, {}, {}, false});
    stage.forget_effects();
    stage.time(2 * second);
  }
};
FERRY_CONVERSATIONS(BrokerMemoryTest);

TEST_P(BrokerMemoryTest, a_mark_is_made_while_messages_flow) {
  from_alice("1");
  stage.time(2 * second);
  const std::string first = mark();
  EXPECT_FALSE(first.empty());
  stage.time(2 * second);
  EXPECT_EQ(mark(), first);
  from_alice("2");
  stage.time(2 * second);
  EXPECT_NE(mark(), first);
}

TEST_P(BrokerMemoryTest, a_broker_that_kept_everything_gets_nothing_again) {
  from_alice("1");
  stage.time(2 * second);
  reconnect(mark(), "9000");
  stage.expect_no_publish("bob", "in/msg");
}

TEST_P(BrokerMemoryTest, a_broker_that_went_back_gets_what_nobody_confirmed) {
  from_alice("1");
  const std::string id = Stage::field(stage.expect_publish("bob", "in/msg"), "id");
  stage.time(2 * second);
  const std::string old = mark();
  from_alice("2");
  const std::string id2 = Stage::field(stage.expect_publish("bob", "in/msg"), "id");
  stage.mqtt("bob", "out/receipt", R"({"id":")" + id + R"(","state":"delivered"})");
  stage.time(2 * second);
  ASSERT_NE(mark(), old);
  reconnect(old, "9000");
  EXPECT_EQ(stage.counter("broker_forgot"), 1u);
  stage.expect_publish("bob", "in/msg", R"({"id":")" + id2 + R"(","body":"2"})");
  stage.expect_no_publish("bob", "in/msg");
}

TEST_P(BrokerMemoryTest, a_broker_that_has_no_mark_at_all_forgot_everything) {
  from_alice("1");
  stage.time(2 * second);
  reconnect("", "3", false);
  stage.expect_publish("bob", "in/msg", R"({"body":"1"})");
}

TEST_P(BrokerMemoryTest, the_mark_outlives_the_gateway) {
  from_alice("1");
  stage.time(2 * second);
  stage.restart();
  stage.component_up();
  reconnect("", "3", false);
  stage.expect_publish("bob", "in/msg", R"({"body":"1"})");
}

TEST_P(BrokerMemoryTest, a_stop_before_the_next_mark_is_out_is_no_loss) {
  from_alice("1");
  stage.time(2 * second);
  const std::string kept = mark();
  stage.broker_down();
  stage.time(1 * second);
  stage.broker_up(true);
  broker_says(kept, "9000");
  stage.puback = -1;
  stage.time(0);
  from_alice("2");  // under a mark that never gets there
  stage.acknowledge(stage.unacknowledged.back(), 0);
  killed_and_back(kept);
  EXPECT_EQ(stage.counter("broker_forgot"), 0u);
  stage.expect_no_publish("bob", "in/msg");
  stage.restart();
  stage.component_up();
  reconnect("", "9000");
  EXPECT_EQ(stage.counter("broker_forgot"), 1u);
  stage.expect_publish("bob", "in/msg", R"({"body":"1"})");
  stage.expect_publish("bob", "in/msg", R"({"body":"2"})");
}

// The wall clock went ahead and back meanwhile: by the broker's uptime it was not restarted, and it was.
TEST_P(BrokerMemoryTest, a_restart_is_not_missed_for_a_clock_that_jumped) {
  stage.time(3'600 * second);
  reconnect(mark(), "1");
  stage.now -= 3'600 * second;
  stage.restart();
  stage.links_up();
  stage.time(2 * second);
  from_alice("1");  // after the latest mark
  const std::string kept = mark();
  stage.restart();
  stage.component_up();
  stage.time(60 * second);
  reconnect(kept, "1");
  stage.expect_publish("bob", "in/msg", R"({"body":"1"})");
}

TEST_P(BrokerMemoryTest, what_came_in_a_life_of_the_link_that_was_too_short_to_look_is_published_again) {
  from_alice("1");
  stage.time(2 * second);
  const std::string kept = mark();
  stage.broker_down();
  from_alice("2");
  stage.broker_up(true);
  from_alice("3");
  stage.time(1 * second);
  reconnect(kept, "0");
  stage.expect_publish("bob", "in/msg", R"({"body":"2"})");
  stage.expect_publish("bob", "in/msg", R"({"body":"3"})");
}

TEST_P(BrokerMemoryTest, a_broker_that_does_not_say_how_old_it_is_may_have_been_restarted) {
  from_alice("1");
  stage.time(2 * second);
  from_alice("2");
  const std::string kept = mark();
  stage.broker_down();
  stage.time(1 * second);
  stage.broker_up(true);
  stage.publish({"im/v1/gw/mark", kept, 1, true, 0, {}, {}, false});
  stage.forget_effects();
  stage.time(2 * second);
  stage.expect_publish("bob", "in/msg", R"({"body":"2"})");
}

// Its devices said so to this broker, and need not again because the gateway was restarted.
TEST_P(BrokerMemoryTest, a_young_broker_that_we_know_was_not_restarted) {
  stage.befriend();
  reconnect("", "50");
  const auto restarted_with = [&](const std::string& uptime) {
    stage.restart();
    stage.links_up();
    broker_says(mark(), uptime);
    stage.publish({Stage::topic("bob", "out/dev/phone/presence"),
                   R"({"state":"online","epoch":"e1"})",
                   1,
                   true,
                   0,
                   {},
                   {},
                   false});
    stage.forget_effects();
    for (int i = 0; i < 70; ++i) stage.time(1 * second);
  };
  restarted_with("52");
  for (const Element& e : stage.stanzas) EXPECT_NE(e.attr_or("type"), "unavailable") << stage.all();
  restarted_with("4");
  stage.expect_stanza("<presence type='unavailable' from='bob@mqtt.corp.example/phone'/>");
}

TEST_P(BrokerMemoryTest, marks_go_on_above_what_the_broker_has) {
  reconnect("500", "9000");
  EXPECT_EQ(mark(), "501");
  from_alice("1");
  stage.time(2 * second);
  EXPECT_EQ(mark(), "502");
}

TEST_P(BrokerMemoryTest, a_mark_that_is_no_number_is_no_mark) {
  from_alice("1");
  stage.time(2 * second);
  reconnect("x", "9000");
  stage.expect_publish("bob", "in/msg", R"({"body":"1"})");
}

// Two ways for a new message to pass an older one: at once, and out of what was on its way when the link broke.
TEST_P(BrokerMemoryTest, what_was_forgotten_goes_before_what_is_new) {
  from_alice("1");
  stage.time(2 * second);
  const std::string old = mark();
  from_alice("2");
  stage.time(2 * second);
  stage.puback = -1;
  from_alice("3");
  stage.broker_down();
  stage.unacknowledged.clear();
  from_alice("4");
  stage.forget_effects();
  stage.broker_up(true);
  from_alice("5");
  stage.expect_no_publish("bob", "in/msg");
  stage.publish({"im/v1/gw/mark", old, 1, true, 0, {}, {}, false});
  stage.expect_no_publish("bob", "in/msg");
  stage.time(2 * second);
  std::string bodies;
  for (const Publish& p : stage.publishes)
    if (p.topic == Stage::topic("bob", "in/msg")) bodies += Stage::field(p.payload, "body");
  EXPECT_EQ(bodies, "2345") << stage.all();
}

TEST_P(BrokerMemoryTest, what_was_on_its_way_has_its_turn_again) {
  stage.puback = -1;
  from_alice("1");
  from_alice("2");
  stage.forget_effects();
  stage.acknowledge(stage.unacknowledged.front(), 0);
  stage.unacknowledged.clear();
  reconnect(mark(), "9000");
  stage.expect_publish("bob", "in/msg", R"({"body":"2"})");
  stage.expect_no_publish("bob", "in/msg");
}

TEST_P(BrokerMemoryTest, a_question_whether_anybody_is_there_is_asked_again) {
  stage.puback = 0x10;
  from_alice("1");
  stage.puback = -1;
  from_alice("2");  // the oldest tries again
  stage.expect_publish("bob", "in/msg", R"({"body":"1"})");
  stage.unacknowledged.clear();
  stage.broker_down();
  stage.forget_effects();
  stage.puback = 0;
  stage.broker_up(true);
  from_alice("3");
  stage.time(2 * second);
  for (const char* body : {"1", "2", "3"}) EXPECT_EQ(Stage::field(stage.expect_publish("bob", "in/msg"), "body"), body);
}

TEST_P(BrokerMemoryTest, a_page_of_a_replay_that_was_on_its_way_is_published_again) {
  stage.puback = 0x10;
  for (const char* id : {"1", "2", "3"}) from_alice(id);
  stage.puback = -1;
  stage.unacknowledged.clear();
  stage.online("bob", "phone", "e2");
  stage.expect_publish("bob", "in/msg", R"({"body":"1"})");
  stage.broker_down();
  stage.unacknowledged.clear();
  stage.forget_effects();
  stage.puback = 0;
  stage.broker_up(true);
  stage.time(2 * second);
  for (const char* body : {"1", "2", "3"}) EXPECT_EQ(Stage::field(stage.expect_publish("bob", "in/msg"), "body"), body);
  stage.expect_no_publish("bob", "in/msg");
}

TEST_P(BrokerMemoryTest, nobody_waits_longer_than_for_the_answers) {
  from_alice("1");
  stage.time(2 * second);
  const std::string kept = mark();
  stage.broker_down();
  stage.broker_up(true);
  from_alice("2");
  stage.forget_effects();
  broker_says(kept, "9000");
  EXPECT_EQ(stage.brain->next_deadline(), stage.now);
  stage.time(0);
  stage.expect_publish("bob", "in/msg", R"({"body":"2"})");
}

TEST_P(BrokerMemoryTest, a_mark_that_the_broker_refused_proves_nothing) {
  from_alice("1");
  stage.time(2 * second);
  const std::string kept = mark();
  from_alice("2");
  stage.puback = 0x87;
  stage.time(2 * second);
  stage.puback = 0;
  reconnect(kept, "9000");
  EXPECT_EQ(stage.counter("broker_forgot"), 0u);
  stage.expect_no_publish("bob", "in/msg");
}

// The broker is slow: it acknowledges a mark when the next one might be on its way already.
TEST_P(BrokerMemoryTest, a_mark_is_proven_by_its_own_acknowledgement) {
  stage.puback = -1;
  from_alice("1");
  stage.time(2 * second);
  const std::string kept = mark();
  ASSERT_FALSE(stage.unacknowledged.empty());
  const std::int64_t of_mark = stage.unacknowledged.back();
  from_alice("2");
  stage.time(2 * second);
  stage.acknowledge(of_mark, 0);
  killed_and_back(kept);
  EXPECT_EQ(stage.counter("broker_forgot"), 0u);
}

TEST_P(BrokerMemoryTest, the_next_mark_comes_once_the_one_before_is_acknowledged) {
  stage.puback = -1;
  from_alice("1");
  stage.time(2 * second);
  const std::string first = mark();
  from_alice("2");
  stage.time(2 * second);
  EXPECT_EQ(mark(), first);
  stage.puback = 0;
  for (const std::int64_t token : std::exchange(stage.unacknowledged, {})) stage.acknowledge(token, 0);
  stage.time(0);
  EXPECT_NE(mark(), first);
}

// A process that was killed had read a mark, and not acknowledged it: the session gives it again, before the newest.
TEST_P(BrokerMemoryTest, an_older_mark_of_the_session_is_not_what_the_broker_has) {
  from_alice("1");
  stage.time(2 * second);
  const std::string older = mark();
  from_alice("2");
  stage.time(2 * second);
  const std::string newest = mark();
  ASSERT_NE(newest, older);
  stage.restart();
  stage.component_up();
  stage.broker_up(true);
  stage.publish({"im/v1/gw/mark", older, 1, true, 0, {}, {}, false});
  stage.publish({"$SYS/broker/uptime", "9000 seconds", 0, true, 0, {}, {}, false});
  stage.time(100);
  stage.publish({"im/v1/gw/mark", newest, 1, true, 0, {}, {}, false});
  EXPECT_EQ(stage.brain->next_deadline(), stage.now);
  stage.time(0);
  EXPECT_EQ(stage.counter("broker_forgot"), 0u);
}

}  // namespace broker_memory_test
}  // namespace ferry
