// Servers that let us write contact lists only now and then, or only say so; and whoever else says it.
#include "tests/brain/contact_lists_stage.h"

namespace ferry {
namespace contact_lists_trouble_test {

class ContactListsTroubleTest : public ContactListsConversation {};
FERRY_CONVERSATIONS(ContactListsTroubleTest);

TEST_P(ContactListsTroubleTest, only_the_server_itself_can_grant_it) {
  for (const char* who : {"alice@corp.example", "corp.example/x", "elsewhere.example", "rooms.corp.example"}) {
    lists.say("<perm access='roster' type='both'/>", "2", who);
    stage.expect_stanza("<message type='error' to='" + std::string(who) + "'/>");
    stage.expect_logged("event=stanza.refused reason=forged-element from=" + std::string(who) +
                        " to=mqtt.corp.example");
  }
  stage.xmpp(
      "<message type='error' from='corp.example' to='mqtt.corp.example'><privilege "
      "xmlns='urn:xmpp:privilege:2'><perm access='roster' type='both'/></privilege></message>");
  stage.xmpp(
      "<message from='corp.example' to='anna@mqtt.corp.example'><privilege xmlns='urn:xmpp:privilege:2'><perm "
      "access='roster' type='both'/></privilege></message>");
  EXPECT_EQ(stage.counter("forgeries_dropped"), 5U);
  dual();
  EXPECT_TRUE(lists.read.empty() && lists.written.empty());
  EXPECT_EQ(asked().size(), 4U);
}

TEST_P(ContactListsTroubleTest, what_a_session_hears_of_it_is_nothing_to_the_component) {
  dual();
  stage.component_down();
  stage.component_up();
  stage.settle();
  stage.forget_effects();
  server.deliver(account,
                 "<message from='corp.example' to='bob@corp.example/ferry'><privilege xmlns='urn:xmpp:privilege:2'>"
                 "<perm access='roster' type='both'/></privilege></message>");
  stage.expect_quiet();
  EXPECT_TRUE(stage.log.empty()) << stage.all();
  EXPECT_NE(ask(R"({"command":"status"})").find(R"("contact_lists":"not granted")"), std::string::npos);
}

TEST_P(ContactListsTroubleTest, it_is_forgotten_with_the_stream_and_by_the_server_s_word) {
  lists.say();
  stage.component_down();
  EXPECT_NE(ask(R"({"command":"status"})").find(R"("contact_lists":"not granted")"), std::string::npos);
  stage.component_up();
  stage.time(2 * second);
  lists.say();
  lists.say("<perm access='roster' type='none'/>");
  stage.expect_logged("event=privilege.withdrawn access=roster");
  dual();
  EXPECT_TRUE(lists.read.empty());
}

TEST_P(ContactListsTroubleTest, the_server_has_a_moment_to_say_so) {
  stage.component_down();
  dual();
  EXPECT_EQ(contact("alice@corp.example"), "") << "who is asked cannot be unasked";
  stage.component_up();
  stage.time(500);
  lists.say();
  run();
  expect_both("alice@corp.example");
  EXPECT_EQ(lists.written.size(), 3U);
}

TEST_P(ContactListsTroubleTest, whose_list_is_refused_is_asked) {
  lists.say();
  lists.refusals["carol@corp.example"] = "forbidden";
  server.accounts["eve@corp.example"].roster.erase(account);  // she has put him off her list
  dual();
  expect_both("alice@corp.example");
  EXPECT_NE(contact("carol@corp.example").find(R"("approved":true)"), std::string::npos);
  EXPECT_EQ(asked(), (People{"dave@corp.example", "eve@corp.example", "frank@elsewhere.example"}));
  back();
  EXPECT_EQ(state(), "legacy");
  EXPECT_EQ(of("alice"), nullptr);
}

TEST_P(ContactListsTroubleTest, a_server_that_refuses_what_it_grants_is_found_out) {
  server.accounts[account].roster["gina@corp.example"] = {"", {}, true, true, false};
  server.accounts["gina@corp.example"].roster[account] = {"", {}, true, true, false};
  lists.say("<perm access='roster' type='both'/>", "1");
  lists.refusals[""] = "internal-server-error";  // ejabberd 23.01
  dual();
  EXPECT_EQ(lists.written, (People{"alice@corp.example", "carol@corp.example", "eve@corp.example"}));
  stage.expect_logged("event=privilege.useless access=roster reason=refused condition=internal-server-error advice=");
  EXPECT_EQ(asked(), (People{"alice@corp.example", "dave@corp.example", "eve@corp.example", "frank@elsewhere.example",
                             "gina@corp.example"}));
  EXPECT_NE(ask(R"({"command":"status"})").find(R"("contact_lists":"useless: refused")"), std::string::npos);
  back();
  EXPECT_EQ(state(), "legacy");
  EXPECT_EQ(lists.written.size(), 3U) << "nothing is there to put back";
}

TEST_P(ContactListsTroubleTest, a_stream_that_ends_with_the_first_write_is_not_risked_twice) {
  const auto before = server.accounts;
  lists.say();
  lists.dies = true;  // processone/ejabberd#3942
  dual();
  stage.expect_logged("event=privilege.useless access=roster reason=link-lost advice=");
  stage.component_up();
  lists.say();
  run();
  EXPECT_EQ(lists.written, (People{"alice@corp.example"}));
  EXPECT_EQ(asked(),
            (People{"alice@corp.example", "dave@corp.example", "eve@corp.example", "frank@elsewhere.example"}));
  back();
  EXPECT_EQ(state(), "legacy");
  EXPECT_EQ(lists.written.size(), 1U);
  EXPECT_EQ(server.accounts, before);
}

TEST_P(ContactListsTroubleTest, a_server_that_keeps_the_subscription_is_found_out) {
  const auto before = server.accounts["alice@corp.example"];
  lists.say();
  lists.keeps_subscriptions = true;  // ejabberd since 23.10
  dual();
  stage.expect_logged("event=privilege.useless access=roster reason=subscription-kept advice=");
  EXPECT_EQ(server.accounts["alice@corp.example"], before);
  EXPECT_EQ(lists.written, (People{"alice@corp.example", "alice@corp.example"}));
  EXPECT_EQ(asked(),
            (People{"alice@corp.example", "dave@corp.example", "eve@corp.example", "frank@elsewhere.example"}));
  EXPECT_NE(contact("alice@corp.example").find(R"("ask":"subscribe")"), std::string::npos);
}

TEST_P(ContactListsTroubleTest, a_link_that_is_lost_later_is_waited_for) {
  lists.say();
  server.accounts[account].roster.erase("carol@corp.example");
  ask(plan_of_bob);
  start("shadow");
  lists.answers = false;
  start("dual", 5);
  ASSERT_EQ(lists.unanswered.size(), 1U);
  lists.take(lists.unanswered.back());
  lists.take(lists.unanswered.back());
  lists.take(lists.unanswered.back());  // read, written, looked at
  run(2);
  stage.component_down();
  run();
  EXPECT_EQ(contact("eve@corp.example"), "");
  lists.answers = true;
  stage.component_up();
  lists.say();
  run();
  expect_both("alice@corp.example");
  stage.expect_shown("robert", "in/contact/eve@corp.example", R"({"subscription":"to"})");
  EXPECT_EQ(asked(), (People{"dave@corp.example", "frank@elsewhere.example"}));
}

TEST_P(ContactListsTroubleTest, who_does_not_answer_is_asked_and_what_others_answer_is_not_heard) {
  lists.say();
  lists.answers = false;
  dual();
  ASSERT_EQ(lists.unanswered.size(), 1U) << "one is enough to find out";
  const Element iq = lists.unanswered.back();
  EXPECT_EQ(iq.attr_or("to"), "alice@corp.example");
  const std::string forged =
      "<query xmlns='jabber:iq:roster'><item jid='bob@corp.example' subscription='both'/></query>";
  for (const char* who : {"alice@corp.example/spark", "eve@corp.example", "corp.example", "alice@elsewhere.example"}) {
    lists.answer(iq, "result", forged, who);
    stage.expect_logged("event=stanza.refused reason=answer-to-nothing from=" + std::string(who));
  }
  EXPECT_EQ(lists.unanswered.size(), 1U);
  lists.answer(iq, "result", "<nonsense xmlns='urn:x'/>");
  EXPECT_EQ(asked(), (People{"alice@corp.example", "dave@corp.example", "frank@elsewhere.example"}));
  for (int i = 0; i < 4; ++i) stage.time(31 * second);
  EXPECT_EQ(asked(),
            (People{"alice@corp.example", "dave@corp.example", "eve@corp.example", "frank@elsewhere.example"}));
  EXPECT_EQ(state(), "dual");
}

TEST_P(ContactListsTroubleTest, a_server_that_never_answers_is_found_out) {
  for (int i = 0; i < 20; ++i)
    server.accounts[account].roster["c" + std::to_string(i) + "@corp.example"] = {"", {}, true, true, false};
  lists.say();
  lists.answers = false;
  dual();
  for (int i = 0; i < 4; ++i) stage.time(31 * second);
  stage.expect_logged("event=privilege.useless access=roster reason=refused condition=remote-server-timeout advice=");
  EXPECT_EQ(lists.unanswered.size(), 3U);
  EXPECT_EQ(asked().size(), 24U);
}

TEST_P(ContactListsTroubleTest, the_way_back_waits_for_the_link) {
  const auto before = server.accounts;
  lists.say();
  dual();
  stage.component_down();
  back();
  EXPECT_EQ(state(), "back");
  stage.component_up();
  lists.say();
  for (int i = 0; i < 4; ++i) stage.time(31 * second);
  run();
  EXPECT_EQ(state(), "legacy");
  EXPECT_EQ(server.accounts, before);
}

TEST_P(ContactListsTroubleTest, a_way_back_that_the_server_no_longer_allows_is_told) {
  lists.say();
  dual();
  stage.forget_effects();
  for (const char* who : {"alice@corp.example", "carol@corp.example", "eve@corp.example"})
    lists.refusals[who] = "forbidden";
  back();
  EXPECT_EQ(state(), "legacy");
  EXPECT_TRUE(std::any_of(stage.log.begin(), stage.log.end(), [](const std::string& line) {
    return line.starts_with("event=account.lasting account=bob@corp.example") && line.ends_with("condition=forbidden");
  })) << stage.all();
  stage.expect_stanza("<presence type='unsubscribe' from='robert@mqtt.corp.example' to='alice@corp.example'/>");
  stage.expect_stanza("<presence type='unsubscribed' from='robert@mqtt.corp.example' to='alice@corp.example'/>");
}

// A crash after any step, on the way there and on the way back.
TEST_P(ContactListsTroubleTest, a_crash_at_any_step_changes_nothing) {
  server.accounts["eve@corp.example"].roster[address] = {"Robert", {}, true, false, false};
  const auto before = server.accounts;
  lists.say();
  int crashes = 0;
  bool crashed = true;
  for (int tick = 1; crashed; ++tick) {
    crashed = false;
    for (const bool before_commit : {false, true}) {
      if (before_commit && GetParam() == Where::memory) continue;
      SCOPED_TRACE("tick " + std::to_string(tick) + (before_commit ? " before" : " after") + " the commit");
      const auto play = [&](const std::string& goal, const std::function<void()>& go) {
        stage.crash_before_commit = before_commit;
        stage.crash_in = tick;
        try {
          go();
          stage.crash_in = 0;
        } catch (const Stage::Crash&) {
          stage.crash_in = 0;
          ++crashes;
          crashed = true;
          server.gateway_died();
          lists.gateway_died();
          stage.restart();
          stage.links_up();
          lists.say();
          go();
        }
        for (int i = 0; i < 3; ++i) {
          stage.time(31 * second);
          run();
        }
        ASSERT_EQ(state(), goal);
      };
      play("dual", [&] { dual(); });
      ASSERT_TRUE(of("alice") && of("carol") && of("eve"));
      EXPECT_EQ(*of("alice"), (OldAccount::Item{"Bobby", {"Pals", "Work"}, true, true, false}));
      EXPECT_EQ(*of("eve"), (OldAccount::Item{"Robert", {}, false, true, false}));
      expect_both("alice@corp.example");
      stage.expect_shown("robert", "in/contact/carol@corp.example", R"({"subscription":"from"})");
      stage.expect_shown("robert", "in/contact/eve@corp.example", R"({"subscription":"to"})");
      play("legacy", [&] { back(); });
      ASSERT_EQ(server.accounts, before);
    }
  }
  EXPECT_GT(crashes, 50);
}

}  // namespace contact_lists_trouble_test
}  // namespace ferry
