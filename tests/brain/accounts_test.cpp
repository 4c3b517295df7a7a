// Accounts: from legacy to moved and back, one step at a time; cohorts, pauses, stops; what survives a restart.
#include "tests/brain/account_stage.h"

namespace ferry {
namespace accounts_test {

class AccountsTest : public AccountConversation {};
FERRY_CONVERSATIONS(AccountsTest);

TEST_P(AccountsTest, a_plan_alone_changes_nothing) {
  plan();
  run();
  EXPECT_EQ(state(), "legacy");
  EXPECT_TRUE(server.up.empty());
  stage.expect_quiet();
}

TEST_P(AccountsTest, without_go_a_plan_is_only_said) {
  const std::string answer = ask(R"({"command":"migrate.plan","cohort":"pilot","jids":["bob@corp.example"]})");
  EXPECT_NE(answer.find(R"("done":false,"added":1)"), std::string::npos) << answer;
  EXPECT_NE(ask(R"({"command":"migrate.show","jid":"bob@corp.example"})").find("is in no plan"), std::string::npos);
}

TEST_P(AccountsTest, only_accounts_of_the_legacy_server_can_be_planned) {
  const std::string answer = ask(
      R"({"command":"migrate.plan","cohort":"pilot","jids":["bob@mqtt.corp.example","x@else.example","@"],"go":true})");
  EXPECT_NE(answer.find(R"("added":0)"), std::string::npos) << answer;
  EXPECT_NE(answer.find("expected an account of corp.example"), std::string::npos) << answer;
}

TEST_P(AccountsTest, a_shadow_session_says_nothing_and_shows_nothing) {
  plan();
  start("shadow");
  EXPECT_EQ(state(), "shadow");
  EXPECT_TRUE(server.up.contains(account));
  EXPECT_TRUE(server.presences.empty());
  server.deliver(account, "<message from='alice@corp.example/spark' type='chat' id='1'><body>Hi</body></message>");
  server.deliver(account, "<iq from='alice@corp.example/spark' type='get' id='2'><ping xmlns='urn:xmpp:ping'/></iq>");
  EXPECT_TRUE(server.sent.empty());
  stage.expect_quiet();
  EXPECT_EQ(stage.counter("shadow_messages"), 1U);
}

TEST_P(AccountsTest, shadow_notes_what_would_not_arrive) {
  plan();
  start("shadow");
  server.deliver(account,
                 "<iq type='set' id='p'><query xmlns='jabber:iq:roster'><item jid='a b@@' "
                 "subscription='both'/></query></iq>");
  const std::string answer = ask(R"({"command":"migrate.show","jid":"bob@corp.example"})");
  EXPECT_NE(answer.find(R"("kind":"roster")"), std::string::npos) << answer;
  EXPECT_NE(answer.find(R"("differences":1)"), std::string::npos) << answer;
}

TEST_P(AccountsTest, dual_shows_the_roster_and_the_state) {
  plan();
  start("dual");
  EXPECT_EQ(state(), "dual");
  stage.expect_shown(account, "in/state", R"({"account":"dual","links":{"xmpp":"up"}})");
  stage.expect_shown(account, "in/contact/alice@corp.example",
                     R"({"jid":"alice@corp.example","name":"Alice","groups":["Friends"],"subscription":"both"})");
  stage.expect_shown(account, "in/contact/dave@corp.example", R"({"subscription":"none","ask":"subscribe"})");
  EXPECT_NE(server.presences[account].find("unavailable"), std::string::npos) << "no device, nobody to be seen";
  EXPECT_TRUE(server.sent.empty());
}

TEST_P(AccountsTest, moved_is_one_step_more_and_back_to_dual_is_no_way_back) {
  plan();
  start("moved");
  EXPECT_EQ(state(), "moved");
  stage.expect_shown(account, "in/state", R"({"account":"moved"})");
  start("dual");
  EXPECT_EQ(state(), "dual");
}

TEST_P(AccountsTest, back_leaves_nothing) {
  const OldAccount before = server.accounts[account];
  dual();
  back();
  EXPECT_EQ(state(), "legacy");
  EXPECT_EQ(server.accounts[account], before);
  EXPECT_FALSE(server.up.contains(account));
  for (const auto& [topic, payload] : stage.retained)
    EXPECT_EQ(topic.find(account), std::string::npos) << topic << " " << payload;
  EXPECT_NE(ask(R"({"command":"map.list"})").find("user *@mqtt"), std::string::npos);
  EXPECT_EQ(ask(R"({"command":"map.list"})").find(account), std::string::npos);
}

TEST_P(AccountsTest, a_broker_that_comes_back_is_not_told_again_of_whom_it_is_to_keep_nothing) {
  dual();
  ask(R"({"command":"migrate.back","cohort":"pilot","go":true})");
  for (int i = 0; i < 100 && stage.retained.contains("im/v1/u/bob@corp.example/in/state"); ++i) stage.time(10);
  ASSERT_EQ(state(), "back");
  stage.broker_down();
  stage.retained["im/v1/u/bob@corp.example/in/state"] = "{}";  // it was killed and read an older file
  stage.broker_up(false);
  run();
  EXPECT_EQ(state(), "legacy");
  for (const auto& [topic, payload] : stage.retained)
    EXPECT_EQ(topic.find(account), std::string::npos) << topic << " " << payload;
}

// Prosody gives a session that has asked the archive nothing of what it kept for who is offline.
TEST_P(AccountsTest, the_first_time_that_somebody_is_there_the_session_logs_in_anew_for_what_was_kept) {
  plan();
  start("shadow");
  server.deliver(account, "<message from='alice@corp.example/a' type='chat' id='k'><body>kept</body></message>");
  start("dual");
  EXPECT_EQ(server.log_ins[account], 1);
  stage.online(account, "phone");
  run();
  EXPECT_EQ(server.log_ins[account], 2);
  server.deliver(account,
                 "<message from='alice@corp.example/a' type='chat' id='k'><body>kept</body>"
                 "<delay xmlns='urn:xmpp:delay' stamp='2026-11-20T10:00:00Z'/></message>");
  stage.expect_publish(account, "in/msg", R"({"body":"kept"})");
  stage.offline(account, "phone");
  run();
  stage.online(account, "phone", "e2");
  run();
  EXPECT_EQ(server.log_ins[account], 2) << "once in a move";
}

// A phone that is there all the time, while ferryd starts and the log-in takes its time.
TEST_P(AccountsTest, who_is_there_before_the_session_is_up_is_given_what_was_kept_too) {
  plan();
  start("shadow");
  start("dual");
  server.reachable = false;
  server.lose(account);
  stage.online(account, "phone");
  run();
  EXPECT_TRUE(server.offline_first.contains(account));
  const int before = server.log_ins[account];
  server.reachable = true;
  server.come_up(account);
  run();
  EXPECT_EQ(server.log_ins[account], before + 1);
  server.lose(account);
  server.come_up(account);
  EXPECT_EQ(server.log_ins[account], before + 2) << "once in a move";
}

TEST_P(AccountsTest, who_appears_during_the_log_in_is_given_what_was_kept_by_the_next) {
  plan();
  start("dual");
  server.reachable = false;
  server.lose(account);
  stage.online(account, "phone");
  run();
  server.offline_first.clear();  // the log-in had begun without
  server.reachable = true;
  const int before = server.log_ins[account];
  server.come_up(account);
  run();
  EXPECT_EQ(server.log_ins[account], before + 2);
}

TEST_P(AccountsTest, presence_that_the_first_log_in_tells_before_it_is_up_stays) {
  plan();
  start("dual");
  server.accounts[account].there = {"<presence from='alice@corp.example/spark'/>",
                                    "<presence from='bob@corp.example/desk'/>"};
  stage.online(account, "phone");
  run();
  EXPECT_EQ(server.log_ins[account], 2) << "for what was kept";
  stage.time(6 * second);
  stage.expect_shown(account, "in/contact/alice@corp.example/presence", R"({"state":"online"})");
  EXPECT_NE(ask(R"({"command":"migrate.show","jid":"bob@corp.example"})").find(R"("other_clients":1)"),
            std::string::npos);
}

TEST_P(AccountsTest, who_is_legacy_has_no_subtree) {
  plan();
  stage.online(account, "phone");
  stage.expect_quiet();
  EXPECT_EQ(stage.counter("publishes_unrouted") + stage.counter("publishes_refused"), 1U);
}

TEST_P(AccountsTest, a_session_that_does_not_come_up_keeps_the_account_in_shadow) {
  server.reachable = false;
  plan();
  start("dual");
  EXPECT_EQ(state(), "shadow");
  server.reachable = true;
  server.come_up(account);
  run();
  EXPECT_EQ(state(), "dual");
}

TEST_P(AccountsTest, a_refused_log_in_is_told_and_counted) {
  plan();
  server.reachable = false;
  start("dual");
  stage.session_down(account, true);
  const std::string answer = ask(R"({"command":"migrate.show","jid":"bob@corp.example"})");
  EXPECT_NE(answer.find(R"("trouble":"not-authorized")"), std::string::npos) << answer;
  EXPECT_NE(answer.find(R"("errors":1)"), std::string::npos) << answer;
}

// One wrong file or port is every account's trouble, and nobody's mistake: neither counted nor stored.
TEST_P(AccountsTest, what_keeps_everybody_away_is_told_as_long_as_it_does) {
  plan();
  ask(R"({"command":"migrate.stop-on","cohort":"pilot","permille":1,"least":1})");
  server.reachable = false;
  start("dual");
  const auto down = [&](const std::string& reason) { stage.session_down({*Jid::parse(account), false, reason}); };
  down("SELF_SIGNED; what session.cafile holds");
  const std::string shown = ask(R"({"command":"migrate.show","jid":"bob@corp.example"})");
  EXPECT_NE(shown.find(R"("trouble":"SELF_SIGNED; what session.cafile holds")"), std::string::npos) << shown;
  EXPECT_NE(shown.find(R"("errors":0)"), std::string::npos) << shown;
  const std::string status = ask(R"({"command":"migrate.status"})");
  EXPECT_NE(status.find(R"("running":true)"), std::string::npos) << status;
  EXPECT_NE(status.find(R"("troubled":1)"), std::string::npos) << status;
  const std::string list = ask(R"({"command":"migrate.list","cohort":"pilot"})");
  EXPECT_NE(list.find("session.cafile"), std::string::npos) << list;
  down("the server is not there");
  EXPECT_NE(
      ask(R"({"command":"migrate.show","jid":"bob@corp.example"})").find(R"("trouble":"the server is not there")"),
      std::string::npos);
  server.reachable = true;
  server.come_up(account);
  run();
  EXPECT_EQ(state(), "dual");
  EXPECT_EQ(ask(R"({"command":"migrate.show","jid":"bob@corp.example"})").find("trouble"), std::string::npos);
}

// An older configuration, without [session]: said once at the start, and of each account, whatever its trouble was.
TEST_P(AccountsTest, without_a_server_for_sessions_it_is_said) {
  plan();
  server.reachable = false;
  start("dual");
  server.gateway_died();
  stage.options.session.host.clear();
  stage.restart();
  EXPECT_NE(ask(R"({"command":"migrate.list"})").find("no session can come up: [session]"), std::string::npos);
  EXPECT_EQ(stage.brain->sessions_wanted(), 1);
  stage.expect_logged("event=session.unconfigured accounts=1 advice=");
}

TEST_P(AccountsTest, a_cohort_stops_where_too_much_fails) {
  plan();
  ask(R"({"command":"migrate.stop-on","cohort":"pilot","permille":100,"least":1})");
  server.reachable = false;
  start("dual");
  stage.session_down(account, true);
  const std::string answer = ask(R"({"command":"migrate.status"})");
  EXPECT_NE(answer.find(R"("running":false,"stopped":"1 of 2 failed")"), std::string::npos) << answer;
  server.reachable = true;
  server.come_up(account);
  run();
  EXPECT_EQ(state(), "shadow");
  back();  // the way back is always open
  EXPECT_EQ(state(), "legacy");
}

TEST_P(AccountsTest, a_paused_cohort_stands_still_and_goes_on) {
  plan();
  server.reachable = false;
  start("dual");
  ask(R"({"command":"migrate.pause","cohort":"pilot"})");
  server.reachable = true;
  server.come_up(account);
  run();
  EXPECT_EQ(state(), "shadow");
  start("dual");
  EXPECT_EQ(state(), "dual");
}

TEST_P(AccountsTest, a_restart_goes_on_where_it_was) {
  dual();
  server.gateway_died();
  stage.restart();
  stage.links_up();
  EXPECT_EQ(state(), "dual");
  EXPECT_TRUE(server.up.contains(account));
  stage.expect_shown(account, "in/state", R"({"account":"dual","links":{"xmpp":"up"}})");
  const std::string answer = ask(R"({"command":"migrate.status"})");
  EXPECT_NE(answer.find(R"("name":"pilot","target":"dual","running":true)"), std::string::npos) << answer;
}

// Two are in the cohort; only bob is named.
class AccountsNamedTest : public AccountConversation {
 protected:
  AccountsNamedTest() {
    server.accounts[other];
    ask(R"({"command":"migrate.plan","cohort":"pilot","jids":["bob@corp.example","carol@corp.example"],"go":true})");
  }
  std::string start_bob(const std::string& to) {
    return ask(R"({"command":"migrate.start","jids":["bob@corp.example"],"go":true,"to":")" + to + "\"}");
  }
  void held_in_shadow() {
    server.reachable = false;
    start_bob("dual");
    run();
    ASSERT_EQ(state(), "shadow");
  }
  std::string after_the_session_came() {
    server.reachable = true;
    server.come_up(account);
    run();
    return state();
  }
  bool said(const std::string& command, const std::string& part) {
    const std::string answer = ask(R"({"command":")" + command + "\"}");
    return answer.find(part) != std::string::npos || (ADD_FAILURE() << answer, false);
  }
  static constexpr const char* other = "carol@corp.example";
};
FERRY_CONVERSATIONS(AccountsNamedTest);

