// The way back: whatever was written to the old server is undone, whenever the gateway dies.
#include "tests/brain/account_stage.h"

namespace ferry {
namespace accounts_back_test {

class AccountsBackTest : public AccountConversation {
 protected:
  void live_a_little() {
    request("roster.add", "eve@corp.example", R"(,"name":"Eve","groups":["New"])");
    request("roster.update", "alice@corp.example", R"(,"name":"Al","groups":[])");
    request("subscribe", "frank@corp.example");
    request("subscribe", "carol@corp.example");
    request("unsubscribe", "dave@corp.example");
    request("approve", "gina@corp.example");
    request("roster.add", "gina@corp.example", R"(,"name":"Gina")");
    request("profile.set", "", R"(,"profile":{"name":"Robert"})");
    request("block", "mallory@corp.example");
    request("roster.remove", "eve@corp.example");
  }
  // One whole move and back; Crash may fly out of it at any tick.
  void whole_life() {
    plan();
    start("dual", 3);
    stage.online(account, "phone");
    live_a_little();
    stage.mqtt(account, "out/msg", R"({"id":"c1","to":"alice@corp.example","kind":"chat","body":"Hello"})");
    start("moved", 3);
    back({}, 16);
  }
  // After the crash: a new process, and the administrator wants them back.
  void after_the_crash() {
    stage.crash_in = 0;
    server.gateway_died();
    stage.restart();
    stage.links_up();
    stage.online(account, "phone");
    plan_if_gone();
    ask(R"({"command":"migrate.back","cohort":"pilot","go":true})");
    run(20);
  }
  void plan_if_gone() { ask(R"({"command":"migrate.plan","cohort":"pilot","jids":["bob@corp.example"],"go":true})"); }
};
FERRY_CONVERSATIONS(AccountsBackTest);

TEST_P(AccountsBackTest, what_people_did_is_undone) {
  const OldAccount before = server.accounts[account];
  dual();
  live_a_little();
  EXPECT_NE(server.accounts[account], before);
  back();
  EXPECT_EQ(state(), "legacy");
  EXPECT_EQ(server.accounts[account], before);
}

TEST_P(AccountsBackTest, what_was_so_already_is_not_undone) {
  server.accounts[account].blocked = {"mallory@corp.example"};
  const OldAccount before = server.accounts[account];
  dual();
  request("block", "mallory@corp.example");
  good();
  request("unblock", "alice@corp.example");
  good();
  EXPECT_EQ(server.accounts[account], before);
  back();
  EXPECT_EQ(state(), "legacy");
  EXPECT_EQ(server.accounts[account], before);
}

TEST_P(AccountsBackTest, what_people_did_stays_if_wanted) {
  dual();
  live_a_little();
  const OldAccount after = server.accounts[account];
  back(R"(,"keep":true)");
  EXPECT_EQ(state(), "legacy");
  EXPECT_EQ(server.accounts[account], after);
  start("dual");
  back();  // and no later way back undoes it
  EXPECT_EQ(server.accounts[account], after);
}

TEST_P(AccountsBackTest, a_dry_run_says_what_would_be_undone) {
  dual();
  live_a_little();
  const OldAccount now = server.accounts[account];
  const std::string answer = ask(R"({"command":"migrate.back","jids":["bob@corp.example"]})");
  EXPECT_NE(answer.find(R"("done":false,"go_back":1,"there":0,"writes_to_undo":10,"of_people":10)"), std::string::npos)
      << answer;
  run();
  EXPECT_EQ(state(), "dual");
  EXPECT_EQ(server.accounts[account], now);
}

TEST_P(AccountsBackTest, a_session_that_is_down_keeps_the_account_until_it_is_up) {
  const OldAccount before = server.accounts[account];
  dual();
  live_a_little();
  server.reachable = false;
  server.lose(account);
  back();
  EXPECT_EQ(state(), "back");
  server.reachable = true;
  server.come_up(account);
  run();
  EXPECT_EQ(state(), "legacy");
  EXPECT_EQ(server.accounts[account], before);
}

TEST_P(AccountsBackTest, messages_on_their_way_out_go_first) {
  dual();
  server.lose(account);
  stage.mqtt(account, "out/msg", R"({"id":"c1","to":"alice@corp.example","kind":"chat","body":"Hello"})");
  back();
  EXPECT_EQ(state(), "back");
  server.come_up(account);
  run();
  EXPECT_EQ(state(), "legacy");
  sent("<message id='c1' to='alice@corp.example'/>");
}

// Its account is no more, say: what is in the way, why, and what to do; and that is all that has to be done.
TEST_P(AccountsBackTest, messages_that_wait_for_a_session_that_never_comes_can_be_dropped) {
  dual();
  server.reachable = false;
  server.lose(account, true);
  stage.mqtt(account, "out/msg", R"({"id":"c1","to":"alice@corp.example","kind":"chat","body":"Hello"})");
  back();
  EXPECT_EQ(state(), "back");
  const std::string shown = ask(R"({"command":"migrate.show","jid":"bob@corp.example"})");
  for (const std::string part : {"not-authorized", "ferryctl outbox drop --pending --all --user bob@corp.example"})
    EXPECT_NE(shown.find(part), std::string::npos) << shown;
  const std::string list = ask(R"({"command":"outbox.list","shelf":"to-xmpp","user":"bob@corp.example"})");
  const std::size_t at = list.find(R"("seq":)");
  ASSERT_NE(at, std::string::npos) << list;
  const std::string seq = std::to_string(std::atoll(list.c_str() + at + 6));
  const std::string dropped = ask(R"({"command":"outbox.drop","shelf":"to-xmpp","seqs":[)" + seq + "]}");
  EXPECT_NE(dropped.find(R"("done":1)"), std::string::npos) << dropped;
  run();
  EXPECT_EQ(state(), "legacy");
}

TEST_P(AccountsBackTest, changes_that_wait_for_a_session_that_never_comes_can_be_kept) {
  dual();
  request("roster.update", "alice@corp.example", R"(,"name":"Al","groups":[])");
  server.reachable = false;
  server.lose(account, true);
  back();
  EXPECT_EQ(state(), "back");
  const std::string shown = ask(R"({"command":"migrate.show","jid":"bob@corp.example"})");
  for (const std::string part : {"not-authorized", "ferryctl migrate back --keep bob@corp.example --apply"})
    EXPECT_NE(shown.find(part), std::string::npos) << shown;
  back(R"(,"keep":true)");
  EXPECT_EQ(state(), "legacy");
}

TEST_P(AccountsBackTest, what_comes_while_it_goes_back_still_arrives) {
  dual();
  server.answers = false;
  back();
  EXPECT_EQ(state(), "back");
  EXPECT_EQ(server.presences[account], "<presence type='unavailable'/>");
  server.deliver(account, "<message type='chat' id='m' from='alice@corp.example/spark'><body>Hi</body></message>");
  stage.expect_publish(account, "in/msg", R"({"body":"Hi"})");
}

TEST_P(AccountsBackTest, nothing_is_retained_once_the_subtree_was_told_to_be_empty) {
  dual();
  EXPECT_NE(stage.shown(account, "in/state"), "");
  ask(R"({"command":"migrate.back","cohort":"pilot","go":true})");
  for (int i = 0; i < 20 && !stage.shown(account, "in/state").empty(); ++i) stage.time(10);
  ASSERT_EQ(state(), "back");
  for (const std::string late :  // on its way when the session was told to end
       {"<iq type='set' id='push'><query xmlns='jabber:iq:roster'>"
        "<item jid='zoe@corp.example' name='Zoe' subscription='both'/></query></iq>",
        "<presence from='alice@corp.example/spark'><status>Late</status></presence>",
        "<message type='chat' id='m' from='alice@corp.example/spark'><body>Hi</body></message>"})
    stage.session_stanza(account, late, Brain::SessionSource::live, "");
  stage.expect_publish(account, "in/msg", R"({"body":"Hi"})");
  run();
  EXPECT_EQ(state(), "legacy");
  for (const auto& [topic, payload] : stage.retained)
    EXPECT_FALSE(topic.starts_with("im/v1/u/bob@corp.example/")) << topic << payload;
}

TEST_P(AccountsBackTest, what_cannot_be_undone_is_told_and_holds_up_nothing) {
  dual();
  request("roster.add", "eve@corp.example");
  server.accounts[account].roster.erase("eve@corp.example");  // by another client
  back();
  EXPECT_EQ(state(), "legacy");
}

TEST_P(AccountsBackTest, a_wish_that_was_answered_does_not_wait_again_and_that_is_told) {
  dual();
  server.accounts[account].pending.insert("eve@corp.example");
  server.deliver(account, "<presence type='subscribe' from='eve@corp.example'/>");
  request("approve", "eve@corp.example");
  back();
  EXPECT_EQ(state(), "legacy");
  EXPECT_FALSE(server.accounts[account].roster.contains("eve@corp.example"));
  stage.expect_logged("event=account.lasting account=bob@corp.example write=1 condition=request-answered");
  EXPECT_NE(ask(R"({"command":"migrate.show","jid":"bob@corp.example"})").find(R"("state":"lasting")"),
            std::string::npos);
}

// RFC 6121 section 3: a subscription that was given up takes the other side's agreement, or their wish.
TEST_P(AccountsBackTest, what_only_the_contact_can_restore_is_not_called_undone) {
  OldAccount& a = server.accounts[account];
  a.roster["erin@corp.example"] = {"Erin", {}, true, true, false};
  a.roster["grace@corp.example"] = {"Grace", {}, true, false, false};
  dual();
  request("unsubscribe", "erin@corp.example");
  request("roster.remove", "grace@corp.example");
  request("deny", "carol@corp.example");
  request("roster.update", "alice@corp.example", R"(,"name":"Al","groups":[])");
  request("unsubscribe", "dave@corp.example");  // who has not agreed yet: the question is put again
  const std::string preview = ask(R"({"command":"migrate.back","jids":["bob@corp.example"]})");
  EXPECT_NE(preview.find(R"("writes_to_undo":2,"of_people":2,"need_contacts":3,"messages_not_taken":0,"contacts":[)"
                         R"({"jid":"bob@corp.example","contact":"erin@corp.example","has_to":"agree again"},)"
                         R"({"jid":"bob@corp.example","contact":"grace@corp.example","has_to":"agree again"},)"
                         R"({"jid":"bob@corp.example","contact":"carol@corp.example","has_to":"ask again"}])"),
            std::string::npos)
      << preview;
  const std::string kept = ask(R"({"command":"migrate.back","jids":["bob@corp.example"],"keep":true})");
  EXPECT_NE(kept.find(R"("writes_to_undo":0,"of_people":0,"need_contacts":0,"messages_not_taken":0,"contacts":[])"),
            std::string::npos);
  back();
  EXPECT_EQ(state(), "legacy");
  EXPECT_EQ(a.roster["erin@corp.example"], (OldAccount::Item{"Erin", {}, false, true, true}));
  EXPECT_EQ(a.roster["grace@corp.example"], (OldAccount::Item{"Grace", {}, false, false, true}));
  EXPECT_EQ(a.roster["carol@corp.example"], OldAccount::Item{});
  EXPECT_EQ(a.roster["dave@corp.example"], (OldAccount::Item{"Dave", {"Work", "Friends"}, false, false, true}));
  for (const std::string line : {"write=1 condition=contact-asked contact=erin@corp.example",
                                 "write=2 condition=contact-asked contact=grace@corp.example",
                                 "write=3 condition=contact-must-ask contact=carol@corp.example"})
    EXPECT_EQ(std::count(stage.log.begin(), stage.log.end(), "event=account.lasting account=bob@corp.example " + line),
              1);
  const std::string shown = ask(R"({"command":"migrate.show","jid":"bob@corp.example"})");
  const auto count = [&](const std::string& what) {
    int n = 0;
    for (auto at = shown.find(what); at != std::string::npos; at = shown.find(what, at + 1)) ++n;
    return n;
  };
  EXPECT_EQ(count(R"("state":"lasting")"), 3) << shown;
  EXPECT_EQ(count(R"("state":"undone")"), 2) << shown;
  EXPECT_EQ(count(R"("contact":"erin@corp.example","has_to":"agree again")"), 1) << shown;
}

TEST_P(AccountsBackTest, who_saw_and_was_seen_has_to_do_both_again) {
  OldAccount& a = server.accounts[account];
  dual();
  request("roster.remove", "alice@corp.example");
  back();
  EXPECT_EQ(a.roster["alice@corp.example"], (OldAccount::Item{"Alice", {"Friends"}, false, false, true}));
  EXPECT_TRUE(a.approved.contains("alice@corp.example")) << "her wish needs no answer";
  EXPECT_NE(ask(R"({"command":"migrate.show","jid":"bob@corp.example"})").find(R"("has_to":"agree and ask again")"),
            std::string::npos);
}

// Two friends move; one stops watching the other and goes back, the other agrees again, and goes back too.
TEST_P(AccountsBackTest, what_makes_good_for_a_friends_way_back_is_no_change_to_be_undone) {
  const std::string alice = "alice@corp.example";
  server.accounts[alice].roster[account] = {"Bob", {}, true, true, false};
  dual();
  ask(R"({"command":"migrate.plan","cohort":"others","jids":["alice@corp.example"],"go":true})");
  ask(R"({"command":"migrate.start","cohort":"others","to":"dual","go":true})");
  run();
  stage.online(alice, "phone");
  stage.mqtt(alice, "out/req", R"({"id":"q","request":"roster.remove","contact":"bob@corp.example"})");
  server.deliver(account, "<presence type='unsubscribe' from='alice@corp.example'/>");
  server.accounts[account].roster[alice] = {"Alice", {"Friends"}, false, false, false};
  server.deliver(account,
                 "<iq type='set' id='push'><query xmlns='jabber:iq:roster'><item jid='alice@corp.example' name='Alice' "
                 "subscription='none'><group>Friends</group></item></query></iq>");
  ask(R"({"command":"migrate.back","jids":["alice@corp.example"],"go":true})");
  run();
  EXPECT_NE(ask(R"({"command":"migrate.show","jid":"alice@corp.example"})").find(R"("has_to":"agree and ask again")"),
            std::string::npos);
  server.deliver(account, "<presence type='subscribe' from='alice@corp.example'/>");
  request("approve", alice);
  request("subscribe", alice);
  sent("<presence type='subscribed' to='alice@corp.example'/>");
  sent("<presence type='subscribe' to='alice@corp.example'/>");
  server.sent.clear();
  back();
  EXPECT_EQ(state(), "legacy");
  for (const auto& [who, e] : server.sent) EXPECT_FALSE(e.attr_or("type").starts_with("unsubscribe")) << e.name;
}

// The gateway dies after every single tick in turn, before and after its commit, and the end is always the same.
TEST_P(AccountsBackTest, a_crash_at_every_step_ends_the_same) {
  const OldAccount before = server.accounts[account];
  bool finished = false;
  int crashes = 0;
  for (int tick = 1; !finished; ++tick) {
    for (const bool before_commit : {false, true}) {
      if (before_commit && GetParam() == Where::memory) continue;
      SCOPED_TRACE("tick " + std::to_string(tick) + (before_commit ? " before" : " after") + " the commit");
      // The stage is made anew in place, so that everything that refers to it stays valid.
      std::destroy_at(&stage);
      std::construct_at(&stage, GetParam());
      std::destroy_at(&server);
      std::construct_at(&server, stage);
      server.accounts[account] = before;
      stage.crash_in = tick;
      stage.crash_before_commit = before_commit;
      try {
        whole_life();
        stage.crash_in = 0;  // what is asked below is no step of it
        finished = true;
      } catch (const Stage::Crash&) {
        ++crashes;
        after_the_crash();
      }
      ASSERT_EQ(state(), "legacy");
      OldAccount after = server.accounts[account];
      ASSERT_EQ(after, before);
      for (const auto& [topic, payload] : stage.retained)
        ASSERT_TRUE(topic.find(account) == std::string::npos || topic.find("/out/") != std::string::npos) << topic;
    }
  }
  EXPECT_GT(crashes, 50);
}

}  // namespace accounts_back_test
}  // namespace ferry
