// What waits is bounded, counted, expires; the ledger knows an id for its time.
#include "tests/brain/outbox_stage.h"

namespace ferry {
namespace queues_test {

class QueuesTest : public OutboxConversation {};
FERRY_CONVERSATIONS(QueuesTest);

TEST_P(QueuesTest, one_sender_cannot_fill_the_outbox_for_all) {
  stage.options.limits.user_outbox_rows = 2;
  stage.component_down();
  for (const char* id : {"m1", "m2", "m3"}) send(id);
  receipt("m3", "failed", "resource-constraint");
  send("n1", "alice@corp.example", "anna");
  stage.expect_publish("anna", "in/receipt", R"({"id":"n1","state":"accepted"})");
  EXPECT_EQ(counts(), "xmpp 3 mqtt 0+0 dead 0");
  stage.component_up();
  stage.forget_effects();
  send("m3");
  receipt("m3", "accepted");
  EXPECT_EQ(counts(), "xmpp 0 mqtt 0+0 dead 0");
}

TEST_P(QueuesTest, bytes_are_bounded_like_rows) {
  stage.options.limits.user_outbox_bytes = 1'000;
  stage.component_down();
  send("m1");
  stage.mqtt("bob", "out/msg", R"({"id":"m2","to":"alice@corp.example","body":")" + std::string(900, 'x') + "\"}");
  receipt("m2", "failed", "resource-constraint");
  send("m3");
  receipt("m3", "accepted");
  stage.options.limits.outbox_bytes = 300;
  send("n1", "alice@corp.example", "anna");
  stage.expect_publish("anna", "in/receipt",
                       R"({"id":"n1","state":"failed","reason":{"condition":"resource-constraint"}})");
  stage.component_up();
  from_alice("x1", std::string(900, 'x'));
  expect_error("x1", "resource-constraint");
  EXPECT_EQ(counts(), "xmpp 0 mqtt 0+0 dead 0");
}

TEST_P(QueuesTest, what_waits_for_a_broker_that_is_away_is_bounded_too) {
  stage.options.limits.user_outbox_rows = 2;
  stage.broker_down();
  for (const char* id : {"x1", "x2", "x3"}) from_alice(id);
  expect_error("x3", "resource-constraint");
  stage.expect_no_stanza();
  EXPECT_EQ(counts(), "xmpp 0 mqtt 2+0 dead 0");
  stage.restart();
  EXPECT_EQ(counts(), "xmpp 0 mqtt 2+0 dead 0") << "counted anew";
  stage.links_up();
  stage.settle();
  EXPECT_EQ(counts(), "xmpp 0 mqtt 0+0 dead 0");
}

TEST_P(QueuesTest, the_counts_are_right_whatever_happens) {
  stage.puback = 0x10;
  from_alice("x1");
  EXPECT_EQ(counts(), "xmpp 0 mqtt 0+1 dead 0");
  stage.puback = -1;
  from_alice("x2");  // waits; the first one asks
  const std::string id = Stage::field(stage.expect_publish("bob", "in/msg"), "id");
  stage.mqtt("bob", "out/receipt", R"({"id":")" + id + R"(","state":"displayed"})");  // before its PUBACK
  EXPECT_EQ(counts(), "xmpp 0 mqtt 0+1 dead 0");
  stage.acknowledge_all(0);
  stage.acknowledge_all(0);
  EXPECT_EQ(counts(), "xmpp 0 mqtt 0+0 dead 0");
  stage.server_answers = false;
  send("m1");
  bounce("m1");  // before the ping's answer
  EXPECT_EQ(counts(), "xmpp 0 mqtt 0+0 dead 1");
  stage.answer_pings();
  EXPECT_EQ(counts(), "xmpp 0 mqtt 0+0 dead 1");
  stage.broker_down();
  from_alice("x3");
  send("m2", "anna@mqtt.corp.example");
  EXPECT_EQ(counts(), "xmpp 0 mqtt 2+0 dead 1");
  stage.command(R"({"command":"user.remove","jid":"bob@mqtt.corp.example"})");
  EXPECT_EQ(counts(), "xmpp 0 mqtt 1+0 dead 0");
}

TEST_P(QueuesTest, an_id_that_the_gateway_makes_and_a_client_had_is_made_anew) {
  Stage other(GetParam());
  other.xmpp("<message from='alice@corp.example/spark' to='bob@mqtt.corp.example' id='x'><body>1</body></message>");
  const std::string id = Stage::field(other.expect_publish("bob", "in/msg"), "id");
  send(id);  // the other stage's chance is ours
  receipt(id, "accepted");
  stage.forget_effects();
  from_alice("x", "1");
  EXPECT_NE(Stage::field(stage.expect_publish("bob", "in/msg", R"({"body":"1"})"), "id"), id);
  EXPECT_NE(stage.last.token, 0) << "it is in the records";
}

TEST_P(QueuesTest, an_id_is_new_again_after_its_time) {
  send("m1");
  stage.forget_effects();
  pass(ttl - 60 * second);
  send("m1");
  receipt("m1", "forwarded");
  stage.expect_no_stanza();
  pass(60 * second);
  stage.forget_effects();
  send("m1");
  receipt("m1", "accepted");
  stage.expect_stanza("<message id='m1'/>");
}

TEST_P(QueuesTest, expiry_does_not_stop_at_what_lives_longer) {
  stage.component_down();
  send("long");
  stage.options.limits.message_ttl = 60;
  for (int i = 0; i < 600; ++i) send("short" + std::to_string(i));
  stage.forget_effects();
  pass(61 * second);
  for (int i = 0; i < 600; ++i) receipt("short" + std::to_string(i), "failed", "remote-server-timeout");
  EXPECT_EQ(list("to-xmpp"), "long:accepted: ");
}

TEST_P(QueuesTest, much_that_expires_at_once_goes_page_by_page_without_a_pause) {
  stage.options.limits.dead_letters = 10;
  stage.component_down();
  for (int i = 0; i < 3'000; ++i) send("m" + std::to_string(i));
  stage.forget_effects();
  stage.time(ttl + 20 * second);
  for (int i = 0; i < 20; ++i) stage.time(0);
  EXPECT_EQ(counts(), "xmpp 0 mqtt 0+0 dead 10");
  EXPECT_EQ(stage.publishes.size(), 3'000u);
}

}  // namespace queues_test
}  // namespace ferry
