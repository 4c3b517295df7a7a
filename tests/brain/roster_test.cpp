// Rosters: requests and answers, removal, what a user is shown of them.
#include "tests/brain/stage.h"

namespace ferry {
namespace roster_test {

class RosterTest : public Conversation {
 protected:
  void ask(const std::string& request, const std::string& more = "") {
    stage.mqtt("bob", "out/req",
               R"({"id":"q","request":")" + request + R"(","contact":"alice@corp.example")" + more + "}");
  }
  void good() { stage.expect_publish("bob", "in/res/-", R"({"id":"q","ok":true})"); }
  void bad(const std::string& condition) {
    stage.expect_publish("bob", "in/res/-", R"({"id":"q","ok":false,"error":{"condition":")" + condition + "\"}}");
  }
  void from_alice(const std::string& type, const std::string& inside = "") {
    stage.xmpp("<presence from='alice@corp.example' to='bob@mqtt.corp.example' type='" + type + "'>" + inside +
               "</presence>");
  }
  Element to_alice(const std::string& type) {
    return stage.expect_stanza("<presence from='bob@mqtt.corp.example' to='alice@corp.example' type='" + type + "'/>");
  }
  void item(const std::string& json) { stage.expect_publish("bob", "in/contact/alice@corp.example", json); }
};
FERRY_CONVERSATIONS(RosterTest);

TEST_P(RosterTest, a_contact_is_added_with_name_and_groups) {
  ask("roster.add", R"(,"name":"Alice","groups":["Friends","Work"])");
  item(R"({"jid":"alice@corp.example","name":"Alice","groups":["Friends","Work"],"subscription":"none"})");
  EXPECT_TRUE(stage.last.retain);
  good();
  stage.expect_quiet();
}

TEST_P(RosterTest, what_is_so_already_is_not_written_again) {
  ask("roster.add", R"(,"name":"Alice")");
  stage.forget_effects();
  ask("roster.add", R"(,"name":"Alice")");
  good();
  stage.expect_quiet();
}

TEST_P(RosterTest, an_update_keeps_what_it_does_not_name) {
  ask("roster.add", R"(,"name":"Alice","groups":["Work"])");
  stage.forget_effects();
  ask("roster.update", R"(,"name":"Al")");
  item(R"({"name":"Al","groups":["Work"]})");
}

TEST_P(RosterTest, an_update_of_nobody_is_an_error) {
  ask("roster.update", R"(,"name":"Al")");
  bad("item-not-found");
}

TEST_P(RosterTest, the_list_has_everyone_sorted) {
  stage.mqtt("bob", "out/req", R"({"id":"1","request":"roster.add","contact":"zoe@corp.example"})");
  stage.mqtt("bob", "out/req", R"({"id":"2","request":"roster.add","contact":"alice@corp.example"})");
  stage.forget_effects();
  ask("roster.get");
  stage.expect_publish(
      "bob", "in/res/-",
      R"({"ok":true,"result":{"contacts":[{"jid":"alice@corp.example"},{"jid":"zoe@corp.example"}]}})");
}

TEST_P(RosterTest, a_long_list_comes_in_pages_that_fit) {
  stage.options.limits.message_bytes = 16'384;
  constexpr int contacts = 500;
  for (int i = 0; i < contacts; ++i)
    stage.mqtt("bob", "out/req",
               R"({"id":"1","request":"roster.add","contact":"c)" + std::to_string(i) + R"(@corp.example"})");
  std::string after;
  std::vector<std::string> seen;
  for (int page = 0; page < contacts; ++page) {
    stage.forget_effects();
    stage.mqtt("bob", "out/req", R"({"id":"2","request":"roster.get","after":")" + after + "\"}");
    const std::string payload = stage.expect_publish("bob", "in/res/-", R"({"ok":true})");
    EXPECT_LE(payload.size(), stage.options.limits.message_bytes);
    const auto document = JsonDocument::parse(payload);
    ASSERT_TRUE(document.ok());
    document->root()["result"]["contacts"].each([&](JsonView c) { seen.emplace_back(c["jid"].string().value_or("")); });
    const auto next = document->root()["result"]["next"].string();
    if (!next) break;
    EXPECT_EQ(*next, seen.back());
    after = *next;
  }
  EXPECT_EQ(seen.size(), std::size_t{contacts});
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  stage.mqtt("bob", "out/req", R"({"id":"3","request":"roster.get","limit":2})");
  stage.expect_publish("bob", "in/res/-", R"({"id":"3","result":{"contacts":[{},{}],"next":"c100@corp.example"}})");
  stage.mqtt("bob", "out/req", R"({"id":"4","request":"roster.get","limit":0})");
  stage.expect_publish("bob", "in/res/-", R"({"id":"4","error":{"condition":"bad-request"}})");
}

