// Messages about other messages (corrections, retractions, reactions, replies): each side's ids as that side knows
// them; texts without ids; formats; what must not be carried.
#include "tests/brain/stage.h"
#include "translators/values/cbor.h"

namespace ferry {
namespace references_test {

class ReferencesTest : public Conversation {
 protected:
  std::string from_alice(const std::string& id, const std::string& inside) {
    stage.xmpp("<message type='chat' from='alice@corp.example/spark' to='bob@mqtt.corp.example' id='" + id + "'>" +
               inside + "</message>");
    return Stage::field(stage.expect_publish("bob", "in/msg"), "id");
  }
  void send(const std::string& json) { stage.mqtt("bob", "out/msg", R"({"to":"alice@corp.example",)" + json + "}"); }
  std::string payload() const { return stage.last.payload; }
  void last_has(const std::string& json) {
    const auto actual = JsonDocument::parse(payload()), expected = JsonDocument::parse(json);
    ASSERT_TRUE(actual.ok() && expected.ok());
    EXPECT_TRUE(matching::contains(actual->root(), expected->root())) << payload() << " has not " << json;
  }
};
FERRY_CONVERSATIONS(ReferencesTest);

TEST_P(ReferencesTest, a_contact_corrects_and_retracts_their_own_message) {
  const std::string id = from_alice("x1", "<body>Helo</body>");
  from_alice("x2", "<body>Hello</body><replace xmlns='urn:xmpp:message-correct:0' id='x1'/>");
  last_has(R"({"body":"Hello","replaces":")" + id + "\"}");
  from_alice("x3", "<retract xmlns='urn:xmpp:message-retract:1' id='x1'/>");
  last_has(R"({"retracts":")" + id + "\"}");
}

TEST_P(ReferencesTest, another_contact_cannot_name_it) {
  const std::string id = from_alice("x1", "<body>Helo</body>");
  stage.xmpp(
      "<message type='chat' from='carol@corp.example/a' to='bob@mqtt.corp.example' id='y'><body>Ha</body>"
      "<replace xmlns='urn:xmpp:message-correct:0' id='x1'/></message>");
  stage.expect_publish("bob", "in/msg", R"({"replaces":"x1"})");
  EXPECT_EQ(payload().find(id), std::string::npos);
}

TEST_P(ReferencesTest, a_contact_reacts_and_replies_to_a_message_of_the_user) {
  send(R"("id":"m1","body":"Lunch?")");
  stage.forget_effects();
  from_alice("x1", "<reactions xmlns='urn:xmpp:reactions:0' id='m1'><reaction>+1</reaction></reactions>");
  last_has(R"({"reacts":{"id":"m1","emoji":["+1"]}})");
  from_alice("x2", "<body>Yes</body><reply xmlns='urn:xmpp:reply:0' id='m1' to='bob@mqtt.corp.example'/>");
  last_has(R"({"body":"Yes","replyTo":{"id":"m1"}})");
}

TEST_P(ReferencesTest, the_user_reacts_and_replies_to_a_message_of_a_contact) {
  const std::string id = from_alice("x1", "<body>Lunch?</body>");
  send(R"("id":"m1","reacts":{"id":")" + id + R"(","emoji":["+1"]})");
  stage.expect_stanza(
      "<message id='m1'><reactions xmlns='urn:xmpp:reactions:0' id='x1'><reaction>+1</reaction></reactions></message>");
  send(R"("id":"m2","body":"Yes","replyTo":{"id":")" + id + R"(","to":"alice@corp.example/spark"})");
  stage.expect_stanza("<message id='m2'><reply xmlns='urn:xmpp:reply:0' id='x1'/></message>");
}

TEST_P(ReferencesTest, also_after_the_server_was_away) {
  const std::string id = from_alice("x1", "<body>Lunch?</body>");
  stage.component_down();
  send(R"("id":"m1","reacts":{"id":")" + id + R"(","emoji":["+1"]})");
  stage.forget_effects();
  stage.component_up();
  stage.expect_stanza("<message id='m1'><reactions xmlns='urn:xmpp:reactions:0' id='x1'/></message>");
}

