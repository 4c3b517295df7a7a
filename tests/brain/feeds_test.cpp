// Feeds: a JID that stands for a topic.
#include "gateway/brain/feeds.h"

#include "tests/brain/stage.h"

namespace ferry {
namespace feeds_test {

class FeedsTest : public testing::TestWithParam<Where> {
 protected:
  Stage stage{GetParam(),
              {{"user *@mqtt.corp.example {root}/u/{uid}", "feed alarm@mqtt.corp.example factory/line1/alarm",
                "feed lamp@mqtt.corp.example home/lamp write=alice@corp.example,friends.example follow=corp.example",
                "feed all@mqtt.corp.example plant/# follow=none"},
               [](Options& o) {
                 o.limits.feed_rate = 1;
                 o.limits.feed_burst = 2;
               },
               true}};
  void follow(const std::string& feed = "alarm", const std::string& who = "alice@corp.example",
              const std::string& type = "subscribe") {
    stage.xmpp("<presence type='" + type + "' from='" + who + "' to='" + feed + "@mqtt.corp.example'/>");
  }
  void value(const std::string& topic, const std::string& payload, bool retain = false, int qos = 1) {
    stage.publish({topic, payload, qos, retain, 1, {}, {}, false});
  }
  void say(const std::string& feed, const std::string& text, const std::string& from = "alice@corp.example/a",
           const std::string& more = "") {
    stage.xmpp("<message type='chat' id='m' from='" + from + "' to='" + feed + "@mqtt.corp.example'><body>" + text +
               "</body>" + more + "</message>");
  }
  Element news(const std::string& text, const std::string& feed = "alarm",
               const std::string& to = "alice@corp.example") {
    return stage.expect_stanza("<message type='chat' from='" + feed + "@mqtt.corp.example' to='" + to + "'><body>" +
                               text + "</body></message>");
  }
  void refused(const std::string& condition) {
    stage.expect_stanza("<message type='error' id='m'><error><" + condition +
                        " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
    stage.expect_quiet();
  }
};
FERRY_CONVERSATIONS(FeedsTest);

TEST_P(FeedsTest, who_follows_gets_what_is_published) {
  follow();
  stage.expect_stanza("<presence type='subscribed' from='alarm@mqtt.corp.example' to='alice@corp.example'/>");
  stage.expect_stanza("<presence from='alarm@mqtt.corp.example' to='alice@corp.example'/>");
  stage.expect_quiet();
  value("factory/line1/alarm", "Fire!");
  news("Fire!");
  stage.expect_quiet();
  follow("alarm", "alice@corp.example", "unsubscribe");
  stage.expect_stanza("<presence type='unsubscribed' to='alice@corp.example'/>");
  stage.forget_effects();
  value("factory/line1/alarm", "Fire!");
  stage.expect_quiet();
}

TEST_P(FeedsTest, what_is_refused_leaves_a_line) {
  const std::string eve = " from=eve@elsewhere.example", refused_line = "event=stanza.refused reason=not-a-";
  for (const char* type : {"subscribe", "probe"}) {
    follow("lamp", "eve@elsewhere.example", type);
    stage.expect_logged(refused_line + "follower" + eve + " to=lamp@mqtt.corp.example");
  }
  say("lamp", "?", "eve@elsewhere.example/x");
  stage.expect_logged(refused_line + "follower" + eve);
  say("lamp", "on", "eve@elsewhere.example/x");
  stage.expect_logged(refused_line + "writer" + eve);
}

TEST_P(FeedsTest, followers_outlive_the_gateway) {
  follow();
  stage.restart();
  stage.links_up();
  stage.forget_effects();
  value("factory/line1/alarm", "Fire!");
  news("Fire!");
}

TEST_P(FeedsTest, only_those_may_follow_whom_the_row_names) {
  follow("alarm", "eve@elsewhere.example");
  stage.expect_stanza("<presence type='unsubscribed' to='eve@elsewhere.example'/>");
  follow("all");
  stage.expect_stanza("<presence type='unsubscribed' from='all@mqtt.corp.example'/>");
  follow("lamp", "bob@mqtt.corp.example");
  follow("lamp");
  stage.expect_stanza("<presence type='subscribed' from='lamp@mqtt.corp.example' to='alice@corp.example'/>");
  stage.forget_effects();
  value("factory/line1/alarm", "x");
  value("home/lamp", "on");
  news("on", "lamp");
  stage.expect_quiet();
}

TEST_P(FeedsTest, users_of_ours_follow_too) {
  stage.mqtt("bob", "out/req", R"({"id":"q","request":"subscribe","contact":"alarm@mqtt.corp.example"})");
  stage.expect_shown("bob", "in/contact/alarm@mqtt.corp.example", R"({"subscription":"to"})");
  stage.expect_shown("bob", "in/contact/alarm@mqtt.corp.example/presence", R"({"state":"online"})");
  value("factory/line1/alarm", "Fire!");
  stage.expect_publish("bob", "in/msg", R"({"from":"alarm@mqtt.corp.example","body":"Fire!"})");
  stage.mqtt("bob", "out/req", R"({"id":"q","request":"feed.last","contact":"alarm@mqtt.corp.example"})");
  stage.expect_publish("bob", "in/msg", R"({"body":"Fire!"})");
  stage.mqtt("bob", "out/req", R"({"id":"q","request":"feed.last","contact":"all@mqtt.corp.example"})");
  stage.expect_publish("bob", "in/res/-", R"({"ok":false,"error":{"condition":"forbidden"}})");
}

TEST_P(FeedsTest, only_those_may_write_whom_the_row_names) {
  say("lamp", "on");
  ASSERT_EQ(stage.publishes.size(), 1u) << stage.all();
  EXPECT_EQ(stage.publishes[0].topic, "home/lamp");
  EXPECT_EQ(stage.publishes[0].payload, "on");
  EXPECT_FALSE(stage.publishes[0].retain);
  stage.forget_effects();
  say("lamp", "on", "x@friends.example/a", "<request xmlns='urn:xmpp:receipts'/>");
  stage.expect_stanza("<message to='x@friends.example/a'><received xmlns='urn:xmpp:receipts' id='m'/></message>");
  EXPECT_EQ(stage.publishes.size(), 1u);
  stage.forget_effects();
  say("lamp", "on", "carol@corp.example/a");
  refused("forbidden");
  say("alarm", "all clear");
  refused("forbidden");
  stage.broker_down();
  stage.forget_effects();
  say("lamp", "on");
  refused("recipient-unavailable");
}

TEST_P(FeedsTest, a_question_mark_asks_for_the_last_value) {
  say("alarm", "?");
  news("No value yet.");
  value("factory/line1/alarm", "21", true);
  stage.expect_quiet();
  say("alarm", "?");
  news("21");
  say("alarm", "?", "eve@elsewhere.example/a");
  refused("forbidden");
  follow();
  news("21");
}

TEST_P(FeedsTest, what_was_there_before_is_no_news) {
  follow();
  stage.forget_effects();
  value("factory/line1/alarm", "old", true);
  stage.expect_quiet();
}

TEST_P(FeedsTest, a_flood_is_cut_and_says_so) {
  follow();
  stage.forget_effects();
  for (int i = 0; i < 5; ++i) value("factory/line1/alarm", std::to_string(i));
  news("0");
  news("1");
  stage.expect_quiet();
  stage.time(1 * second);
  value("factory/line1/alarm", "5");
  news("5\n[3 values before this one were left out]");
  stage.time(1 * second);
  value("factory/line1/alarm", "6");
  news("6");
}

TEST_P(FeedsTest, values_are_readable) {
  follow();
  stage.forget_effects();
  value("factory/line1/alarm", std::string("\x00\xff\x01", 3));
  news("[3 bytes that are no text]");
  value("factory/line1/alarm", "");
  stage.expect_quiet();
  EXPECT_EQ(readable(R"({"temperature":21.5,"unit":"C","tags":["a","b"],"on":true,"none":null})"),
            "temperature: 21.5\nunit: C\ntags:\n  - a\n  - b\non: true\nnone: null");
  EXPECT_EQ(readable("{broken"), "{broken");
  EXPECT_EQ(readable("{}"), "{}");
  EXPECT_EQ(readable("21"), "21");
  EXPECT_EQ(readable("\xc3\x28"), std::nullopt);
  const std::string longest = *readable(std::string(Feeds::max_text - 1, 'x') + "\u00e9\u00e9");
  EXPECT_TRUE(is_xml_text(longest));
  EXPECT_NE(longest.find("[cut: "), std::string::npos);
}

TEST_P(FeedsTest, probes_and_links_show_whether_it_is_alive) {
  follow();
  stage.forget_effects();
  follow("alarm", "alice@corp.example", "probe");
  EXPECT_EQ(stage.expect_stanza("<presence from='alarm@mqtt.corp.example' to='alice@corp.example'/>").attr("type"),
            nullptr);
  follow("alarm", "carol@corp.example", "probe");
  stage.expect_stanza("<presence type='unsubscribed' to='carol@corp.example'/>");
  stage.broker_down();
  stage.expect_stanza("<presence type='unavailable' from='alarm@mqtt.corp.example'/>");
  stage.broker_up(true);
  stage.expect_stanza("<presence from='alarm@mqtt.corp.example' to='alice@corp.example'/>");
  stage.shut_down();
  stage.expect_stanza("<presence type='unavailable' from='alarm@mqtt.corp.example'/>");
}

TEST_P(FeedsTest, a_filter_names_the_topic_of_each_value) {
  stage.options.component.server = "corp.example";
  value("plant/a/b", "7");
  stage.expect_quiet();
  stage.xmpp(
      "<iq type='get' id='i' from='alice@corp.example/a' to='all@mqtt.corp.example'><query "
      "xmlns='http://jabber.org/protocol/disco#info'/></iq>");
  stage.expect_stanza(
      "<iq type='result' id='i'><query xmlns='http://jabber.org/protocol/disco#info'><identity "
      "category='automation'/></query></iq>");
}

TEST_P(FeedsTest, feeds_are_subscribed_without_echo) {
  stage.broker_down();
  stage.broker_up(true);
  std::map<std::string, bool> filters;
  for (const Subscribe& s : stage.subscribes) filters[s.filter] = s.no_local;
  for (const char* filter : {"factory/line1/alarm", "home/lamp", "plant/#"}) EXPECT_TRUE(filters[filter]) << filter;
}

TEST_P(FeedsTest, errors_and_chat_states_are_not_written) {
  stage.xmpp("<message type='error' from='alice@corp.example/a' to='lamp@mqtt.corp.example'><body>x</body></message>");
  stage.xmpp(
      "<message type='chat' from='alice@corp.example/a' to='lamp@mqtt.corp.example'><active "
      "xmlns='http://jabber.org/protocol/chatstates'/></message>");
  stage.expect_quiet();
}

}  // namespace feeds_test
}  // namespace ferry
