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
  EXPECT_NE(to_xml(s.said.back()).find(">n3<"), std::string::npos);
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

std::string live(const std::string& id) {
  return "<message from='alice@corp.example/a'><body>live</body><stanza-id xmlns='urn:xmpp:sid:0' "
         "by='bob@corp.example' "
         "id='" +
         id + "'/></message>";
}

// Each stanza's archive id, with a mark where it is not the archive's copy.
std::vector<std::string> order(const Session& s) {
  std::vector<std::string> out;
  for (const SessionStanza& one : s.all<SessionStanza>())
    if (!one.archive_id.empty())
      out.push_back(one.archive_id + (one.source == SessionStanza::Source::archive ? "" : " live"));
  return out;
}

TEST(AccountSession, WhatIsLiveTakesItsPlaceInTheOrderOfTheArchive) {
  Session s(account("n1"));
  s.hear(live("n4"));  // a carbon comes without presence
  s.answer();
  s.hear(live("n6"));
  s.hear("<message from='alice@corp.example/a'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>");
  EXPECT_EQ(s.all<SessionStanza>().size(), 3U) << "roster, block list, and what no archive has";
  const std::string first = s.last_query();
  for (const char* id : {"n2", "n3", "n4", "n5"}) s.archived(first, id);
  s.hear(Session::fin(first, "n5", true));
  EXPECT_TRUE(s.all<SessionCaughtUp>().empty());
  s.hear(live("n8"));
  const std::string gap = s.last_query();
  for (const char* id : {"n6", "n7"}) s.archived(gap, id);
  s.hear(Session::fin(gap, "n7", true));
  s.settle("n7");
  EXPECT_EQ(order(s), (std::vector<std::string>{"n2", "n3", "n4 live", "n5", "n6 live", "n7", "n8 live"}));
  s.hear(live("n8"));
  s.hear(live("n9"));
  EXPECT_EQ(order(s).size(), 8U) << "and from then on at once, each once";
}

TEST(AccountSession, WhatIsLiveDoesNotWaitForAnArchiveThatIsLate) {
  Session s(account("n1"));
  s.answer();
  s.hear(live("n3"));
  EXPECT_TRUE(order(s).empty());
  s.session.on_time(s.now += AccountSession::answer_time);
  s.collect();
  EXPECT_EQ(order(s), std::vector<std::string>{"n3 live"});
  s.hear(live("n4"));
  s.archived(s.last_query(), "n2");
  s.archived(s.last_query(), "n3");
  EXPECT_EQ(order(s), (std::vector<std::string>{"n3 live", "n4 live", "n2"}));
}

// What came while nobody was there went to the owner's other clients, and not every server copies it to us.
TEST(AccountSession, WhoAppearsIsGivenWhatTheArchiveHasSinceBeforeWhatIsLive) {
  SessionAccount quiet = account("n1", Instant{1});
  quiet.presence.clear();
  Session s(quiet);
  s.answer("n1");
  s.hear(Session::fin(s.last_query(), "", true));  // nothing came in between
  ASSERT_EQ(s.all<SessionCaughtUp>().size(), 1U);
  s.hear(live("n2"));
  EXPECT_FALSE(s.all<SessionStanza>().back().in_order) << "others may have had more, before it";

  s.appear();
  EXPECT_EQ(s.presences(), 1U);
  EXPECT_EQ(s.said.back().attr_or("id"), s.last_query()) << "asked after the presence";
  EXPECT_NE(to_xml(s.said.back()).find("<after>n1</after>"), std::string::npos);
  const std::size_t before = s.all<SessionStanza>().size();
  s.hear(live("n5"));
  EXPECT_EQ(s.all<SessionStanza>().size(), before) << "waits";
  s.archived(s.last_query(), "n2");
  s.archived(s.last_query(), "n3");
  s.archived(s.last_query(), "n4");
  s.hear(Session::fin(s.last_query(), "n4", true));
  s.settle("n4");
  std::vector<std::string> ids;
  for (const SessionStanza& e : s.all<SessionStanza>())
    if (!e.archive_id.empty()) ids.push_back(e.archive_id + (e.in_order ? "" : "?"));
  EXPECT_EQ(ids, (std::vector<std::string>{"n2?", "n3", "n4", "n5"})) << "nothing twice";
  ASSERT_EQ(s.all<SessionCaughtUp>().size(), 3U);
  EXPECT_EQ(s.all<SessionCaughtUp>()[1].archive_id, "n4");

  s.session.say_presence("<presence type='unavailable'/>", s.now);
  s.collect();
  const std::string query = s.last_query();
  s.appear();
  EXPECT_NE(s.last_query(), query) << "each time";
  EXPECT_NE(to_xml(s.said.back()).find("<after>n1</after>"), std::string::npos) << "from a little before";
  s.session.say_presence("<presence><show>away</show></presence>", s.now);
  s.collect();
  EXPECT_EQ(s.said.back().name, "presence") << "who is there already misses nothing";
}

