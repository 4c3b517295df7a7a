// Messages that users send: accepted, forwarded, delivered, displayed, failed; recognised when they come again.
#include "tests/brain/stage.h"

namespace ferry {
namespace delivery_to_xmpp_test {

class ToXmppTest : public Conversation {
 protected:
  void send(const std::string& id, const std::string& more = R"(,"body":"Hi")",
            const std::string& to = "alice@corp.example") {
    stage.mqtt("bob", "out/msg", R"({"id":")" + id + R"(","to":")" + to + "\"" + more + "}");
  }
  void receipt(const std::string& id, const std::string& state, const std::string& more = "") {
    stage.expect_publish("bob", "in/receipt", R"({"id":")" + id + R"(","state":")" + state + "\"" + more + "}");
  }
  void refused(const std::string& id, const std::string& condition) {
    receipt(id, "failed", R"(,"reason":{"condition":")" + condition + "\"}");
  }
  void from_alice(const std::string& inside, const std::string& from = "alice@corp.example/spark",
                  const std::string& type = "chat") {
    stage.xmpp("<message type='" + type + "' from='" + from + "' to='bob@mqtt.corp.example' id='x'>" + inside +
               "</message>");
  }
  void bounce(const std::string& id, const std::string& from) {
    stage.xmpp("<message type='error' from='" + from + "' to='bob@mqtt.corp.example' id='" + id +
               "'><error type='wait'><recipient-unavailable "
               "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text "
               "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>gone</text></error></message>");
  }
  static std::string received(const std::string& id) { return "<received xmlns='urn:xmpp:receipts' id='" + id + "'/>"; }
  static std::string displayed(const std::string& id) {
    return "<displayed xmlns='urn:xmpp:chat-markers:0' id='" + id + "'/>";
  }
};
FERRY_CONVERSATIONS(ToXmppTest);

TEST_P(ToXmppTest, a_message_is_accepted_echoed_forwarded_delivered_and_displayed) {
  send("m1", R"(,"body":"Hi","device":"phone","want":["delivered","displayed"])");
  const Element e = stage.expect_stanza(
      "<message type='chat' id='m1' from='bob@mqtt.corp.example/phone' to='alice@corp.example'>"
      "<body>Hi</body><request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/></message>");
  ASSERT_EQ(stage.publishes.size(), 3u) << stage.all();
  EXPECT_EQ(Stage::field(stage.publishes[0].payload, "state"), "accepted");
  EXPECT_EQ(Stage::field(stage.publishes[1].payload, "body"), "Hi");
  EXPECT_EQ(Stage::field(stage.publishes[2].payload, "state"), "forwarded");
  stage.expect_publish(
      "bob", "in/msg",
      R"({"id":"m1","from":"bob@mqtt.corp.example","to":"alice@corp.example","device":"phone","body":"Hi"})");
  EXPECT_FALSE(stage.last.retain);
  stage.forget_effects();
  from_alice(received("m1"));
  receipt("m1", "delivered", R"(,"from":"alice@corp.example/spark")");
  from_alice(displayed("m1"));
  receipt("m1", "displayed");
  stage.expect_quiet();
}

TEST_P(ToXmppTest, receipts_are_told_only_if_wanted) {
  send("m1");
  stage.forget_effects();
  from_alice(received("m1"));
  from_alice(displayed("m1"));
  stage.expect_quiet();
}

TEST_P(ToXmppTest, states_never_go_back) {
  send("m1", R"(,"body":"Hi","want":["delivered","displayed"])");
  stage.forget_effects();
  from_alice(displayed("m1"));
  receipt("m1", "displayed");
  from_alice(received("m1"));
  bounce("m1", "alice@corp.example");
  stage.expect_quiet();
}

TEST_P(ToXmppTest, forwarded_waits_for_the_servers_own_answer) {
  stage.server_answers = false;
  send("m1");
  receipt("m1", "accepted");
  stage.forget_effects();
  ASSERT_EQ(stage.pings.size(), 1u);
  stage.answer_ping(stage.pings[0], "evil@corp.example");
  stage.answer_ping(stage.pings[0], "elsewhere.example");
  stage.answer_ping("ferry-barrier-999999");
  stage.expect_quiet();
  stage.answer_ping(stage.pings[0], "corp.example", "error");  // an error is an answer, too
  receipt("m1", "forwarded");
}

TEST_P(ToXmppTest, an_answer_confirms_what_came_before_it_and_nothing_later) {
  stage.server_answers = false;
  send("m1");
  send("m2");
  stage.forget_effects();
  ASSERT_EQ(stage.pings.size(), 2u);
  stage.answer_ping(stage.pings[0]);
  receipt("m1", "forwarded");
  stage.expect_no_publishes();
  stage.answer_ping(stage.pings[1]);
  receipt("m2", "forwarded");
}