TEST_P(RosterTest, subscribing_asks_and_the_answer_is_shown) {
  ask("subscribe", R"(,"text":"It is me")");
  EXPECT_EQ(to_alice("subscribe").child("status", ns::client)->text(), "It is me");
  item(R"({"subscription":"none","ask":"subscribe"})");
  good();
  from_alice("subscribed");
  item(R"({"subscription":"to"})");
  EXPECT_EQ(stage.shown("bob", "in/contact/alice@corp.example").find("ask"), std::string::npos);
  stage.expect_publish("bob", "in/contact/alice@corp.example/presence", R"({"state":"offline"})");
  stage.expect_quiet();
}

TEST_P(RosterTest, a_refused_subscription_is_shown) {
  ask("subscribe");
  stage.forget_effects();
  from_alice("unsubscribed");
  item(R"({"subscription":"none"})");
  EXPECT_EQ(stage.shown("bob", "in/contact/alice@corp.example").find("ask"), std::string::npos);
}

TEST_P(RosterTest, what_a_contact_writes_with_a_request_is_shown) {
  stage.online("bob", "phone");
  stage.xmpp(
      "<presence type='subscribe' from='alice@corp.example' to='bob@mqtt.corp.example'><status>From the course</status>"
      "</presence>");
  stage.expect_publish("bob", "in/contact/alice@corp.example", R"({"request":true,"text":"From the course"})");
}

TEST_P(RosterTest, a_request_is_shown_and_approved) {
  stage.online("bob", "phone");
  stage.forget_effects();
  from_alice("subscribe", "<status>Hello</status>");
  item(R"({"jid":"alice@corp.example","request":true,"subscription":"none"})");
  stage.expect_quiet();
  ask("approve");
  to_alice("subscribed");
  stage.expect_stanza("<presence from='bob@mqtt.corp.example/phone' to='alice@corp.example'/>");
  item(R"({"subscription":"from"})");
  EXPECT_EQ(stage.shown("bob", "in/contact/alice@corp.example").find("request"), std::string::npos);
  good();
}

TEST_P(RosterTest, a_request_that_comes_again_is_shown_once) {
  from_alice("subscribe");
  stage.forget_effects();
  from_alice("subscribe");
  stage.expect_quiet();
}

TEST_P(RosterTest, a_request_that_is_taken_back_is_cleared) {
  from_alice("subscribe");
  from_alice("unsubscribe");
  EXPECT_EQ(stage.shown("bob", "in/contact/alice@corp.example"), "");
}

TEST_P(RosterTest, a_denial_clears_the_request_and_sticks) {
  from_alice("subscribe");
  stage.forget_effects();
  ask("deny");
  to_alice("unsubscribed");
  stage.expect_cleared("bob", "in/contact/alice@corp.example");
  good();
  from_alice("subscribe");
  to_alice("unsubscribed");
  stage.expect_quiet();
  stage.restart();
  stage.links_up();
  stage.forget_effects();
  from_alice("subscribe");
  to_alice("unsubscribed");
  EXPECT_EQ(stage.shown("bob", "in/contact/alice@corp.example"), "");
}

TEST_P(RosterTest, an_approval_takes_the_denial_back) {
  from_alice("subscribe");
  ask("deny");
  ask("approve");
  stage.forget_effects();
  from_alice("subscribe");
  to_alice("subscribed");
}

TEST_P(RosterTest, a_pre_approval_is_shown_and_answers_for_the_user) {
  ask("approve");
  item(R"({"approved":true})");
  stage.expect_no_stanza();
  stage.forget_effects();
  from_alice("subscribe");
  to_alice("subscribed");
  item(R"({"subscription":"from"})");
}

TEST_P(RosterTest, a_subscription_that_nobody_asked_for_is_ignored) {
  from_alice("subscribed");
  from_alice("unsubscribed");
  from_alice("unsubscribe");
  stage.expect_quiet();
}

TEST_P(RosterTest, who_is_subscribed_already_is_told_so) {
  stage.befriend();
  from_alice("subscribe");
  to_alice("subscribed");
  stage.expect_quiet();
}

TEST_P(RosterTest, removal_ends_everything_both_ways) {
  stage.online("bob", "phone");
  stage.befriend();
  stage.xmpp("<presence from='alice@corp.example/spark' to='bob@mqtt.corp.example'/>");
  stage.forget_effects();
  ask("roster.remove");
  to_alice("unsubscribe");
  to_alice("unsubscribed");
  stage.expect_stanza("<presence from='bob@mqtt.corp.example/phone' to='alice@corp.example' type='unavailable'/>");
  stage.expect_cleared("bob", "in/contact/alice@corp.example");
  stage.expect_cleared("bob", "in/contact/alice@corp.example/presence");
  good();
  stage.expect_quiet();
  stage.restart();
  stage.links_up();
  stage.settle();
  EXPECT_EQ(stage.shown("bob", "in/contact/alice@corp.example"), "");
}

