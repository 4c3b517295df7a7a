// Messages that contacts send to users: ids, order, those who are away, what waits and what expires.
#include "tests/brain/stage.h"

namespace ferry {
namespace delivery_to_mqtt_test {

class ToMqttTest : public Conversation {
 protected:
  void from_alice(const std::string& id, const std::string& inside = "<body>Hi</body>",
                  const std::string& type = "chat") {
    stage.xmpp("<message type='" + type + "' from='alice@corp.example/spark' to='bob@mqtt.corp.example' id='" + id +
               "'>" + inside + "</message>");
  }
  std::string in_msg(const std::string& json = "{}") {
    return Stage::field(stage.expect_publish("bob", "in/msg", json), "id");
  }
  void body(const std::string& text) { from_alice(text, "<body>" + text + "</body>"); }
  std::vector<std::string> bodies() {
    std::vector<std::string> found;
    for (const Publish& p : stage.publishes)
      if (p.topic == Stage::topic("bob", "in/msg")) found.push_back(Stage::field(p.payload, "body"));
    stage.forget_effects();
    return found;
  }
  using Bodies = std::vector<std::string>;
};
FERRY_CONVERSATIONS(ToMqttTest);

TEST_P(ToMqttTest, a_message_arrives_with_an_id_of_the_gateway) {
  from_alice("x1", "<body>Hi</body><request xmlns='urn:xmpp:receipts'/>");
  const std::string id = in_msg(
      R"({"from":"alice@corp.example/spark","to":"bob@mqtt.corp.example","kind":"chat","body":"Hi","want":["delivered"],"xmppId":"x1"})");
  EXPECT_EQ(id.size(), 26u);
  EXPECT_FALSE(stage.last.retain);
  EXPECT_EQ(stage.last.id, id);
  EXPECT_EQ(stage.last.qos, 1);
  EXPECT_GT(stage.last.expiry, 0u);
  stage.expect_quiet();
}

TEST_P(ToMqttTest, no_stanza_is_dropped_for_its_id) {
  from_alice("same");
  from_alice("same");
  EXPECT_NE(in_msg(), in_msg());
}

TEST_P(ToMqttTest, a_clients_receipts_reach_the_sender_who_asked) {
  from_alice("x1", "<body>Hi</body><request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/>");
  const std::string id = in_msg();
  stage.mqtt("bob", "out/receipt", R"({"id":")" + id + R"(","state":"delivered"})");
  stage.expect_stanza(
      "<message from='bob@mqtt.corp.example' to='alice@corp.example/spark'><received xmlns='urn:xmpp:receipts' "
      "id='x1'/></message>");
  stage.mqtt("bob", "out/receipt", R"({"id":")" + id + R"(","state":"displayed"})");
  const Element e = stage.expect_stanza("<message><displayed xmlns='urn:xmpp:chat-markers:0' id='x1'/></message>");
  EXPECT_EQ(e.child("received", "urn:xmpp:receipts"), nullptr);
  stage.mqtt("bob", "out/receipt", R"({"id":")" + id + R"(","state":"displayed"})");
  stage.expect_quiet();
}

TEST_P(ToMqttTest, nobody_who_did_not_ask_gets_receipts) {
  from_alice("x1");
  const std::string id = in_msg();
  stage.mqtt("bob", "out/receipt", R"({"id":")" + id + R"(","state":"displayed"})");
  stage.expect_quiet();
}

TEST_P(ToMqttTest, receipts_for_nothing_and_malformed_ones_are_refused) {
  stage.mqtt("bob", "out/msg", R"({"id":"own","to":"alice@corp.example","body":"x"})");
  stage.forget_effects();
  for (const char* payload : {R"({"id":"nothing","state":"delivered"})", R"({"id":"own","state":"delivered"})"}) {
    stage.mqtt("bob", "out/receipt", payload);
    stage.expect_publish(
        "bob", "in/receipt",
        R"({"id":"-","topic":"out/receipt","state":"failed","reason":{"condition":"item-not-found"}})");
  }
  for (const char* payload :
       {"[]", "{", "{}", R"({"id":"x"})", R"({"id":"x","state":"failed"})", R"({"id":1,"state":"delivered"})"}) {
    stage.mqtt("bob", "out/receipt", payload);
    stage.expect_publish("bob", "in/receipt", R"({"id":"-","state":"failed","reason":{"condition":"bad-request"}})");
  }
  stage.expect_quiet();
}

TEST_P(ToMqttTest, a_delayed_message_keeps_its_time) {
  from_alice("x1", "<body>Hi</body><delay xmlns='urn:xmpp:delay' stamp='2026-01-02T03:04:05Z'/>");
  in_msg(R"({"ts":"2026-01-02T03:04:05.000Z","delayed":{"stamp":"2026-01-02T03:04:05Z"}})");
}

TEST_P(ToMqttTest, typing_is_for_those_who_are_here) {
  from_alice("x", "<composing xmlns='http://jabber.org/protocol/chatstates'/>");
  stage.expect_quiet();
  stage.online("bob", "phone");
  from_alice("x", "<composing xmlns='http://jabber.org/protocol/chatstates'/>");
  stage.expect_publish("bob", "in/act", R"({"from":"alice@corp.example/spark","state":"composing"})");
  EXPECT_EQ(stage.last.qos, 0);
}

TEST_P(ToMqttTest, the_users_typing_reaches_the_contact) {
  stage.mqtt("bob", "out/act", R"({"to":"alice@corp.example","state":"composing","device":"phone"})");
  stage.expect_stanza(
      "<message type='chat' from='bob@mqtt.corp.example/phone' to='alice@corp.example'><composing "
      "xmlns='http://jabber.org/protocol/chatstates'/></message>");
  stage.expect_quiet();
  for (const char* payload :
       {"{}", R"({"to":"alice@corp.example","state":"dancing"})", R"({"to":"@","state":"active"})"}) {
    stage.mqtt("bob", "out/act", payload);
    stage.expect_publish("bob", "in/receipt", R"({"id":"-","topic":"out/act","state":"failed"})");
  }
}

TEST_P(ToMqttTest, headlines_and_what_must_not_be_stored_are_not_kept) {
  for (const auto& send :
       {std::function<void()>([&] { from_alice("h", "<body>News</body>", "headline"); }),
        std::function<void()>([&] { from_alice("n", "<body>Psst</body><no-store xmlns='urn:xmpp:hints'/>"); })}) {
    send();
    stage.expect_quiet();
  }
  stage.online("bob", "phone");
  stage.forget_effects();
  from_alice("h", "<body>News</body>", "headline");
  in_msg(R"({"kind":"headline"})");
  EXPECT_EQ(stage.last.token, 0);
  stage.online("bob", "new", "e9");
  stage.expect_no_publish("bob", "in/msg");
}

TEST_P(ToMqttTest, groupchat_is_answered_with_an_error) {
  from_alice("g", "<body>Hi</body>", "groupchat");
  stage.expect_stanza(
      "<message type='error' id='g' from='bob@mqtt.corp.example' to='alice@corp.example/spark'><error type='cancel'>"
      "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
  stage.expect_quiet();
}

TEST_P(ToMqttTest, what_nobody_subscribed_to_waits_and_comes_in_order_when_a_device_appears) {
  stage.online("bob", "phone");
  stage.offline("bob", "phone");
  stage.puback = 0x10;
  for (const char* text : {"1", "2", "3"}) body(text);
  stage.forget_effects();
  stage.puback = 0;
  stage.online("bob", "phone", "e2");
  EXPECT_EQ(bodies(), (Bodies{"1", "2", "3"}));
  body("4");
  EXPECT_EQ(bodies(), Bodies{"4"});
}

TEST_P(ToMqttTest, a_client_without_epochs_gets_it_too) {
  stage.mqtt("bob", "out/dev/phone/presence", R"({"state":"online"})");
  stage.mqtt("bob", "out/dev/phone/presence", R"({"state":"offline"})");
  stage.puback = 0x10;
  body("1");
  stage.forget_effects();
  stage.puback = 0;
  stage.mqtt("bob", "out/dev/phone/presence", R"({"state":"online"})");
  EXPECT_EQ(bodies(), Bodies{"1"});
}

TEST_P(ToMqttTest, while_somebody_is_away_the_oldest_asks_for_all) {
  stage.puback = 0x10;
  body("1");
  stage.puback = -1;
  stage.forget_effects();
  body("2");
  body("3");
  EXPECT_EQ(bodies(), Bodies{"1"});
  stage.acknowledge_all(0);
  EXPECT_EQ(bodies(), (Bodies{"2", "3"}));
  stage.acknowledge_all(0);
  body("4");
  EXPECT_EQ(bodies(), Bodies{"4"});
}

TEST_P(ToMqttTest, a_sign_of_life_brings_what_waits) {
  stage.puback = 0x10;
  body("1");
  stage.puback = 0;
  stage.forget_effects();
  stage.mqtt("bob", "out/act", R"({"to":"alice@corp.example","state":"active"})");
  EXPECT_EQ(bodies(), Bodies{"1"});
}

TEST_P(ToMqttTest, one_that_found_somebody_does_not_hide_one_that_did_not) {
  stage.puback = -1;
  body("1");
  body("2");
  ASSERT_EQ(stage.unacknowledged.size(), 2u);
  const auto tokens = std::exchange(stage.unacknowledged, {});
  stage.forget_effects();
  stage.acknowledge(tokens[0], 0x10);
  stage.puback = 0;
  stage.acknowledge(tokens[1], 0);
  EXPECT_EQ(bodies(), Bodies{"1"});
}

TEST_P(ToMqttTest, a_probe_on_its_way_is_not_lost_when_the_user_shows_life_without_listening) {
  stage.puback = 0x10;
  body("1");
  stage.puback = -1;
  body("2");
  stage.mqtt("bob", "out/act", R"({"to":"alice@corp.example","state":"active"})");
  stage.acknowledge_all(0x10);
  stage.acknowledge_all(0x10);
  stage.puback = 0;
  stage.forget_effects();
  stage.online("bob", "phone");
  const Bodies found = bodies();
  EXPECT_EQ(std::set<std::string>(found.begin(), found.end()), (std::set<std::string>{"1", "2"}));
}

TEST_P(ToMqttTest, what_waits_survives_a_restart) {
  stage.online("bob", "phone");
  stage.offline("bob", "phone");
  stage.puback = 0x10;
  body("1");
  body("2");
  stage.restart();
  stage.links_up();
  stage.settle();
  stage.forget_effects();
  stage.puback = 0;
  stage.online("bob", "phone", "e2");
  EXPECT_EQ(bodies(), (Bodies{"1", "2"}));
}

TEST_P(ToMqttTest, what_was_on_its_way_at_a_restart_does_not_pass_what_waits) {
  stage.puback = -1;
  body("1");
  body("2");
  const auto tokens = std::exchange(stage.unacknowledged, {});
  stage.forget_effects();
  stage.acknowledge(tokens[0], 0x10);
  stage.restart();
  stage.broker_up(true);
  stage.time(2 * second);
  EXPECT_EQ(bodies(), Bodies{"1"}) << "it asks whether somebody has come";
  stage.puback = 0;
  stage.acknowledge_all(0);
  EXPECT_EQ(bodies(), Bodies{"2"});
}

TEST_P(ToMqttTest, what_the_broker_forgot_does_not_pass_what_waits) {
  stage.broker_down();
  stage.broker_up(true);
  stage.time(2 * second);
  body("1");
  stage.puback = 0x10;
  body("2");
  stage.puback = 0;
  stage.broker_down();
  body("3");
  stage.forget_effects();
  stage.puback = -1;
  stage.broker_up(false);  // and the mark is gone
  stage.time(2 * second);
  EXPECT_EQ(bodies(), Bodies{"1"});
  stage.puback = 0;
  stage.acknowledge_all(0);
  EXPECT_EQ(bodies(), (Bodies{"2", "3"}));
}

TEST_P(ToMqttTest, what_came_while_the_broker_was_away_goes_out_in_order) {
  stage.broker_down();
  for (const char* text : {"1", "2", "3"}) body(text);
  EXPECT_EQ(bodies(), Bodies{});
  stage.broker_up(true);
  stage.time(2 * second);
  EXPECT_EQ(bodies(), (Bodies{"1", "2", "3"}));
}

TEST_P(ToMqttTest, a_new_device_gets_what_no_client_confirmed) {
  stage.online("bob", "phone");
  body("1");
  const std::string id = in_msg();
  body("2");
  stage.mqtt("bob", "out/receipt", R"({"id":")" + id + R"(","state":"delivered"})");
  stage.forget_effects();
  stage.online("bob", "tablet");
  EXPECT_EQ(bodies(), Bodies{"2"});
}

TEST_P(ToMqttTest, since_brings_everything_after_an_id_with_the_same_ids) {
  stage.online("bob", "phone");
  stage.online("bob", "tablet");
  stage.offline("bob", "tablet");
  std::vector<std::string> ids;
  for (const char* text : {"1", "2", "3"}) {
    body(text);
    ids.push_back(in_msg());
    stage.mqtt("bob", "out/receipt", R"({"id":")" + ids.back() + R"(","state":"displayed"})");
  }
  stage.mqtt("bob", "out/msg", R"({"id":"own","to":"alice@corp.example","body":"4"})");
  stage.forget_effects();
  stage.mqtt("bob", "out/dev/tablet/presence", R"({"state":"online","epoch":"e2","since":")" + ids[0] + "\"}");
  in_msg(R"({"id":")" + ids[1] + R"(","body":"2"})");
  in_msg(R"({"id":")" + ids[2] + R"(","body":"3"})");
  in_msg(R"({"id":"own","body":"4"})");
  stage.expect_no_publish("bob", "in/msg");
}

TEST_P(ToMqttTest, since_brings_what_waits_first_where_it_is_older) {
  stage.puback = -1;
  body("1");
  body("2");
  body("3");
  const auto tokens = std::exchange(stage.unacknowledged, {});
  std::string id;
  for (const Publish& p : stage.publishes)
    if (p.token == tokens[1]) id = p.id;
  stage.acknowledge(tokens[1], 0);
  stage.acknowledge(tokens[0], 0x10);
  stage.acknowledge(tokens[2], 0x10);
  stage.forget_effects();
  stage.puback = 0;
  stage.mqtt("bob", "out/dev/phone/presence", R"({"state":"online","epoch":"e1","since":")" + id + R"("})");
  EXPECT_EQ(bodies(), (Bodies{"1", "2", "3"}));
}

TEST_P(ToMqttTest, since_an_unknown_id_brings_everything) {
  stage.online("bob", "phone");
  body("1");
  stage.forget_effects();
  stage.mqtt("bob", "out/dev/tablet/presence", R"({"state":"online","epoch":"e","since":"long-gone"})");
  EXPECT_EQ(bodies(), Bodies{"1"});
}

TEST_P(ToMqttTest, what_nobody_took_in_time_comes_back_as_an_error) {
  stage.puback = 0x10;
  from_alice("x1");
  stage.forget_effects();
  stage.time((7 * 24 * 3600 + 20) * second);
  stage.time(20 * second);
  stage.expect_stanza(
      "<message type='error' id='x1' from='bob@mqtt.corp.example' to='alice@corp.example/spark'><error type='wait'>"
      "<recipient-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
  stage.puback = 0;
  stage.online("bob", "phone");
  stage.expect_no_publish("bob", "in/msg");
}

TEST_P(ToMqttTest, what_was_handed_over_expires_silently) {
  from_alice("x1");
  stage.forget_effects();
  stage.time((7 * 24 * 3600 + 20) * second);
  stage.time(20 * second);
  stage.expect_no_stanza();
}

TEST_P(ToMqttTest, a_refusal_of_the_broker_goes_back_to_the_sender) {
  stage.puback = 0x95;
  from_alice("x1");
  stage.expect_stanza(
      "<message type='error' id='x1' from='bob@mqtt.corp.example' to='alice@corp.example/spark'><error><not-acceptable "
      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
}

TEST_P(ToMqttTest, too_many_waiting_messages_are_refused_to_their_senders) {
  stage.options.limits.user_outbox_rows = 2;
  stage.puback = 0x10;
  for (const char* id : {"1", "2", "3"}) from_alice(id);
  stage.expect_stanza(
      "<message type='error' id='3' to='alice@corp.example/spark'><error type='wait'><resource-constraint "
      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
  stage.expect_no_stanza();
}

TEST_P(ToMqttTest, thousands_wait_and_come_in_order) {
  stage.online("bob", "phone");
  stage.offline("bob", "phone");
  stage.puback = 0x10;
  Bodies sent;
  for (int i = 0; i < 300; ++i) sent.push_back(std::to_string(i));
  for (const std::string& text : sent) body(text);
  stage.forget_effects();
  stage.puback = 0;
  stage.online("bob", "phone", "e2");
  EXPECT_EQ(bodies(), sent);
}

}  // namespace delivery_to_mqtt_test
}  // namespace ferry