TEST_P(AccountsNamedTest, who_is_started_by_name_goes_on_and_the_paused_cohort_stands) {
  start("shadow");
  ask(R"({"command":"migrate.start","cohort":"pilot","to":"moved","go":true})");
  ask(R"({"command":"migrate.pause","cohort":"pilot"})");
  EXPECT_NE(start_bob("dual").find(R"("go_on":1)"), std::string::npos);
  run();
  EXPECT_EQ(state(), "dual");
  EXPECT_NE(ask(R"({"command":"migrate.show","jid":"carol@corp.example"})").find(R"("state":"shadow")"),
            std::string::npos);
  said("migrate.status", R"("target":"moved","running":false)");
  said("migrate.status", R"("events_since_start":0)");  // those of bob are his own
}

TEST_P(AccountsNamedTest, who_is_there_already_is_not_on_the_way) {
  start("shadow");
  ask(R"({"command":"migrate.pause","cohort":"pilot"})");
  EXPECT_NE(start_bob("shadow").find(R"("there":1)"), std::string::npos);
  said("migrate.status", R"("named":0)");
}

TEST_P(AccountsNamedTest, the_rate_lasts) {
  ask(R"({"command":"migrate.start","jids":["bob@corp.example"],"go":true,"to":"shadow","rate":77})");
  stage.restart();
  said("migrate.status", R"("rate":77)");
}

