#include "gateway/session/account_session.h"

#include <gtest/gtest.h>

#include "tests/session/session_stage.h"

namespace ferry {
namespace account_session_test {

TEST(AccountSession, AsksFirstAndIsUpWithTheLastAnswer) {
  Session s(account());
  ASSERT_EQ(s.said.size(), 4U);
  EXPECT_EQ(s.said[2].child("query", "jabber:iq:roster")->attr_or("ver"), "1");
  EXPECT_TRUE(s.events.empty());
  s.answer();
  const auto up = s.all<SessionUp>();
  ASSERT_EQ(up.size(), 1U);
  EXPECT_EQ(up[0].jid, bob_here);
  EXPECT_TRUE(up[0].carbons && up[0].archive && up[0].blocking && up[0].roster_versions && up[0].acknowledges);
  EXPECT_TRUE(std::holds_alternative<SessionUp>(s.events.front())) << "before the roster that came before it";
  EXPECT_EQ(s.all<SessionStanza>().size(), 2U);
  EXPECT_EQ(s.presences(), 1U);
  ASSERT_EQ(s.all<SessionCaughtUp>().size(), 1U);
  EXPECT_EQ(s.all<SessionCaughtUp>()[0].archive_id, "n9") << "where the next catch-up begins";
}

TEST(AccountSession, WhatWasKeptForWhoIsOfflineComesBeforeTheArchiveIsAsked) {
  SessionAccount fresh = account({}, Instant{1});
  fresh.offline_first = true;
  Session s(fresh);
  ASSERT_EQ(s.said.size(), 2U) << "presence and a ping";
  EXPECT_EQ(s.presences(), 1U);
  s.hear(
      "<message from='alice@corp.example/a'><body>kept</body><delay xmlns='urn:xmpp:delay' "
      "stamp='2026-11-20T10:00:00Z'/>"
      "<stanza-id xmlns='urn:xmpp:sid:0' by='bob@corp.example' id='n1'/></message>");
  EXPECT_EQ(s.all<SessionStanza>().size(), 1U) << "not held: the server has it no more";
  EXPECT_TRUE(s.all<SessionUp>().empty());
  s.hear("<iq from='corp.example' id='ferry-collected' type='error'/>");
  EXPECT_EQ(s.said.size(), 6U) << "carbons, block list, roster, archive";
  s.answer();
  EXPECT_TRUE(s.all<SessionUp>().at(0).collected);
  EXPECT_EQ(s.all<SessionUp>().size(), 1U);
  EXPECT_EQ(s.presences(), 1U) << "said once";
}

// Said before the session was there, and not kept for who is offline: only the archive has it.
TEST(AccountSession, WhereNobodyIsThereNothingThatWasKeptIsCollected) {
  for (const char* presence : {"", "<presence type='unavailable'/>"}) {
    SessionAccount gone = account({}, Instant{1});
    gone.offline_first = true;
    gone.presence = presence;
    Session s(gone);
    EXPECT_EQ(s.said.size(), 4U) << "asked as ever";
    s.answer();
    EXPECT_FALSE(s.all<SessionUp>().at(0).collected);
  }
}

TEST(AccountSession, WhatIsLiveMeanwhileDoesNotPassWhatTheArchiveHas) {
  SessionAccount fresh = account("n1");
  fresh.offline_first = true;
  Session s(fresh);
  s.hear(
      "<message from='alice@corp.example/a'><body>live</body>"
      "<stanza-id xmlns='urn:xmpp:sid:0' by='bob@corp.example' id='n3'/></message>");
  s.hear("<iq from='corp.example' id='ferry-collected' type='result'/>");
  s.answer();
  const std::string page = s.last_query();
  s.archived(page, "n2");
  s.archived(page, "n3");
  s.hear(Session::fin(page, "n3", true));
  std::string order;
  for (const SessionStanza& stanza : s.all<SessionStanza>()) order += stanza.archive_id;
  EXPECT_EQ(order, "n2n3");
}

TEST(AccountSession, AServerThatCanNothingIsStillUp) {
  Session s(account("n1"));
  s.answer("", false, false);
  ASSERT_EQ(s.all<SessionUp>().size(), 1U);
  EXPECT_FALSE(s.all<SessionUp>()[0].carbons);
  EXPECT_EQ(s.presences(), 1U);
  ASSERT_EQ(s.all<SessionCaughtUp>().size(), 1U);
  EXPECT_FALSE(s.all<SessionCaughtUp>()[0].complete);
}

TEST(AccountSession, AServerThatDoesNotAnswerIsUpAfterAWhile) {
  Session s(account());
  s.hear("<iq id='ferry-carbons' type='result'/>");
  s.session.on_time(s.now += AccountSession::answer_time);
  s.collect();
  ASSERT_EQ(s.all<SessionUp>().size(), 1U);
  EXPECT_TRUE(s.all<SessionUp>()[0].carbons);
  EXPECT_FALSE(s.all<SessionUp>()[0].archive);
}

TEST(AccountSession, FetchesPagesThenIsPresentThenClosesTheGap) {
  Session s(account("n1"));
  s.answer();
  EXPECT_EQ(s.presences(), 0U) << "not before the past is here";
  const std::string first = s.last_query();
  s.archived(first, "n2");
  s.archived(first, "n3");
  s.hear(Session::fin(first, "n3", false));
  const std::string second = s.last_query();
  EXPECT_NE(first, second);
  EXPECT_NE(to_xml(s.said.back()).find(">n2<"), std::string::npos) << "there may be two of n3";
  s.archived(second, "n3");
  s.archived(second, "n9");
  s.hear(Session::fin(second, "n9", true));
  EXPECT_EQ(s.presences(), 1U);
  EXPECT_TRUE(s.all<SessionCaughtUp>().empty());
  const std::string gap = s.last_query();
  s.hear(
      "<message from='alice@corp.example/a'><body>x</body><stanza-id xmlns='urn:xmpp:sid:0' by='bob@corp.example' "
      "id='n10'/></message>");
  s.archived(gap, "n10");
  s.archived(gap, "n11");
  s.hear(Session::fin(gap, "n11", true));
  ASSERT_EQ(s.all<SessionCaughtUp>().size(), 1U);
  EXPECT_EQ(s.all<SessionCaughtUp>()[0].archive_id, "n11");
  std::vector<std::string> ids;
  for (const SessionStanza& stanza : s.all<SessionStanza>())
    if (!stanza.archive_id.empty()) ids.push_back(stanza.archive_id);
  EXPECT_EQ(ids, (std::vector<std::string>{"n2", "n3", "n9", "n10", "n11"})) << "each once, in order";
}

TEST(AccountSession, CarbonsAndArchiveOnlyFromTheAccountItself) {
  Session s(account());
  s.answer();
  const std::size_t before = s.all<SessionStanza>().size();
  s.hear(carbon("bob@corp.example", "sent"));
  ASSERT_EQ(s.all<SessionStanza>().size(), before + 1);
  EXPECT_EQ(s.all<SessionStanza>().back().source, SessionStanza::Source::carbon_sent);
  EXPECT_EQ(s.all<SessionStanza>().back().stanza.attr_or("to"), "alice@corp.example");
  s.hear(carbon("eve@corp.example", "sent"));
  s.hear(carbon("bob@corp.example/desk", "received"));
  s.archived(s.last_query(), "n5", "eve@corp.example");
  s.archived("another-query", "n6");
  EXPECT_EQ(s.all<SessionStanza>().size(), before + 1);
  EXPECT_EQ(s.refused, 3U);
}

TEST(AccountSession, AnArchiveIdBySomebodyElseIsNone) {
  Session s(account());
  s.answer();
  s.hear(
      "<message from='eve@corp.example/x'><stanza-id xmlns='urn:xmpp:sid:0' by='eve@corp.example' id='n1'/>"
      "<stanza-id xmlns='urn:xmpp:sid:0' by='bob@corp.example' id='n2'/></message>");
  EXPECT_EQ(s.all<SessionStanza>().back().archive_id, "n2");
  s.hear(
      "<message from='eve@corp.example/x'><stanza-id xmlns='urn:xmpp:sid:0' by='eve@corp.example' id='n3'/></message>");
  EXPECT_EQ(s.all<SessionStanza>().back().archive_id, "");
}

TEST(AccountSession, AnswersPushesAndPingsAndNoForgedOnes) {
  Session s(account());
  s.answer();
  s.said.clear();
  s.hear("<iq type='set' id='p1'><query xmlns='jabber:iq:roster'><item jid='a@b'/></query></iq>");
  s.hear("<iq type='get' id='p2' from='corp.example'><ping xmlns='urn:xmpp:ping'/></iq>");
  s.hear(
      "<iq type='set' id='p3' from='eve@corp.example/x'><query xmlns='jabber:iq:roster'><item "
      "jid='a@b'/></query></iq>");
  ASSERT_EQ(s.said.size(), 3U);
  EXPECT_EQ(s.said[0].attr_or("type"), "result");
  EXPECT_EQ(s.said[1].attr_or("type"), "result");
  EXPECT_EQ(s.said[1].attr_or("to"), "corp.example");
  EXPECT_EQ(s.said[2].attr_or("type"), "error");
  EXPECT_EQ(s.all<SessionStanza>().back().stanza.attr_or("id"), "p1");
}

TEST(AccountSession, AStanzaOverALimitIsCountedAndARequestAnswered) {
  Session s(account());
  s.answer();
  s.said.clear();
  s.session.on_refused(xml("<message from='eve@corp.example'/>"), "x");
  s.session.on_refused(xml("<iq type='get' id='7' from='eve@corp.example'/>"), "x");
  s.collect();
  EXPECT_EQ(s.refused, 2U);
  ASSERT_EQ(s.said.size(), 1U);
  EXPECT_EQ(s.said[0].attr_or("to"), "eve@corp.example");
}

TEST(AccountSession, AsksAfterSilenceAndGivesUp) {
  Session s(account());
  s.answer();
  s.settle();
  s.said.clear();
  s.session.on_time(s.now += AccountSession::quiet_time);
  s.collect();
  ASSERT_EQ(s.said.size(), 1U);
  s.session.on_time(s.now += AccountSession::answer_time);
  EXPECT_FALSE(s.session.take().lost.empty());
}

TEST(AccountSession, AnArchiveThatDoesNotAnswerIsAskedAgainAndALateAnswerCounts) {
  Session s(account("n1"));
  s.answer();
  const std::string query = s.last_query();
  s.said.clear();
  s.session.on_time(s.now += AccountSession::answer_time);
  s.collect();
  ASSERT_EQ(s.said.size(), 1U);
  EXPECT_EQ(s.last_query(), query);
  EXPECT_EQ(s.presences(), 0U) << "not before the past is here";
  s.hear("<iq id='" + query + "' type='error'><error type='wait'/></iq>");
  s.archived(query, "n2");
  EXPECT_EQ(s.all<SessionStanza>().back().archive_id, "n2");
  s.hear(Session::fin(query, "n9", true));
  EXPECT_EQ(s.presences(), 1U);
}

TEST(AccountSession, AnArchiveThatNeverAnswersIsGivenUpAfterSomeTries) {
  Session s(account("n1"));
  s.answer();
  for (int i = 0; i < AccountSession::archive_tries; ++i) {
    EXPECT_TRUE(s.all<SessionCaughtUp>().empty()) << i;
    s.session.on_time(s.now += AccountSession::answer_time);
    s.collect();
  }
  ASSERT_EQ(s.all<SessionCaughtUp>().size(), 1U);
  EXPECT_FALSE(s.all<SessionCaughtUp>()[0].complete);
  EXPECT_EQ(s.all<SessionCaughtUp>()[0].archive_id, "n1");
}

TEST(AccountSession, AnAnswerThatWaitsToBeReadIsNotLate) {
  Session s(account("n1"));
  s.answer();
  s.said.clear();
  s.session.behind(s.now += 10 * AccountSession::answer_time);
  s.session.on_time(s.now + AccountSession::answer_time - 1);
  s.collect();
  EXPECT_TRUE(s.said.empty());
}

TEST(AccountSession, AfterAResumptionNothingIsAskedAgain) {
  Session s(account());
  s.answer();
  s.said.clear();
  s.session.resumed(s.now);
  s.collect();
  EXPECT_TRUE(s.said.empty());
  EXPECT_TRUE(s.all<SessionUp>().back().resumed);
}

TEST(AccountSession, WhatALogInDidNotFinishComesAgain) {
  Session s(account("n1"));
  s.hear(
      "<message from='alice@corp.example/a'><stanza-id xmlns='urn:xmpp:sid:0' by='bob@corp.example' "
      "id='n2'/></message>");
  EXPECT_TRUE(s.events.empty()) << "held until it is up";
  s.session.bound(bob_here, true, s.now);
  s.collect();
  s.answer();
  s.archived(s.last_query(), "n2");
  ASSERT_FALSE(s.all<SessionStanza>().empty());
  EXPECT_EQ(s.all<SessionStanza>().back().archive_id, "n2");
}

// What it says of a message of the gateway's own is no news while that is under way, and is once the session was lost.
TEST(AccountSession, WhatTheArchiveGaveBeforeComesAgainAfterANewLogIn) {
  Session s(account("n1"));
  s.answer();
  s.archived(s.last_query(), "n2");
  s.session.bound(bob_here, true, s.now);
  s.collect();
  s.answer();
  s.archived(s.last_query(), "n2");
  EXPECT_EQ(order(s), (std::vector<std::string>{"n2", "n2"}));
}

}  // namespace account_session_test
}  // namespace ferry