TEST_P(RosterTest, removal_of_nobody_is_an_error) {
  ask("roster.remove");
  bad("item-not-found");
}

TEST_P(RosterTest, unsubscribing_ends_what_was_seen) {
  stage.befriend();
  stage.xmpp("<presence from='alice@corp.example/spark' to='bob@mqtt.corp.example'/>");
  stage.forget_effects();
  ask("unsubscribe");
  to_alice("unsubscribe");
  item(R"({"subscription":"from"})");
  stage.expect_cleared("bob", "in/contact/alice@corp.example/presence");
}

TEST_P(RosterTest, the_contact_unsubscribes) {
  stage.online("bob", "phone");
  stage.befriend();
  from_alice("unsubscribe");
  item(R"({"subscription":"to"})");
  stage.expect_stanza("<presence from='bob@mqtt.corp.example/phone' type='unavailable' to='alice@corp.example'/>");
}

TEST_P(RosterTest, nobody_is_their_own_contact) {
  for (const char* request : {"roster.add", "subscribe", "approve"}) {
    stage.mqtt("bob", "out/req",
               R"({"id":"q","request":")" + std::string(request) + R"(","contact":"bob@mqtt.corp.example"})");
    bad("not-allowed");
  }
  stage.xmpp("<presence from='bob@mqtt.corp.example' to='bob@mqtt.corp.example' type='subscribe'/>");
  EXPECT_EQ(stage.shown("bob", "in/contact/bob@mqtt.corp.example"), "");
}

TEST_P(RosterTest, an_unanswered_subscription_is_asked_again_with_the_next_stream) {
  ask("subscribe");
  stage.forget_effects();
  stage.component_down();
  stage.component_up();
  to_alice("subscribe");
}

TEST_P(RosterTest, subscriptions_made_while_the_server_is_away_reach_it_later) {
  stage.component_down();
  ask("subscribe");
  good();
  stage.expect_no_stanza();
  stage.component_up();
  to_alice("subscribe");
}

TEST_P(RosterTest, the_roster_is_shown_again_when_the_broker_forgot) {
  stage.befriend();
  stage.broker_down();
  stage.retained.clear();
  stage.time(1 * second);
  stage.broker_up(false);
  stage.settle();
  stage.expect_shown("bob", "in/contact/alice@corp.example", R"({"subscription":"both"})");
  stage.expect_shown("bob", "in/contact/alice@corp.example/presence", R"({"state":"offline"})");
  stage.expect_shown("bob", "in/state", R"({"account":"hosted","links":{"xmpp":"up"}})");
}

TEST_P(RosterTest, a_name_too_long_for_a_topic_is_refused_politely) {
  const std::string longest(300, 'x');
  stage.mqtt("bob", "out/req", R"({"id":"q","request":"roster.add","contact":")" + longest + "@corp.example\"}");
  bad("not-acceptable");
  stage.xmpp("<presence from='" + longest + "@corp.example' to='bob@mqtt.corp.example' type='subscribe'/>");
  stage.expect_stanza("<presence type='unsubscribed' to='" + longest + "@corp.example'/>");
  stage.xmpp("<presence from='" + longest + "@corp.example/x' to='bob@mqtt.corp.example'/>");
  stage.expect_quiet();
}

TEST_P(RosterTest, a_full_roster_says_so) {
  stage.options.limits.roster_items = 1;
  stage.mqtt("bob", "out/req", R"({"id":"q","request":"roster.add","contact":"carol@corp.example"})");
  stage.forget_effects();
  ask("roster.add");
  bad("resource-constraint");
  from_alice("subscribe");
  to_alice("unsubscribed");
  stage.expect_quiet();
}

// Shown again is whatever is there; nothing else would say of what is not there that it must go.
TEST_P(RosterTest, what_was_cleared_as_the_process_died_is_cleared_again) {
  stage.befriend();
  const std::string item = "in/contact/alice@corp.example";
  ASSERT_NE(stage.shown("bob", item), "");
  stage.crash_in = 1;
  EXPECT_THROW(ask("roster.remove"), Stage::Crash);
  ASSERT_NE(stage.shown("bob", item), "") << "it went out: this test proves nothing";
  stage.restart();
  stage.links_up();
  stage.settle();
  EXPECT_EQ(stage.shown("bob", item), "");
  EXPECT_EQ(stage.records->meta("uncleared"), "") << "and is not cleared for ever";
}

}  // namespace roster_test
}  // namespace ferry