TEST_P(AccountsNamedTest, what_the_cohort_has_counted_stays) {
  start("shadow");
  start_bob("dual");
  run();
  EXPECT_EQ(state(), "dual");
  said("migrate.status", R"("target":"shadow","running":true)");
  said("migrate.status", R"("events_since_start":2)");
}

TEST_P(AccountsNamedTest, who_was_named_goes_on_after_a_restart) {
  held_in_shadow();
  server.gateway_died();
  stage.restart();
  stage.links_up();
  said("migrate.status", R"("named":1)");
  EXPECT_EQ(after_the_session_came(), "dual");
  said("migrate.status", R"("named":0)");
}

TEST_P(AccountsNamedTest, a_pause_of_the_cohort_holds_who_was_named_too) {
  held_in_shadow();
  const std::string answer = ask(R"({"command":"migrate.pause","cohort":"pilot"})");
  EXPECT_NE(answer.find(R"("paused":0,"named":1)"), std::string::npos) << answer;
  server.gateway_died();
  stage.restart();
  stage.links_up();
  EXPECT_EQ(after_the_session_came(), "shadow");
}

TEST_P(AccountsNamedTest, who_is_started_with_the_cohort_again_goes_with_it) {
  held_in_shadow();
  start("dual");
  ask(R"({"command":"migrate.pause","cohort":"pilot"})");
  EXPECT_EQ(after_the_session_came(), "shadow");
}

