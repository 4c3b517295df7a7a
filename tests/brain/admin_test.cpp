// The administrator's commands, on a running gateway.
#include <algorithm>

#include "tests/brain/stage.h"

namespace ferry {
namespace admin_test {

class AdminTest : public Conversation {
 protected:
  void good(const std::string& command, const std::string& json = "{}") {
    answer(command, R"({"ok":true})"), expect(json);
  }
  void bad(const std::string& command, const std::string& part = "") {
    answer(command, R"({"ok":false})");
    EXPECT_NE(last_.find(part), std::string::npos) << last_;
  }
  void answer(const std::string& command, const std::string& json) {
    last_ = stage.command(command);
    expect(json);
  }
  void expect(const std::string& json) {
    const auto actual = JsonDocument::parse(last_), expected = JsonDocument::parse(json);
    ASSERT_TRUE(actual.ok() && expected.ok()) << last_;
    EXPECT_TRUE(matching::contains(actual->root(), expected->root())) << last_ << " has not " << json;
  }
  bool subscribed(const std::string& filter) const {
    return std::any_of(stage.subscribes.begin(), stage.subscribes.end(),
                       [&](const Subscribe& s) { return s.filter == filter; });
  }
  std::string last_;
};
FERRY_CONVERSATIONS(AdminTest);

TEST_P(AdminTest, unknown_and_malformed_commands_are_refused) {
  bad("{}", "unknown");
  bad(R"({"command":"dance"})", "unknown");
  bad(R"({"command":7})");
  bad("[]");
  for (const char* name : {"user.add", "user.remove", "user.show", "map.add", "map.remove", "map.import"})
    bad(R"({"command":")" + std::string(name) + "\"}");
  bad(R"({"command":"user.add","jid":"bob@mqtt.corp.example/phone"})", "bare");
  bad(R"({"command":"user.add","jid":"mqtt.corp.example"})", "bare");
}

TEST_P(AdminTest, a_user_is_added_and_sees_that) {
  good(R"({"command":"user.add","jid":"dave@mqtt.corp.example"})", R"({"topic":"im/v1/u/dave@mqtt.corp.example"})");
  stage.expect_publish("dave", "in/state", R"({"account":"hosted"})");
  bad(R"({"command":"user.add","jid":"dave@mqtt.corp.example"})", "exists");
  bad(R"({"command":"user.add","jid":"dave@elsewhere.example"})", "no user row");
  good(R"({"command":"user.list"})",
       R"({"users":["anna@mqtt.corp.example","bob@mqtt.corp.example","dave@mqtt.corp.example"]})");
  stage.xmpp("<message type='chat' from='alice@corp.example/a' to='dave@mqtt.corp.example'><body>Hi</body></message>");
  stage.expect_publish("dave", "in/msg", R"({"body":"Hi"})");
  stage.restart();
  good(R"({"command":"user.show","jid":"dave@mqtt.corp.example"})", R"({"jid":"dave@mqtt.corp.example","waiting":0})");
}

TEST_P(AdminTest, a_user_is_removed_with_everything_that_was_shown) {
  stage.online("bob", "phone");
  stage.befriend();
  stage.xmpp("<presence from='alice@corp.example/a' to='bob@mqtt.corp.example'/>");
  stage.xmpp("<presence from='carol@corp.example/a' to='bob@mqtt.corp.example'/>");
  stage.xmpp("<presence type='subscribe' from='dan@corp.example' to='bob@mqtt.corp.example'/>");
  stage.forget_effects();
  good(R"({"command":"user.remove","jid":"bob@mqtt.corp.example"})");
  for (const auto& [topic, payload] : stage.retained)
    EXPECT_FALSE(topic.starts_with("im/v1/u/bob@")) << topic << " is still there: " << payload;
  stage.expect_stanza("<presence type='unsubscribe' from='bob@mqtt.corp.example' to='alice@corp.example'/>");
  stage.expect_stanza("<presence type='unsubscribed' from='bob@mqtt.corp.example' to='alice@corp.example'/>");
  stage.expect_stanza("<presence type='unsubscribed' from='bob@mqtt.corp.example' to='dan@corp.example'/>");
  stage.expect_stanza("<presence type='unavailable' from='bob@mqtt.corp.example/phone' to='alice@corp.example'/>");
  stage.expect_no_stanza();
  bad(R"({"command":"user.remove","jid":"bob@mqtt.corp.example"})", "no user");
  stage.xmpp(
      "<message type='chat' from='alice@corp.example/a' to='bob@mqtt.corp.example' id='m'><body>Hi</body></message>");
  stage.expect_stanza("<message type='error' id='m'/>");
  stage.restart();
  good(R"({"command":"user.list"})", R"({"users":["anna@mqtt.corp.example"]})");
}

TEST_P(AdminTest, a_user_who_is_removed_while_the_server_is_away_still_says_goodbye) {
  stage.befriend();
  stage.component_down();
  good(R"({"command":"user.remove","jid":"bob@mqtt.corp.example"})");
  stage.component_up();
  stage.expect_stanza("<presence type='unsubscribe' from='bob@mqtt.corp.example' to='alice@corp.example'/>");
  stage.expect_stanza("<presence type='unsubscribed' from='bob@mqtt.corp.example' to='alice@corp.example'/>");
}

TEST_P(AdminTest, the_other_of_two_local_friends_sees_the_removal) {
  stage.mqtt("bob", "out/req", R"({"id":"q","request":"subscribe","contact":"anna@mqtt.corp.example"})");
  stage.mqtt("anna", "out/req", R"({"id":"q","request":"approve","contact":"bob@mqtt.corp.example"})");
  stage.online("anna", "tablet");
  good(R"({"command":"user.remove","jid":"anna@mqtt.corp.example"})");
  stage.expect_shown("bob", "in/contact/anna@mqtt.corp.example", R"({"subscription":"none"})");
  EXPECT_EQ(stage.shown("bob", "in/contact/anna@mqtt.corp.example/presence"), "");
}

TEST_P(AdminTest, a_feed_is_added_and_removed_while_running) {
  good(R"({"command":"map.add","row":"feed alarm@mqtt.corp.example factory/alarm"})");
  EXPECT_TRUE(subscribed("factory/alarm"));
  EXPECT_EQ(stage.subscribes.size(), 1u) << "only what is new";
  stage.xmpp("<presence type='subscribe' from='alice@corp.example' to='alarm@mqtt.corp.example'/>");
  stage.expect_stanza("<presence type='subscribed' from='alarm@mqtt.corp.example'/>");
  stage.forget_effects();
  good(R"({"command":"map.remove","jid":"alarm@mqtt.corp.example"})");
  EXPECT_EQ(stage.unsubscribes, std::vector<std::string>{"factory/alarm"});
  bad(R"({"command":"map.remove","jid":"alarm@mqtt.corp.example"})", "no row");
  bad(R"({"command":"map.remove","jid":"*@mqtt.corp.example"})", "configuration");
}

TEST_P(AdminTest, rows_are_remembered) {
  good(R"({"command":"map.add","row":"feed alarm@mqtt.corp.example factory/alarm write=alice@corp.example"})");
  std::vector<std::string> rows;
  stage.records->each_route([&](std::string_view text) { rows.emplace_back(text); });
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_TRUE(parse_row(rows[0]).ok());
  good(R"({"command":"map.list"})", R"({"rows":[{"from":"configuration"},{"from":"store"}]})");
  good(R"({"command":"map.remove","jid":"alarm@mqtt.corp.example"})");
  rows.clear();
  stage.records->each_route([&](std::string_view text) { rows.emplace_back(text); });
  EXPECT_TRUE(rows.empty());
}

TEST_P(AdminTest, a_user_moves_to_another_topic_while_running) {
  stage.befriend();
  stage.xmpp("<presence from='alice@corp.example/a' to='bob@mqtt.corp.example'/>");
  good(R"({"command":"map.add","row":"user bob@mqtt.corp.example people/bob"})");
  EXPECT_TRUE(subscribed("people/bob/out/#")) << "and nothing is missed";
  stage.xmpp("<message type='chat' from='alice@corp.example/a' to='bob@mqtt.corp.example'><body>Hi</body></message>");
  stage.expect_publish_on("people/bob/in/msg", R"({"body":"Hi"})");
  stage.publish(
      {"people/bob/out/msg", R"({"id":"m1","to":"alice@corp.example","body":"Hi"})", 1, false, 9, {}, {}, false});
  stage.expect_stanza("<message id='m1' from='bob@mqtt.corp.example'/>");
  for (const auto& [topic, payload] : stage.retained)
    EXPECT_FALSE(topic.starts_with("im/v1/u/bob@mqtt.corp.example/in/")) << topic << " is still there: " << payload;
  EXPECT_TRUE(stage.retained.contains("people/bob/in/contact/alice@corp.example"));
  EXPECT_TRUE(stage.retained.contains("people/bob/in/contact/alice@corp.example/presence"));
  EXPECT_TRUE(stage.retained.contains("people/bob/in/state"));
}

TEST_P(AdminTest, rows_that_cannot_stand_are_refused) {
  for (const char* row :
       {"", "user", "feed alarm@mqtt.corp.example im/v1/u/bob@mqtt.corp.example/in/msg",
        "user bob@mqtt.corp.example im/v1/u/anna@mqtt.corp.example", "user *@mqtt.corp.example {root}/v/{uid}"})
    bad(R"({"command":"map.add","row":")" + std::string(row) + "\"}");
  EXPECT_TRUE(stage.subscribes.empty());
  std::size_t rows = 0;
  stage.records->each_route([&](std::string_view) { ++rows; });
  EXPECT_EQ(rows, 0u);
}