TEST_P(ToXmppTest, what_was_not_confirmed_is_sent_again_with_the_next_stream_in_order) {
  stage.server_answers = false;
  send("m1");
  send("m2");
  stage.component_down();
  send("m3");
  stage.forget_effects();
  const auto old = std::exchange(stage.pings, {});
  stage.component_up();
  ASSERT_EQ(stage.stanzas.size(), 3u) << stage.all();
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(stage.stanzas[i].attr_or("id"), "m" + std::to_string(i + 1));
  stage.forget_effects();
  for (const std::string& ping : old) stage.answer_ping(ping);  // of the stream before
  stage.expect_no_publish("bob", "in/receipt");
  stage.answer_pings();
  receipt("m1", "forwarded");
  receipt("m2", "forwarded");
  receipt("m3", "forwarded");
}

TEST_P(ToXmppTest, it_survives_a_restart_as_it_was) {
  stage.component_down();
  send(
      "m1",
      R"(,"body":"Hi <&> \"there\"","subject":"S","thread":"t1","device":"phone","want":["delivered"],"kind":"normal")");
  stage.restart();
  stage.forget_effects();
  stage.links_up();
  const Element e = stage.expect_stanza(
      "<message id='m1' from='bob@mqtt.corp.example/phone' to='alice@corp.example'><subject>S</subject>"
      "<request xmlns='urn:xmpp:receipts'/></message>");
  EXPECT_EQ(e.child("body", ns::client)->text(), "Hi <&> \"there\"");
  EXPECT_EQ(e.child("delay", "urn:xmpp:delay"), nullptr);
  receipt("m1", "forwarded");
}

TEST_P(ToXmppTest, a_message_that_waited_says_since_when) {
  stage.component_down();
  const Instant sent = stage.now;
  send("m1");
  stage.time(3600 * second);
  stage.forget_effects();
  stage.component_up();
  const Element e =
      stage.expect_stanza("<message id='m1'><delay xmlns='urn:xmpp:delay' from='mqtt.corp.example'/></message>");
  EXPECT_EQ(e.child("delay", "urn:xmpp:delay")->attr_or("stamp"), format_instant(sent));
}

TEST_P(ToXmppTest, a_repeated_id_is_not_carried_again_but_hears_how_far_it_got) {
  send("m1");
  stage.forget_effects();
  send("m1", R"(,"body":"something else")");
  receipt("m1", "forwarded");
  stage.expect_quiet();
  bounce("m1", "alice@corp.example");
  stage.forget_effects();
  send("m1");
  receipt("m1", "failed");
  stage.expect_quiet();
}

TEST_P(ToXmppTest, a_malformed_publish_of_a_known_id_does_not_fail_the_message) {
  send("m1");
  stage.forget_effects();
  send("m1", R"(,"body":"Hi")", "@");
  stage.expect_publish("bob", "in/receipt",
                       R"({"id":"-","topic":"out/msg","state":"failed","reason":{"condition":"jid-malformed"}})");
  stage.expect_quiet();
  from_alice(received("m1"));
  send("m1");
  receipt("m1", "delivered");
}

TEST_P(ToXmppTest, ids_are_unique_per_sender_alone) {
  send("m1");
  stage.forget_effects();
  stage.mqtt("anna", "out/msg", R"({"id":"m1","to":"alice@corp.example","body":"Hi"})");
  stage.expect_stanza("<message id='m1' from='anna@mqtt.corp.example'/>");
}

TEST_P(ToXmppTest, the_id_of_a_message_to_the_user_is_taken) {
  from_alice("<body>Hi</body>");
  const std::string id = Stage::field(stage.expect_publish("bob", "in/msg"), "id");
  send(id);
  refused(id, "conflict");
  stage.expect_no_stanza();
}

TEST_P(ToXmppTest, the_latest_receipts_are_told_again_after_a_restart) {
  send("m1");
  stage.restart();
  stage.forget_effects();
  stage.links_up();
  receipt("m1", "forwarded");
  stage.expect_no_stanza();
}

TEST_P(ToXmppTest, receipts_of_the_time_without_a_broker_are_told_later) {
  send("m1", R"(,"body":"Hi","want":["delivered","displayed"])");
  stage.time(600 * second);
  send("m2");
  stage.broker_down();
  stage.forget_effects();
  from_alice(displayed("m1"));
  bounce("m2", "alice@corp.example");
  stage.expect_quiet();
  stage.broker_up(true);
  receipt("m1", "displayed");
  receipt("m2", "failed", R"(,"reason":{"condition":"recipient-unavailable"})");
}

TEST_P(ToXmppTest, a_bounce_is_a_failure_with_its_reason) {
  send("m1");
  stage.forget_effects();
  bounce("m1", "alice@corp.example");
  receipt("m1", "failed", R"(,"reason":{"condition":"recipient-unavailable","text":"gone","retry":true})");
  bounce("m1", "alice@corp.example");
  stage.expect_quiet();
}