// It was sent to whoever was there before us, has the older id, and is archived last.
TEST(AccountSession, WhatTheArchiveHasLateIsFoundAMomentLater) {
  SessionAccount quiet = account("n1", Instant{1});
  quiet.presence.clear();
  Session s(quiet);
  s.answer("n1");
  s.hear(Session::fin(s.last_query(), "n1", true));
  s.appear();
  s.archived(s.last_query(), "n3");
  s.hear(Session::fin(s.last_query(), "n3", true));
  s.hear(live("n4"));
  EXPECT_EQ(order(s), (std::vector<std::string>{"n3"})) << "what is live waits";
  const std::string first = s.last_query();
  s.wait(AccountSession::settle_time / 2);
  EXPECT_EQ(s.last_query(), first);
  s.wait(AccountSession::settle_time / 2);
  const std::string second = s.last_query();
  ASSERT_NE(second, first);
  EXPECT_NE(to_xml(s.said.back()).find("<after>n1</after>"), std::string::npos) << "not after n3";
  for (const char* id : {"n2", "n3", "n4"}) s.archived(second, id);
  s.hear(Session::fin(second, "n4", true));
  EXPECT_EQ(order(s), (std::vector<std::string>{"n3", "n2", "n4 live"}));
  s.wait(2 * AccountSession::settle_time);
  const std::string third = s.last_query();
  EXPECT_NE(third, second) << "where one came late there may be more";
  s.hear(Session::fin(third, "n4", true));
  s.hear(live("n5"));
  s.wait(20 * ferry::second);
  EXPECT_EQ(s.last_query(), third) << "none was found";
  EXPECT_EQ(order(s).size(), 4U) << "and nothing waits";
}

TEST(AccountSession, WhatIsLiveWaitsForASlowArchiveNotForLong) {
  Session s(account("n1"));
  s.answer("n1");
  s.now += 20 * ferry::second;  // it took so long
  s.hear(Session::fin(s.last_query(), "n1", true));
  s.hear(live("n2"));
  EXPECT_TRUE(order(s).empty());
  const std::string before = s.last_query();
  s.wait(AccountSession::longest_hold);
  EXPECT_EQ(order(s).size(), 1U);
  EXPECT_EQ(s.last_query(), before);
  s.wait(40 * ferry::second - AccountSession::longest_hold);
  EXPECT_NE(s.last_query(), before);
}

// Of what the owner writes elsewhere there is always more.
TEST(AccountSession, WhatTheOwnerWroteIsNoReasonToLookAgain) {
  Session s(account("n1"));
  s.answer("n1");
  s.hear(Session::fin(s.last_query(), "n1", true));
  s.wait(AccountSession::settle_time);
  const std::string look = s.last_query();
  s.hear(
      "<message from='bob@corp.example'><result xmlns='urn:xmpp:mam:2' queryid='" + look +
      "' id='n2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' "
      "from='bob@corp.example/desk' to='alice@corp.example'><body>x</body></message></forwarded></result></message>");
  s.hear(Session::fin(look, "n2", true));
  s.wait(20 * ferry::second);
  EXPECT_EQ(s.last_query(), look);
}

TEST(AccountSession, AnArchiveThatWasEmptyIsAskedForAllOfItWhenSomebodyAppears) {
  SessionAccount quiet = account();
  quiet.presence.clear();
  Session s(quiet);
  s.answer("");
  s.appear();
  EXPECT_NE(to_xml(s.said.back()).find("<value>1970-01-01T00:00:00"), std::string::npos);
}

