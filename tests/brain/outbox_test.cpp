// Messages that fail after they were accepted: dead letters, listed, requeued, dropped.
#include "tests/brain/outbox_stage.h"

namespace ferry {
namespace outbox_test {

class OutboxTest : public OutboxConversation {};
FERRY_CONVERSATIONS(OutboxTest);

TEST_P(OutboxTest, what_the_server_sends_back_is_a_dead_letter_and_goes_out_again_on_request) {
  send("m1");
  stage.forget_effects();
  bounce("m1");
  receipt("m1", "failed", "resource-constraint");
  EXPECT_EQ(list("dead"), "m1:failed:resource-constraint ");
  EXPECT_EQ(counts(), "xmpp 0 mqtt 0+0 dead 1");
  send("m1");
  receipt("m1", "failed", "resource-constraint");
  stage.expect_quiet();

  EXPECT_EQ(act("requeue"), "1");
  receipt("m1", "accepted");
  stage.expect_stanza("<message id='m1' to='alice@corp.example'><body>m1</body></message>");
  receipt("m1", "forwarded");
  stage.expect_quiet();
  EXPECT_EQ(list("dead"), "");
  EXPECT_EQ(act("requeue"), "0 no such message here") << "it has another number now";
  EXPECT_EQ(counts(), "xmpp 0 mqtt 0+0 dead 0");
}

TEST_P(OutboxTest, the_reason_survives_a_restart) {
  send("m1");
  bounce("m1");
  stage.restart();
  stage.links_up();
  stage.forget_effects();
  send("m1");
  const std::string told = stage.expect_publish("bob", "in/receipt", R"({"id":"m1","state":"failed"})");
  const auto json = JsonDocument::parse(told);
  EXPECT_EQ(json->root()["reason"]["text"].string(), "no room");
  EXPECT_EQ(json->root()["reason"]["retry"].boolean(), true);
  EXPECT_EQ(counts(), "xmpp 0 mqtt 0+0 dead 1");
}

TEST_P(OutboxTest, a_failure_of_the_time_without_a_broker_is_told_with_its_reason_even_after_a_crash) {
  send("m1");
  stage.broker_down();
  bounce("m1");
  stage.restart();
  stage.forget_effects();
  stage.links_up();
  receipt("m1", "failed", "resource-constraint");
}

TEST_P(OutboxTest, what_nobody_took_in_time_is_kept_as_long_again) {
  stage.component_down();
  send("m1");
  stage.component_up();
  stage.puback = 0x10;
  from_alice("x1");
  stage.component_down();
  send("m2");
  stage.forget_effects();
  pass(ttl);
  receipt("m2", "failed", "remote-server-timeout");
  stage.component_up();
  expect_error("x1", "recipient-unavailable");
  EXPECT_EQ(list("dead", R"(,"peer":"alice@corp.example/other")").substr(26),
            ":failed:recipient-unavailable m2:failed:remote-server-timeout ");
  EXPECT_EQ(counts(), "xmpp 0 mqtt 0+0 dead 2");
  EXPECT_EQ(stage.counter("messages_expired"), 2u);
  send("m2");
  receipt("m2", "failed", "remote-server-timeout");
  pass(ttl);
  pass(10 * second);
  EXPECT_EQ(counts(), "xmpp 0 mqtt 0+0 dead 0");
  stage.forget_effects();
  send("m2");
  receipt("m2", "accepted");  // an id is known until its row has gone
}

TEST_P(OutboxTest, what_the_broker_refused_can_be_published_again) {
  stage.puback = 0x97;
  from_alice("x1");
  expect_error("x1", "resource-constraint");
  const std::string id = Stage::field(stage.expect_publish("bob", "in/msg"), "id");
  EXPECT_EQ(list("dead"), id + ":failed:resource-constraint ");
  stage.puback = 0;
  EXPECT_EQ(act("requeue"), "1");
  stage.expect_publish("bob", "in/msg", R"({"id":")" + id + R"(","body":"Hi"})");
  EXPECT_EQ(counts(), "xmpp 0 mqtt 0+0 dead 0");
}

TEST_P(OutboxTest, what_the_guard_refused_stays_refused) {
  stage.mqtt("bob", "out/msg", R"({"id":"m1","to":"alice@corp.example","body":")" + std::string(200'000, '<') + "\"}");
  receipt("m1", "failed", "not-acceptable");
  stage.forget_effects();
  EXPECT_EQ(list("dead"), "m1:failed:not-acceptable ");
  EXPECT_EQ(act("requeue"), "1");
  receipt("m1", "accepted");
  receipt("m1", "failed", "not-acceptable");
  stage.expect_no_stanza();
  EXPECT_EQ(list("dead"), "m1:failed:not-acceptable ");
  EXPECT_EQ(counts(), "xmpp 0 mqtt 0+0 dead 1");
}

TEST_P(OutboxTest, a_subscription_that_expires_is_a_dead_letter_too) {
  stage.component_down();
  stage.mqtt("bob", "out/req", R"({"id":"s","request":"subscribe","contact":"alice@corp.example"})");
  pass(ttl);
  EXPECT_EQ(list("dead"), ":failed:remote-server-timeout ");
  stage.component_up();
  stage.forget_effects();
  EXPECT_EQ(act("requeue"), "1");
  stage.expect_stanza("<presence type='subscribe' from='bob@mqtt.corp.example' to='alice@corp.example'/>");
  EXPECT_EQ(counts(), "xmpp 0 mqtt 0+0 dead 0");
}

TEST_P(OutboxTest, dead_letters_are_bounded_and_the_ledger_still_knows_the_oldest) {
  stage.options.limits.dead_letters = 2;
  for (const char* id : {"m1", "m2", "m3"}) {
    send(id);
    bounce(id);
  }
  EXPECT_EQ(list("dead"), "m2:failed:resource-constraint m3:failed:resource-constraint ");
  EXPECT_EQ(stage.counter("dead_letters_dropped"), 1u);
  stage.forget_effects();
  send("m1");
  receipt("m1", "failed", "resource-constraint");
  stage.expect_quiet();
}

TEST_P(OutboxTest, one_that_is_dropped_is_forgotten_but_for_its_id) {
  send("m1");
  bounce("m1");
  list("dead");
  EXPECT_EQ(act("drop"), "1");
  EXPECT_EQ(act("drop"), "0 no such message here");
  EXPECT_EQ(counts(), "xmpp 0 mqtt 0+0 dead 0");
  stage.forget_effects();
  send("m1");
  receipt("m1", "failed", "resource-constraint");
}

TEST_P(OutboxTest, what_could_still_arrive_is_dropped_by_its_shelf_and_its_sender_hears) {
  stage.component_down();
  send("m1");
  EXPECT_EQ(list("to-xmpp"), "m1:accepted: ");
  EXPECT_EQ(act("drop"), "0 no such message here") << "it is not dead";
  EXPECT_EQ(act("requeue", "to-xmpp"), "0 only dead letters can be requeued");
  EXPECT_EQ(counts(), "xmpp 1 mqtt 0+0 dead 0");
  EXPECT_EQ(act("drop", "to-xmpp"), "1");
  receipt("m1", "failed", "policy-violation");
  EXPECT_EQ(counts(), "xmpp 0 mqtt 0+0 dead 0");
  stage.component_up();
  stage.puback = 0x10;
  from_alice("x1");
  EXPECT_EQ(counts(), "xmpp 0 mqtt 0+1 dead 0");
  EXPECT_EQ(list("waiting", R"(,"user":"anna@mqtt.corp.example")"), "");
  EXPECT_NE(list("waiting", R"(,"user":"bob@mqtt.corp.example")"), "");
  EXPECT_EQ(act("drop", "waiting"), "1");
  expect_error("x1", "policy-violation");
  EXPECT_EQ(counts(), "xmpp 0 mqtt 0+0 dead 0");
  stage.server_answers = false;
  send("m2");
  EXPECT_EQ(list("to-xmpp"), "m2:accepted: ");
  EXPECT_EQ(act("drop", "to-xmpp"), "0 it was sent a moment ago; what became of it is not known yet");
}

TEST_P(OutboxTest, show_tells_everything_but_the_words) {
  send("m1");
  bounce("m1");
  list("dead");
  const std::string answer = stage.command(R"({"command":"outbox.show","seq":)" + std::to_string(seq) + "}");
  EXPECT_NE(answer.find(R"("from":"bob@mqtt.corp.example","to":"alice@corp.example")"), std::string::npos) << answer;
  EXPECT_EQ(answer.find("body"), std::string::npos) << answer;
  for (const char* wrong : {R"({"command":"outbox.show","seq":999})", R"({"command":"outbox.list","shelf":"odd"})",
                            R"({"command":"outbox.list","user":"@"})", R"({"command":"outbox.list","peer":"@"})",
                            R"({"command":"outbox.list","user":"nobody@mqtt.corp.example"})",
                            R"({"command":"outbox.requeue"})", R"({"command":"outbox.odd"})"})
    EXPECT_EQ(ask(wrong).root()["ok"].boolean(), false) << wrong;
}

TEST_P(OutboxTest, thousands_are_listed_in_pages) {
  stage.component_down();
  for (int i = 0; i < 2'500; ++i) send("m" + std::to_string(i));
  std::string after;
  std::size_t found = 0, pages = 0;
  do {
    const auto answer = ask(R"({"command":"outbox.list","shelf":"to-xmpp","after":")" + after + "\"}");
    answer.root()["messages"].each([&](JsonView m) { EXPECT_EQ(m["id"].string(), "m" + std::to_string(found++)); });
    after = answer.root()["next"].string().value_or("");
    ++pages;
  } while (!after.empty() && pages < 10);
  EXPECT_EQ(found, 2'500u);
  EXPECT_EQ(pages, 3u);
}

TEST_P(OutboxTest, what_is_requeued_comes_after_what_was_accepted_since) {
  for (const char* id : {"m1", "m2"}) {
    send(id);
    bounce(id);
  }
  stage.component_down();
  send("m3");
  list("dead");
  const std::string both = std::to_string(seq - 1) + "," + std::to_string(seq);
  stage.command(R"({"command":"outbox.requeue","seqs":[)" + both + "]}");
  stage.forget_effects();
  stage.restart();
  stage.links_up();
  std::string order;
  for (const Element& e : stage.stanzas)
    if (e.name == "message") order += std::string(e.attr_or("id")) + " ";
  EXPECT_EQ(order, "m3 m1 m2 ");
}

}  // namespace outbox_test
}  // namespace ferry