TEST_P(ReferencesTest, the_user_corrects_and_retracts_by_their_own_ids) {
  send(R"("id":"m1","body":"Helo")");
  send(R"("id":"m2","body":"Hello","replaces":"m1")");
  stage.expect_stanza(
      "<message id='m2'><body>Hello</body><replace xmlns='urn:xmpp:message-correct:0' id='m1'/></message>");
  send(R"("id":"m3","retracts":"m1")");
  stage.expect_stanza("<message id='m3'><retract xmlns='urn:xmpp:message-retract:1' id='m1'/></message>");
}

TEST_P(ReferencesTest, plain_text_needs_no_json_and_no_id) {
  stage.mqtt("bob", "out/text/alice@corp.example", "Hello");
  const Element e = stage.expect_stanza(
      "<message type='chat' from='bob@mqtt.corp.example' to='alice@corp.example'><body>Hello</body></message>");
  const std::string id(e.attr_or("id"));
  EXPECT_EQ(id.size(), 26u);
  stage.expect_publish("bob", "in/receipt", R"({"id":")" + id + R"(","state":"accepted"})");
  stage.expect_publish("bob", "in/msg", R"({"id":")" + id + R"(","body":"Hello"})");
  stage.mqtt("bob", "out/text/alice@corp.example", "Hello");
  stage.expect_stanza("<message><body>Hello</body></message>");
}

TEST_P(ReferencesTest, plain_text_that_the_broker_delivers_again_is_carried_once) {
  InPublish p{Stage::topic("bob", "out/text/alice@corp.example"), "Hello", 1, false, 77, {}, {}, false};
  stage.publish(p);
  stage.expect_stanza("<message><body>Hello</body></message>");
  stage.restart();
  stage.component_up();
  stage.broker_up(true);
  stage.forget_effects();
  stage.publish(p);
  stage.expect_no_stanza();
  p.packet_id = 78;  // another publish of the same text
  stage.publish(p);
  stage.expect_stanza("<message><body>Hello</body></message>");
  stage.time(20 * second);
  stage.publish(p);  // packet ids are used again later
  stage.expect_stanza("<message><body>Hello</body></message>");
}

TEST_P(ReferencesTest, plain_text_that_cannot_be_carried_is_refused_with_its_topic) {
  struct {
    const char *leaf, *payload, *condition;
  } const rows[] = {{"out/text/@", "x", "jid-malformed"},
                    {"out/text/a=2fb@corp.example", "x", "jid-malformed"},
                    {"out/text/alice@corp.example", "\xff", "not-acceptable"},
                    {"out/text/alice@corp.example", "\x01", "not-acceptable"}};
  for (const auto& row : rows) {
    stage.mqtt("bob", row.leaf, row.payload);
    stage.expect_publish("bob", "in/receipt",
                         R"({"id":"-","state":"failed","topic":")" + std::string(row.leaf) +
                             R"(","reason":{"condition":")" + row.condition + "\"}}");
    stage.expect_quiet();
  }
  stage.mqtt("bob", "out/text/alice@corp.example", "");
  stage.expect_publish("bob", "in/receipt", R"({"id":"-","state":"failed","reason":{"condition":"bad-request"}})");
  stage.expect_quiet();
}

TEST_P(ReferencesTest, a_retained_publish_where_none_belongs_is_refused_and_cleared) {
  InPublish p{Stage::topic("bob", "out/msg"),
              R"({"id":"m1","to":"alice@corp.example","body":"again and again"})",
              1,
              true,
              1,
              {},
              {},
              false};
  stage.publish(p);
  stage.expect_cleared("bob", "out/msg");
  stage.expect_publish("bob", "in/receipt", R"({"state":"failed","reason":{"condition":"not-allowed"}})");
  stage.expect_quiet();
  p.payload.clear();
  stage.publish(p);
  stage.expect_quiet();
}

TEST_P(ReferencesTest, too_large_and_unknown_topics_are_refused) {
  stage.options.limits.message_bytes = 100;
  stage.mqtt("bob", "out/msg", std::string(101, 'x'));
  stage.expect_publish("bob", "in/receipt", R"({"id":"-","topic":"out/msg","reason":{"condition":"not-acceptable"}})");
  for (const char* leaf : {"out/nothing", "out/dev/phone", "out/text", "out/msg/more", "out/dev/phone/presence/x"}) {
    stage.mqtt("bob", leaf, "{}");
    stage.expect_publish("bob", "in/receipt", R"({"id":"-","state":"failed","reason":{"condition":"item-not-found"}})");
  }
  stage.expect_quiet();
}