TEST_P(ToXmppTest, receipts_and_errors_of_others_are_ignored) {
  send("m1", R"(,"body":"Hi","want":["delivered"])");
  stage.forget_effects();
  from_alice(received("m1"), "carol@corp.example/x");
  from_alice(received("other"));
  bounce("m1", "carol@corp.example");
  bounce("", "alice@corp.example");
  bounce("nothing", "alice@corp.example");
  stage.expect_quiet();
}

TEST_P(ToXmppTest, nobody_confirms_a_message_that_they_sent) {
  from_alice("<body>Hi</body><request xmlns='urn:xmpp:receipts'/>");
  const std::string id = Stage::field(stage.expect_publish("bob", "in/msg"), "id");
  from_alice(received(id));
  bounce(id, "alice@corp.example");
  stage.expect_quiet();
}

TEST_P(ToXmppTest, malformed_messages_are_refused_with_their_id) {
  struct {
    const char *more, *condition;
  } const rows[] = {{"", "bad-request"},
                    {R"(,"body":1)", "bad-request"},
                    {R"(,"body":"\u0001")", "not-acceptable"},
                    {R"(,"body":"x","kind":"shout")", "bad-request"},
                    {R"(,"body":"x","kind":"groupchat")", "not-acceptable"},
                    {R"(,"body":"x","device":"\u0000")", "not-acceptable"},
                    {R"(,"replaces":5,"body":"x")", "bad-request"},
                    {R"(,"ext":["<a"])", "bad-request"}};
  for (const auto& row : rows) {
    send("m1", row.more);
    refused("m1", row.condition);
    stage.expect_quiet();
  }
  send("m1", R"(,"body":"x")", "@");
  refused("m1", "jid-malformed");
  stage.mqtt("bob", "out/msg", R"({"id":"m1","body":"x"})");
  refused("m1", "bad-request");
  stage.mqtt("bob", "out/msg", "{");
  refused("-", "bad-request");
  stage.mqtt("bob", "out/msg", "[]");
  refused("-", "bad-request");
  send("-");
  refused("-", "bad-request");
  stage.expect_quiet();
}

TEST_P(ToXmppTest, a_note_to_oneself_is_its_echo) {
  stage.online("bob", "phone");
  stage.forget_effects();
  send("m1", R"(,"body":"Milk")", "bob@mqtt.corp.example");
  receipt("m1", "accepted");
  stage.expect_publish("bob", "in/msg", R"({"id":"m1","body":"Milk"})");
  receipt("m1", "forwarded");
  stage.expect_quiet();
}

TEST_P(ToXmppTest, one_that_grows_too_large_as_xml_has_failed) {
  send("m1", R"(,"body":")" + std::string(200'000, '<') + "\"");
  stage.expect_no_stanza();
  receipt("m1", "accepted");
  refused("m1", "not-acceptable");
}

TEST_P(ToXmppTest, what_the_server_never_took_fails_when_it_expires) {
  stage.component_down();
  send("m1");
  stage.forget_effects();
  stage.time((7 * 24 * 3600 + 20) * second);
  stage.time(20 * second);
  refused("m1", "remote-server-timeout");
  stage.component_up();
  for (const Element& e : stage.stanzas) EXPECT_NE(e.name, "message");
}

TEST_P(ToXmppTest, a_full_outbox_refuses_and_expiry_makes_room) {
  stage.options.limits.outbox_rows = 2;
  stage.component_down();
  send("m1");
  send("m2");
  stage.forget_effects();
  send("m3");
  receipt("m3", "failed", R"(,"reason":{"condition":"resource-constraint","retry":true})");
  send("m1");
  receipt("m1", "accepted");
  stage.time((7 * 24 * 3600 + 20) * second);
  stage.time(20 * second);
  stage.forget_effects();
  send("m3");
  receipt("m3", "accepted");
}

TEST_P(ToXmppTest, more_than_the_rate_is_refused_for_a_while) {
  stage.options.limits.user_rate = 1;
  stage.options.limits.user_burst = 2;
  for (const char* id : {"m1", "m2", "m3"}) send(id);
  refused("m3", "resource-constraint");
  stage.time(2 * second);
  stage.forget_effects();
  send("m3");
  receipt("m3", "accepted");
}

TEST_P(ToXmppTest, a_window_of_messages_goes_out_and_the_rest_follows_in_order) {
  stage.component_down();
  for (int i = 0; i < 700; ++i) send("m" + std::to_string(i));
  stage.server_answers = false;
  stage.forget_effects();
  stage.component_up();
  EXPECT_EQ(stage.stanzas.size(), 512u);
  stage.answer_pings();
  stage.answer_pings();
  ASSERT_EQ(stage.stanzas.size(), 700u);
  for (std::size_t i = 0; i < 700; ++i) ASSERT_EQ(stage.stanzas[i].attr_or("id"), "m" + std::to_string(i));
}

}  // namespace delivery_to_xmpp_test
}  // namespace ferry