TEST_P(AccountsTest, verify_finds_what_differs) {
  dual();
  server.accounts[account].roster["eve@corp.example"] = {"Eve", {}, true, true, false};  // and no push came
  ask(R"({"command":"migrate.verify","cohort":"pilot"})");
  const std::string answer = ask(R"({"command":"migrate.show","jid":"bob@corp.example"})");
  EXPECT_NE(answer.find(R"("peer":"eve@corp.example")"), std::string::npos) << answer;
  EXPECT_EQ(answer.find(R"("peer":"alice@corp.example")"), std::string::npos) << answer;
}

TEST_P(AccountsTest, verify_names_what_no_mqtt_client_is_shown) {
  dual();
  OldAccount& bob = server.accounts[account];
  bob.card = "<vCard xmlns='vcard-temp'><FN>Bob</FN><TITLE>Boss</TITLE><TEL><NUMBER>1</NUMBER></TEL><GEO/></vCard>";
  bob.stored =
      "<query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'>"
      "<conference jid='ops@rooms.corp.example' autojoin='1'/><conference/></storage></query>";
  bob.published =
      "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:bookmarks:1'>"
      "<item id='ops@rooms.corp.example'><conference xmlns='urn:xmpp:bookmarks:1'/></item>"
      "<item id='sea@rooms.corp.example'><conference xmlns='urn:xmpp:bookmarks:1'/></item></items></pubsub>";
  const auto verified = [&] {
    ask(R"({"command":"migrate.verify","cohort":"pilot"})");
    EXPECT_NE(ask(R"({"command":"migrate.status"})").find(R"("verifying":0)"), std::string::npos);
    const std::string shown = ask(R"({"command":"migrate.show","jid":"bob@corp.example"})");
    return shown.substr(shown.find(R"("differences")"));
  };
  const std::string found = verified();
  for (const char* words :
       {R"("differences":[],)",
        R"("kind":"card","peer":"bob@corp.example","text":"on the card, and in no profile: TITLE, TEL")",
        R"("kind":"room","peer":"ops@rooms.corp.example","text":"a room that they are always in, and are not in yet)"})
    EXPECT_NE(found.find(words), std::string::npos) << words << "\n" << found;
  EXPECT_EQ(found.find("sea@rooms.corp.example"), std::string::npos) << "known, and not joined by itself: no loss";
  bob.card.clear();
  bob.stored.clear();
  bob.published.clear();
  EXPECT_NE(verified().find(R"("losses":[])"), std::string::npos) << "and not for ever";
}

TEST_P(AccountsTest, verify_says_that_the_archive_was_not_read_to_its_end) {
  dual();
  const auto verified = [&] {
    ask(R"({"command":"migrate.verify","cohort":"pilot"})");
    return ask(R"({"command":"migrate.show","jid":"bob@corp.example"})").find(R"("kind":"archive")");
  };
  EXPECT_EQ(verified(), std::string::npos);
  server.lose(account);
  server.up.insert(account);
  stage.session_up(account, false);
  EXPECT_NE(verified(), std::string::npos);
  stage.session_caught_up(account, "");
  EXPECT_EQ(verified(), std::string::npos);
}

TEST_P(AccountsTest, an_account_on_its_way_is_not_removed_by_hand) {
  dual();
  const std::string answer = ask(R"({"command":"user.remove","jid":"bob@corp.example"})");
  EXPECT_NE(answer.find("ferryctl migrate back"), std::string::npos) << answer;
}

}  // namespace accounts_test
}  // namespace ferry