TEST_P(AdminTest, an_import_names_the_lines_that_are_wrong) {
  good(
      R"({"command":"map.import","rows":["feed a@mqtt.corp.example x/a","nonsense","feed b@mqtt.corp.example x/b",7]})",
      R"({"added":2,"problems":[{"line":2},{"line":4}]})");
  EXPECT_TRUE(subscribed("x/a"));
  EXPECT_TRUE(subscribed("x/b"));
}

TEST_P(AdminTest, the_table_is_checked_and_explained) {
  good(R"({"command":"map.check"})", R"({"good":true})");
  good(R"({"command":"map.explain","text":"bob@mqtt.corp.example"})");
  EXPECT_NE(Stage::field(last_, "text").find("im/v1/u/bob@mqtt.corp.example"), std::string::npos);
  good(R"({"command":"acl"})");
  EXPECT_NE(Stage::field(last_, "text").find("pattern"), std::string::npos);
}

TEST_P(AdminTest, the_status_shows_links_and_counters) {
  good(R"({"command":"status"})", R"j({"version":"0.1","xmpp":"up","broker":"up (MQTT 5)","users":2,"rows":1})j");
  stage.component_down();
  good(R"({"command":"status"})", R"({"xmpp":"down"})");
}

TEST_P(AdminTest, a_writable_feed_needs_mqtt_5) {
  stage.broker_down();
  stage.broker_up(true, false);
  bad(R"({"command":"map.add","row":"feed lamp@mqtt.corp.example home/lamp write=corp.example"})", "MQTT 5");
}

TEST_P(AdminTest, a_user_is_shown_with_devices_and_contacts) {
  stage.online("bob", "phone");
  stage.befriend();
  good(
      R"({"command":"user.show","jid":"bob@mqtt.corp.example"})",
      R"({"devices":[{"device":"phone","state":"online"}],"contacts":[{"jid":"alice@corp.example","subscription":"both"}]})");
}

}  // namespace admin_test
}  // namespace ferry
