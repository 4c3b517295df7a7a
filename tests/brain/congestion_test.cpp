// A broker or an XMPP server that takes less than comes: memory stays flat, nothing that a sender must hear is lost.
#include <set>

#include "gateway/brain/untold.h"
#include "tests/brain/stage.h"

namespace ferry {
namespace congestion_test {

class CongestionTest : public Conversation {
 protected:
  void SetUp() override {
    stage.options.broker.queue_entries = 64;
    stage.befriend();
    stage.online("bob", "phone");
    stage.online("bob", "laptop");
    stage.forget_effects();
  }
  void send(int n) {
    stage.mqtt("bob", "out/msg", R"({"id":"m)" + std::to_string(n) + R"(","to":"alice@corp.example","body":"x"})");
  }
  void alice_is(const std::string& show) {
    stage.xmpp("<presence from='alice@corp.example/spark' to='bob@mqtt.corp.example'><show>" + show +
               "</show></presence>");
  }
  void relieve() {  // the broker takes everything, again and again
    stage.broker_takes_nothing = false;
    for (int i = 0; i < 200; ++i) {
      stage.waiting = {};
      stage.time(0);
    }
  }
  // What bob has heard of each message: id -> states; and the order of his echoes.
  std::map<std::string, std::set<std::string>> heard;
  std::vector<std::string> echoes;
  void read() {
    for (const Publish& p : stage.publishes) {
      if (p.topic == Stage::topic("bob", "in/receipt"))
        heard[Stage::field(p.payload, "id")].insert(Stage::field(p.payload, "state"));
      if (p.topic == Stage::topic("bob", "in/msg")) echoes.push_back(Stage::field(p.payload, "id"));
    }
  }
};
FERRY_CONVERSATIONS(CongestionTest);

TEST_P(CongestionTest, a_flood_beside_a_stuck_broker_is_told_later_and_in_order) {
  constexpr int messages = 1'000;
  stage.broker_takes_nothing = true;
  for (int i = 0; i < messages; ++i) send(i);
  EXPECT_EQ(stage.stanzas.size(), std::size_t{messages});  // they went to XMPP all the same
  EXPECT_LE(stage.publishes.size(), 80u);
  EXPECT_EQ(stage.counter("broker_congested"), 1u);
  relieve();
  read();
  ASSERT_EQ(heard.size(), std::size_t{messages});
  for (const auto& [id, states] : heard) EXPECT_TRUE(states.contains("forwarded")) << id;
  std::vector<std::string> once;
  for (const std::string& id : echoes)
    if (std::find(once.begin(), once.end(), id) == once.end()) once.push_back(id);
  ASSERT_EQ(once.size(), std::size_t{messages});
  for (int i = 0; i < messages; ++i) ASSERT_EQ(once[static_cast<std::size_t>(i)], "m" + std::to_string(i));
  stage.forget_effects();
  send(messages);
  ASSERT_EQ(stage.publishes.size(), 3u) << stage.all();  // as ever
}

TEST_P(CongestionTest, receipts_of_older_messages_wait_too) {
  send(1);
  send(2);
  stage.forget_effects();
  stage.waiting.publishes = 1'000;
  stage.time(0);
  stage.mqtt("bob", "out/act", R"({"to":"alice@corp.example","state":"active"})");
  stage.expect_no_publishes();
  for (int i = 0; i < 70; ++i) alice_is(i % 2 ? "away" : "dnd");
  stage.xmpp(
      "<message type='error' from='alice@corp.example' to='bob@mqtt.corp.example' id='m2'><error type='cancel'><gone "
      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
  stage.publishes.clear();
  relieve();
  stage.expect_publish("bob", "in/receipt", R"({"id":"m2","state":"failed","reason":{"condition":"gone"}})");
}

TEST_P(CongestionTest, what_was_not_told_survives_the_process) {
  stage.broker_takes_nothing = true;
  for (int i = 0; i < 300; ++i) send(i);
  stage.broker_takes_nothing = false;
  stage.waiting = {};
  stage.restart();
  stage.forget_effects();
  stage.links_up();
  relieve();
  read();
  EXPECT_EQ(heard.size(), 300u);
}

TEST_P(CongestionTest, a_failure_that_was_not_told_is_told_with_its_reason_after_a_restart) {
  send(1);
  stage.broker_down();
  stage.xmpp(
      "<message type='error' from='alice@corp.example' to='bob@mqtt.corp.example' id='m1'><error type='cancel'><gone "
      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text "
      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>moved away</text></error></message>");
  stage.restart();
  stage.forget_effects();
  stage.links_up();
  stage.expect_publish("bob", "in/receipt",
                       R"({"id":"m1","state":"failed","reason":{"condition":"gone","text":"moved away"}})");
}

TEST_P(CongestionTest, what_is_told_again_after_a_restart_is_bounded) {
  for (int i = 0; i < 1'500; ++i) send(i);
  stage.time(3600 * second);
  for (int i = 1'500; i < 1'510; ++i) send(i);
  stage.restart();
  stage.forget_effects();
  stage.links_up();
  relieve();
  read();
  EXPECT_EQ(heard.size(), 10u);  // the hour before is no crash's
  for (int i = 1'510; i < 3'000; ++i) send(i);
  stage.restart();
  stage.forget_effects();
  heard.clear();
  stage.links_up();
  relieve();
  read();
  EXPECT_EQ(heard.size(), 1'000u);
}

TEST_P(CongestionTest, what_waits_for_a_device_waits_for_the_broker_too) {
  stage.offline("bob", "phone");
  stage.offline("bob", "laptop");
  stage.puback = 0x10;
  for (int i = 0; i < 300; ++i)
    stage.xmpp("<message type='chat' from='alice@corp.example/spark' to='bob@mqtt.corp.example' id='" +
               std::to_string(i) + "'><body>" + std::to_string(i) + "</body></message>");
  stage.puback = 0;
  stage.waiting.publishes = 1'000;
  stage.broker_takes_nothing = true;
  stage.forget_effects();
  stage.online("bob", "phone", "e2");
  EXPECT_LE(stage.publishes.size(), 1u) << stage.all();
  relieve();
  std::vector<std::string> bodies;
  for (const Publish& p : stage.publishes)
    if (p.topic == Stage::topic("bob", "in/msg")) bodies.push_back(Stage::field(p.payload, "body"));
  ASSERT_EQ(bodies.size(), 300u);
  for (std::size_t i = 0; i < bodies.size(); ++i) EXPECT_EQ(bodies[i], std::to_string(i));
}

TEST_P(CongestionTest, rosters_wait_and_come_whole) {
  stage.waiting.publishes = 1'000;
  stage.broker_takes_nothing = true;
  send(1);
  stage.forget_effects();
  for (int i = 0; i < 50; ++i)
    stage.mqtt(
        "bob", "out/req",
        R"({"id":"q","request":"roster.add","contact":"c)" + std::to_string(i) + R"(@corp.example","name":"x"})");
  stage.mqtt("bob", "out/req", R"({"id":"q","request":"roster.remove","contact":"c7@corp.example"})");
  EXPECT_EQ(stage.shown("bob", "in/contact/c1@corp.example"), "");
  relieve();
  for (int i = 0; i < 50; ++i) {
    const std::string leaf = "in/contact/c" + std::to_string(i) + "@corp.example";
    EXPECT_EQ(stage.shown("bob", leaf).empty(), i == 7) << leaf;
  }
}

TEST_P(CongestionTest, who_is_over_a_limit_does_not_fill_the_queue_with_refusals) {
  auto& l = stage.options.limits;
  l.user_rate = l.user_burst = l.request_rate = l.request_burst = 1;
  stage.broker_takes_nothing = true;
  for (int i = 0; i < 100; ++i) {
    send(i);
    stage.mqtt("bob", "out/req", R"({"id":"q","request":"who"})");
  }
  EXPECT_LE(stage.publishes.size(), 25u) << stage.all();  // an eighth of 64, ten, and what was not refused
  EXPECT_GE(stage.counter("refusals_unanswered"), 170u);
  EXPECT_EQ(stage.counter("broker_congested"), 0u);
}

TEST_P(CongestionTest, presence_waits_and_ends_true) {
  stage.waiting.publishes = 1'000;
  stage.broker_takes_nothing = true;
  alice_is("chat");  // the publish that finds out
  send(1);
  send(2);
  stage.forget_effects();
  for (int i = 0; i < 100; ++i) alice_is(i % 2 ? "away" : "dnd");
  alice_is("xa");
  EXPECT_LE(stage.publishes.size(), 1u) << stage.all();
  relieve();
  stage.expect_shown("bob", "in/contact/alice@corp.example/presence", R"({"state":"xa"})");
}

TEST_P(CongestionTest, large_answers_are_refused_meanwhile) {
  for (int i = 0; i < 400; ++i)
    stage.mqtt("bob", "out/req",
               R"({"id":"q","request":"roster.add","contact":"c)" + std::to_string(i) + R"(@corp.example"})");
  stage.broker_takes_nothing = true;
  stage.waiting.publishes = 1'000;
  send(1);
  stage.forget_effects();
  stage.mqtt("bob", "out/req", R"({"id":"big","request":"roster.get"})");
  stage.expect_publish("bob", "in/res/-", R"({"id":"big","ok":false,"error":{"condition":"resource-constraint"}})");
  relieve();
  stage.forget_effects();
  stage.mqtt("bob", "out/req", R"({"id":"big","request":"roster.get"})");
  stage.expect_publish("bob", "in/res/-", R"({"id":"big","ok":true})");
}

TEST_P(CongestionTest, messages_to_mqtt_wait_in_the_records) {
  stage.waiting.publishes = 1'000;
  stage.broker_takes_nothing = true;
  send(1);
  stage.forget_effects();
  for (int i = 0; i < 100; ++i)
    stage.xmpp("<message type='chat' from='alice@corp.example/spark' to='bob@mqtt.corp.example' id='" +
               std::to_string(i) + "'><body>" + std::to_string(i) + "</body></message>");
  EXPECT_TRUE(stage.publishes.empty());
  relieve();
  std::vector<std::string> bodies;
  for (const Publish& p : stage.publishes)
    if (p.topic == Stage::topic("bob", "in/msg") && Stage::field(p.payload, "from").starts_with("alice"))
      bodies.push_back(Stage::field(p.payload, "body"));
  ASSERT_EQ(bodies.size(), 100u);
  for (std::size_t i = 0; i < bodies.size(); ++i) EXPECT_EQ(bodies[i], std::to_string(i));
}

TEST_P(CongestionTest, a_full_stream_holds_messages_back_and_presence_is_told_again) {
  stage.waiting.stanza_bytes = 20U << 20;
  stage.mqtt("bob", "out/dev/phone/presence", R"({"state":"dnd","epoch":"e1"})");
  stage.expect_no_stanza();
  EXPECT_GE(stage.counter("stanzas_unsent"), 1u);
  send(1);
  send(2);
  stage.expect_no_stanza();
  stage.waiting.stanza_bytes = 0;
  stage.time(0);
  stage.time(0);
  stage.expect_stanza(
      "<presence from='bob@mqtt.corp.example/phone' to='alice@corp.example'><show>dnd</show></presence>");
  std::vector<std::string> ids;
  for (const Element& e : stage.stanzas)
    if (e.name == "message") ids.emplace_back(e.attr_or("id"));
  EXPECT_EQ(ids, (std::vector<std::string>{"m1", "m2"}));
}

TEST(Untold, is_bounded_and_forgets_nothing) {
  Untold untold;
  for (Seq seq = 100; seq < 100 + 2 * static_cast<Seq>(Untold::max_late); ++seq) untold.add(seq);
  std::set<Seq> told;
  while (const auto late = untold.take_late()) told.insert(*late);
  EXPECT_EQ(told.size(), Untold::max_late);
  EXPECT_TRUE(untold.covers(100 + static_cast<Seq>(Untold::max_late)));
  EXPECT_FALSE(untold.covers(99));
}

}  // namespace congestion_test
}  // namespace ferry