TEST(AccountSession, WhoAppearsWhileTheGapIsClosedClosesItOnceMore) {
  SessionAccount quiet = account("n1", Instant{1});
  quiet.presence.clear();
  Session s(quiet);
  s.answer("n1");
  const std::string first = s.last_query();
  ASSERT_FALSE(first.empty());
  s.appear();
  s.hear(Session::fin(first, "n2", true));
  EXPECT_TRUE(s.all<SessionCaughtUp>().empty());
  EXPECT_NE(s.last_query(), first) << "the first was asked before the presence";
  s.hear(Session::fin(s.last_query(), "n3", true));
  EXPECT_EQ(s.all<SessionCaughtUp>().size(), 1U);
}

// A phone that comes or goes while the session is still catching up.
TEST(AccountSession, ThePresenceIsTheLatestEvenWhereItChangesDuringTheCatchUp) {
  Session s(account("n1", Instant{1}));
  s.answer("n5");
  ASSERT_EQ(s.presences(), 0U) << "not before what was missed";
  s.session.say_presence("<presence type='unavailable'/>", s.now);
  s.collect();
  s.hear(Session::fin(s.last_query(), "n5", true));
  EXPECT_EQ(s.presences(), 0U) << "who never was there need not leave";
}

TEST(AccountSession, NoMoreWaitForTheArchiveThanThereIsRoomFor) {
  Session s(account("n1"));
  s.answer();
  for (std::size_t n = 0; n <= AccountSession::most_held; ++n) s.hear(live("m" + std::to_string(n)));
  EXPECT_EQ(order(s).size(), AccountSession::most_held + 1);
}

TEST(AccountSession, AForgottenEntryFallsBackToTheTimeOrSaysSo) {
  const std::string error =
      "' type='error'><error type='cancel'><item-not-found "
      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>";
  Session with(account("gone", Instant{0}));
  with.answer();
  with.hear("<iq id='" + with.last_query() + error);
  EXPECT_NE(to_xml(with.said.back()).find("1970-01-01T00:00:00"), std::string::npos);
  EXPECT_TRUE(with.all<SessionCaughtUp>().empty());
  Session without(account("gone"));
  without.answer();
  without.hear("<iq id='" + without.last_query() + error);
  ASSERT_EQ(without.all<SessionCaughtUp>().size(), 1U);
  EXPECT_FALSE(without.all<SessionCaughtUp>()[0].complete);
  EXPECT_EQ(without.presences(), 1U);
}

std::string carbon(const std::string& outer_from, const std::string& kind, const std::string& archive_id = {}) {
  return "<message from='" + outer_from + "'><" + kind +
         " xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
         "<message xmlns='jabber:client' from='bob@corp.example/desk' to='alice@corp.example'><body>c</body>" +
         (archive_id.empty() ? ""
                             : "<stanza-id xmlns='urn:xmpp:sid:0' by='bob@corp.example' id='" + archive_id + "'/>") +
         "</message></forwarded></" + kind + "></message>";
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

// A desktop client took what was kept for who is offline, which is not copied to us, and then went on.
TEST(AccountSession, WhatIsCopiedWhileNobodyIsThereComesInTheOrderOfTheArchive) {
  Session s(account("n1", Instant{1}));
  s.answer("n1");
  s.hear(Session::fin(s.last_query(), "n1", true));
  ASSERT_EQ(s.all<SessionCaughtUp>().size(), 1U);
  s.settle("n1");
  s.hear(carbon("bob@corp.example", "received", "n2"));
  EXPECT_EQ(order(s), std::vector<std::string>{"n2 live"}) << "somebody is there: at once";

  s.session.say_presence("<presence type='unavailable'/>", s.now);
  s.collect();
  s.hear(carbon("bob@corp.example", "received", "n4"));
  s.hear(carbon("bob@corp.example", "sent", "n5"));
  EXPECT_EQ(order(s).size(), 1U);
  s.hear(carbon("bob@corp.example", "sent"));
  EXPECT_EQ(s.all<SessionStanza>().back().source, SessionStanza::Source::carbon_sent) << "what no archive has";

  s.appear();
  for (const char* id : {"n2", "n3", "n4", "n5"}) s.archived(s.last_query(), id);
  s.hear(Session::fin(s.last_query(), "n5", true));
  EXPECT_EQ(order(s), (std::vector<std::string>{"n2 live", "n3", "n4", "n5"}));
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