TEST_P(ReferencesTest, the_sender_is_the_topics_whatever_the_payload_says) {
  send(R"("id":"m1","from":"ceo@corp.example","body":"You are fired")");
  stage.expect_stanza("<message id='m1' from='bob@mqtt.corp.example'/>");
}

TEST_P(ReferencesTest, what_no_translator_knows_travels_on) {
  from_alice("x1", "<body>Hi</body><geoloc xmlns='http://jabber.org/protocol/geoloc'><lat>1</lat></geoloc>");
  EXPECT_NE(payload().find("geoloc"), std::string::npos);
  send(R"("id":"m1","body":"x","ext":["<geoloc xmlns='http://jabber.org/protocol/geoloc'><lat>1</lat></geoloc>"])");
  stage.expect_stanza("<message id='m1'><geoloc xmlns='http://jabber.org/protocol/geoloc'/></message>");
}

class FormatTest : public testing::TestWithParam<Where> {};
FERRY_CONVERSATIONS(FormatTest);

TEST_P(FormatTest, users_with_cbor_get_and_send_cbor) {
  Stage stage(GetParam(), {{"user *@mqtt.corp.example {root}/u/{uid} format=cbor"}, [](Options&) {}, true});
  const auto bytes = json_to_cbor(R"({"id":"m1","to":"alice@corp.example","body":"Hi"})");
  ASSERT_TRUE(bytes.ok());
  stage.mqtt("bob", "out/msg", *bytes);
  stage.expect_stanza("<message id='m1'><body>Hi</body></message>");
  ASSERT_FALSE(stage.publishes.empty());
  for (const Publish& p : stage.publishes) EXPECT_TRUE(p.cbor) << p.topic;
  const auto receipt = cbor_to_json(stage.publishes[0].payload);
  ASSERT_TRUE(receipt.ok());
  EXPECT_EQ(Stage::field(*receipt, "state"), "accepted");
  stage.forget_effects();
  stage.mqtt("bob", "out/req", *json_to_cbor(R"({"id":"q","request":"roster.get"})"));
  ASSERT_EQ(stage.publishes.size(), 1u);
  EXPECT_TRUE(stage.publishes[0].cbor);
  EXPECT_TRUE(cbor_to_json(stage.publishes[0].payload).ok());
  stage.forget_effects();
  stage.mqtt("bob", "out/msg", "{\"id\":1}");
  ASSERT_EQ(stage.publishes.size(), 1u) << "no CBOR is refused, on in/receipt";
}

TEST_P(FormatTest, a_client_may_send_cbor_by_its_content_type) {
  Stage stage(GetParam());
  stage.publish({Stage::topic("bob", "out/msg"),
                 *json_to_cbor(R"({"id":"m1","to":"alice@corp.example","body":"Hi"})"),
                 1,
                 false,
                 1,
                 {},
                 {},
                 true});
  stage.expect_stanza("<message id='m1'><body>Hi</body></message>");
  stage.expect_publish("bob", "in/receipt", R"({"state":"accepted"})");
  EXPECT_FALSE(stage.last.cbor);
}

TEST_P(FormatTest, an_unknown_user_is_made_by_the_first_publish_unless_forbidden) {
  for (const bool autocreate : {true, false}) {
    Stage stage(
        GetParam(),
        {{"user *@mqtt.corp.example {root}/u/{uid}"}, [&](Options& o) { o.users.autocreate = autocreate; }, true});
    stage.mqtt("newbie", "out/msg", R"({"id":"m1","to":"alice@corp.example","body":"Hi"})");
    if (autocreate) {
      stage.expect_stanza("<message from='newbie@mqtt.corp.example'/>");
      stage.expect_publish("newbie", "in/state", R"({"account":"hosted"})");
    } else {
      stage.expect_quiet();
    }
  }
}

}  // namespace references_test
}  // namespace ferry
