// What others say in somebody else's name, or about what is not theirs: it changes nothing, and leaves one line of log.
#include "gateway/brain/log_value.h"
#include "tests/brain/stage.h"

namespace ferry {
namespace forgeries_test {

class ForgeriesTest : public Conversation {
 protected:
  void SetUp() override {
    stage.online("bob", "phone");
    stage.befriend();
    stage.forget_effects();
  }
  void bob_sends(const std::string& id) {
    stage.mqtt("bob", "out/msg",
               R"({"id":")" + id + R"(","to":"alice@corp.example","body":"x","want":["delivered","displayed"]})");
    stage.forget_effects();
  }
  void from(const std::string& who, const std::string& inside, const std::string& attributes = "type='chat' id='m'") {
    stage.xmpp("<message from='" + who + "' to='bob@mqtt.corp.example' " + attributes + ">" + inside + "</message>");
  }
  static constexpr const char* carol = "carol@corp.example/c";
};
FERRY_CONVERSATIONS(ForgeriesTest);

TEST_P(ForgeriesTest, receipts_and_markers_of_whom_the_message_did_not_go_to) {
  bob_sends("q1");
  for (const char* part :
       {"<received xmlns='urn:xmpp:receipts' id='q1'/>", "<displayed xmlns='urn:xmpp:chat-markers:0' id='q1'/>",
        "<received xmlns='urn:xmpp:chat-markers:0' id='q1'/><received xmlns='urn:xmpp:receipts' id='q1'/>"}) {
    from(carol, part);
    stage.expect_quiet();
    stage.expect_logged("event=stanza.refused reason=receipt-by-no-recipient from=" + std::string(carol) +
                        " to=bob@mqtt.corp.example id=q1");
  }
  from("alice@corp.example/spark", "<received xmlns='urn:xmpp:receipts' id='q1'/>");
  stage.expect_publish("bob", "in/receipt", R"({"id":"q1","state":"delivered"})");
}

TEST_P(ForgeriesTest, errors_of_whom_the_message_did_not_go_to) {
  bob_sends("q1");
  const std::string refusal = "<error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
  from(carol, refusal, "type='error' id='q1'");
  stage.expect_quiet();
  stage.expect_logged("event=stanza.refused reason=error-by-no-recipient from=" + std::string(carol));
  from("alice@corp.example", refusal, "type='error' id='q1'");
  stage.expect_publish("bob", "in/receipt", R"({"id":"q1","state":"failed","reason":{"condition":"gone"}})");
}

TEST_P(ForgeriesTest, what_only_a_server_says_is_taken_out_of_every_message) {
  for (const char* part :
       {"<sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'/></sent>",
        "<received xmlns='urn:xmpp:carbons:1'/>", "<forwarded xmlns='urn:xmpp:forward:0'/>",
        "<result xmlns='urn:xmpp:mam:2' id='1'/>", "<privilege xmlns='urn:xmpp:privilege:2'/>",
        "<delegation xmlns='urn:xmpp:delegation:1'/>", "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='1'/>",
        "<stanza-id xmlns='urn:xmpp:sid:0' id='1' by='bob@mqtt.corp.example'/>",
        "<stanza-id xmlns='urn:xmpp:sid:0' id='1' by='mqtt.corp.example'/>",
        "<stanza-id xmlns='urn:xmpp:sid:0' id='1' by='alice@corp.example'/>",
        "<stanza-id xmlns='urn:xmpp:sid:0' id='1' by='@'/>"}) {
    from(carol, std::string(part) + "<body>b</body>" + part);  // the first copy and the last
    const std::string json = stage.expect_publish("bob", "in/msg", R"({"body":"b"})");
    const auto document = JsonDocument::parse(json);
    EXPECT_FALSE(document->root()["ext"]) << json;
    EXPECT_FALSE(document->root()["stanzaIds"]) << json;
    stage.expect_logged("event=stanza.refused reason=forged-element from=" + std::string(carol));
    from(carol, part);
    stage.expect_quiet();
    stage.forget_effects();
  }
  from(carol, "<body>b</body><stanza-id xmlns='urn:xmpp:sid:0' id='1' by='carol@corp.example'/>");
  stage.expect_publish("bob", "in/msg", R"({"stanzaIds":[{"id":"1","by":"carol@corp.example"}]})");
  EXPECT_TRUE(stage.log.empty()) << stage.all();
}

TEST_P(ForgeriesTest, nobody_there_speaks_in_the_name_of_one_of_ours) {
  for (const char* who : {"bob@mqtt.corp.example/phone", "anna@mqtt.corp.example", "mqtt.corp.example"}) {
    stage.xmpp("<message from='" + std::string(who) +
               "' to='bob@mqtt.corp.example' type='chat'><body>b</body></message>");
    stage.expect_quiet();
    stage.expect_logged("event=stanza.refused reason=forged-sender from=" + std::string(who));
  }
}

TEST_P(ForgeriesTest, answers_that_nobody_asked_for) {
  stage.xmpp("<iq type='result' id='i' from='carol@corp.example/c' to='bob@mqtt.corp.example'/>");
  stage.expect_logged("event=stanza.refused reason=answer-to-nothing from=carol@corp.example/c");
  stage.mqtt("bob", "out/req", R"({"id":"p","request":"profile.get","contact":"alice@corp.example"})");
  const std::string id(stage.expect_stanza("<iq type='get' to='alice@corp.example'/>").attr_or("id"));
  const std::string card = "<vCard xmlns='vcard-temp'><FN>Eve</FN></vCard></iq>";
  stage.xmpp("<iq type='result' id='" + id + "' from='carol@corp.example' to='bob@mqtt.corp.example'>" + card);
  stage.expect_quiet();
  stage.expect_logged("event=stanza.refused reason=answer-to-nothing from=carol@corp.example");
  stage.xmpp("<iq type='result' id='other' from='alice@corp.example' to='bob@mqtt.corp.example'>" + card);
  stage.expect_quiet();
}

TEST_P(ForgeriesTest, roster_pushes_and_subscriptions_that_nobody_asked_for) {
  stage.xmpp(
      "<iq type='set' id='i' from='carol@corp.example/c' to='bob@mqtt.corp.example'><query "
      "xmlns='jabber:iq:roster'><item jid='eve@corp.example' subscription='both'/></query></iq>");
  stage.expect_stanza("<iq type='error' id='i'/>");
  stage.expect_logged("event=stanza.refused reason=iq-set from=carol@corp.example/c");
  stage.xmpp("<presence type='subscribed' from='carol@corp.example' to='bob@mqtt.corp.example'/>");
  stage.expect_quiet();
  stage.expect_logged("event=stanza.refused reason=nobody-asked from=carol@corp.example");
  EXPECT_EQ(stage.shown("bob", "in/contact/carol@corp.example"), "");
}

TEST_P(ForgeriesTest, who_may_not_see_a_device_cannot_tell_whether_it_is_there) {
  const auto ask = [&](const std::string& who, const std::string& device) {
    stage.xmpp("<iq type='get' id='i' from='" + who + "' to='bob@mqtt.corp.example/" + device +
               "'><ping xmlns='urn:xmpp:ping'/></iq>");
    const Element e = stage.expect_stanza("<iq id='i' to='" + who + "'/>");
    stage.expect_quiet();
    return to_xml(e.child("error", ns::client) ? *e.child("error", ns::client) : Element("none"));
  };
  EXPECT_NE(ask(carol, "phone"), to_xml(Element("none")));
  stage.expect_logged("event=stanza.refused reason=not-a-watcher from=" + std::string(carol) +
                      " to=bob@mqtt.corp.example/phone");
  const std::string hidden = ask(carol, "phone");
  stage.log.clear();
  EXPECT_EQ(hidden, ask(carol, "nothing"));
  EXPECT_TRUE(stage.log.empty()) << stage.all();
  EXPECT_EQ(ask("alice@corp.example/spark", "phone"), to_xml(Element("none")));
  stage.mqtt(
      "bob", "out/req",
      R"({"id":"d","request":"presence.send","device":"phone","contact":"carol@corp.example/c","state":"online"})");
  stage.forget_effects();
  EXPECT_EQ(ask(carol, "phone"), to_xml(Element("none")));  // she was told
  EXPECT_NE(ask("carol@corp.example/d", "phone"), to_xml(Element("none")));
}

TEST_P(ForgeriesTest, a_from_of_somebody_else_changes_nothing) {
  const auto send = [&](const std::string& from) {
    stage.mqtt("bob", "out/msg", R"({"from":")" + from + R"(","to":"alice@corp.example","body":"x"})");
    stage.expect_stanza("<message from='bob@mqtt.corp.example' to='alice@corp.example'/>");
  };
  for (const char* own : {"bob@mqtt.corp.example", "bob@mqtt.corp.example/phone", "BOB@mqtt.corp.example", ""}) {
    stage.log.clear();
    send(own);
    EXPECT_TRUE(stage.log.empty()) << stage.all();
  }
  for (const char* other : {"anna@mqtt.corp.example", "alice@corp.example/spark", "@"}) {
    stage.log.clear();
    send(other);
    stage.expect_logged("event=stanza.refused reason=forged-sender from=bob@mqtt.corp.example to=alice@corp.example");
  }
}

TEST_P(ForgeriesTest, nobody_is_a_room) {
  from(carol, "<body>b</body>", "type='groupchat' id='m'");
  stage.expect_stanza("<message type='error' id='m'/>");
  stage.expect_quiet();
  stage.expect_logged("event=stanza.refused reason=groupchat from=" + std::string(carol));
}

TEST_P(ForgeriesTest, probes_of_strangers_and_questions_that_only_watchers_may_ask) {
  stage.xmpp("<presence type='probe' from='carol@corp.example/c' to='bob@mqtt.corp.example'/>");
  stage.expect_stanza("<presence type='unsubscribed' to='carol@corp.example'/>");
  stage.expect_logged("event=stanza.refused reason=probe-by-no-watcher from=carol@corp.example/c");
  stage.xmpp(
      "<iq type='get' id='i' from='carol@corp.example/c' to='bob@mqtt.corp.example'><query "
      "xmlns='jabber:iq:last'/></iq>");
  stage.expect_stanza("<iq type='error' id='i'/>");
  stage.expect_logged("event=stanza.refused reason=not-a-watcher from=carol@corp.example/c");
  stage.expect_quiet();
}

TEST_P(ForgeriesTest, a_refused_publish_or_request_is_one_line) {
  InPublish p;
  p.topic = Stage::topic("bob", "out/x\" level=error event=forged a=\"\n");
  p.payload = "{}";
  stage.publish(p);
  stage.expect_logged(
      R"(event=publish.refused user=bob@mqtt.corp.example topic="out/x\" level=error event=forged a=\"\x0A" condition=item-not-found)");
  p.topic = "im/v1/u/=2b@mqtt.corp.example/out/msg";
  stage.publish(p);
  stage.expect_logged(R"(event=publish.refused topic="im/v1/u/=2b@mqtt.corp.example/out/msg" condition=)");
  p.topic = "im/v1/u/bob@elsewhere.example/out/msg";
  stage.publish(p);
  stage.expect_logged("event=publish.refused topic=im/v1/u/bob@elsewhere.example/out/msg condition=item-not-found");
  p.topic = Stage::topic("bob", "out/req");
  p.payload = R"({"id":"q 1","request":"who"})";
  p.response_topic = Stage::topic("anna", "in/res/phone");
  stage.publish(p);
  stage.expect_logged(R"(event=request.refused user=bob@mqtt.corp.example id="q 1" )");
  stage.forget_effects();
}

TEST(LogValue, NothingLooksLikeALineOrAFieldOfOurs) {
  EXPECT_EQ(log_value("plain/text@x"), "plain/text@x");
  EXPECT_EQ(log_value(""), "\"\"");
  EXPECT_EQ(log_value("a b"), "\"a b\"");
  EXPECT_EQ(log_value("a=b"), "\"a=b\"");
  EXPECT_EQ(log_value("a\"b\\c"), R"("a\"b\\c")");
  EXPECT_EQ(log_value("a\r\nb\0c\x7f\x1b[1m"), R"("a\x0D\x0Ab")");  // a literal ends at its first NUL
  EXPECT_EQ(log_value(std::string_view("b\0c\x7f\x1b[1m", 8)), R"("b\x00c\x7F\x1B[1m")");
  EXPECT_EQ(log_value("Grüße.漢📱"), "Grüße.漢📱");
  EXPECT_EQ(log_value("a\u0085b\u2028c\u202Ed\u2066"), R"("a\xC2\x85b\xE2\x80\xA8c\xE2\x80\xAEd\xE2\x81\xA6")");
  EXPECT_EQ(log_value("\xff\xc3"), R"("\xFF\xC3")");
  EXPECT_LT(log_value(std::string(5'000, 'x')).size(), 400U);
  std::string text;
  for (int i = 0; i < 200; ++i) text += "漢";
  EXPECT_TRUE(is_utf8(log_value(text)));
}

}  // namespace forgeries_test
}  // namespace ferry
