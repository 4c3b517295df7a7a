// In which order a session gives what is live and what the archive has: each once, and nothing passed over.
#include <gtest/gtest.h>

#include "tests/session/session_stage.h"

namespace ferry {
namespace account_session_test {

TEST(AccountSessionArchive, WhatIsLiveTakesItsPlaceInTheOrderOfTheArchive) {
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

// ejabberd's ids are times.
TEST(AccountSessionArchive, TwoEntriesThatCameAtOnceHaveOneId) {
  Session s(account("n1"));
  s.answer();
  const std::string first = s.last_query();
  s.archived(first, "n2");
  s.archived(first, "n2", "bob@corp.example", "carol@corp.example/c");
  s.archived(first, "n2");
  s.hear(live("n3"));
  s.hear(live("n3", "carol@corp.example/c"));
  s.archived(first, "n3", "bob@corp.example", "carol@corp.example/c");
  s.archived(first, "n3");
  s.hear(Session::fin(first, "n3", true));
  s.hear(Session::fin(s.last_query(), "n3", true));
  s.settle("n3");
  EXPECT_EQ(order(s), (std::vector<std::string>{"n2", "n2", "n3 live", "n3 live"}));
  s.hear(live("n4"));
  s.hear(live("n4", "carol@corp.example/c"));
  s.hear(live("n4"));
  EXPECT_EQ(order(s).size(), 6U);
}

TEST(AccountSessionArchive, WhatIsLiveDoesNotWaitForAnArchiveThatIsLate) {
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
TEST(AccountSessionArchive, WhoAppearsIsGivenWhatTheArchiveHasSinceBeforeWhatIsLive) {
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
TEST(AccountSessionArchive, WhatTheArchiveHasLateIsFoundAMomentLater) {
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

TEST(AccountSessionArchive, WhatIsLiveWaitsForASlowArchiveNotForLong) {
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

// The next who appears is given what came meanwhile at once, and the look back is made then.
TEST(AccountSessionArchive, WhoGoesDuringALookBackEndsIt) {
  Session s(account("n1"));
  s.answer("n1");
  s.hear(Session::fin(s.last_query(), "n2", true));
  s.wait(AccountSession::settle_time);
  const std::string look = s.last_query();
  s.hear(live("n4"));
  EXPECT_TRUE(order(s).empty());
  s.session.say_presence("<presence type='unavailable'/>", s.now);
  s.collect();
  s.archived(look, "n3");
  s.hear(Session::fin(look, "n3", true));
  EXPECT_TRUE(order(s).empty()) << "nobody waits for it any more";
  s.wait(AccountSession::longest_hold);
  EXPECT_EQ(s.last_query(), look);
  s.appear();
  for (const char* id : {"n3", "n4", "n5"}) s.archived(s.last_query(), id);
  s.hear(Session::fin(s.last_query(), "n5", true));
  EXPECT_EQ(order(s), (std::vector<std::string>{"n3", "n4", "n5"}));
}

// While much comes, reading all of it once more would keep the gap open.
TEST(AccountSessionArchive, WhoAppearsInTheMiddleOfATorrentIsGivenWhatIsNewFirst) {
  Session s(account("n0"));
  s.answer("n0");
  s.hear(Session::fin(s.last_query(), "n0", true));
  s.settle("n0");
  for (std::size_t n = 1; n <= AccountSession::page; ++n) s.hear(live("n" + std::to_string(n)));
  for (const char* from : {"n0", "n51"}) {
    s.session.say_presence("<presence type='unavailable'/>", s.now);
    s.appear();
    EXPECT_NE(to_xml(s.said.back()).find("<after>" + std::string(from) + "</after>"), std::string::npos) << from;
    s.archived(s.last_query(), "n51");
    s.hear(Session::fin(s.last_query(), "n51", true));
  }
  s.wait(AccountSession::settle_time);
  EXPECT_NE(to_xml(s.said.back()).find("<after>n0</after>"), std::string::npos) << "and then what came late";
}

TEST(AccountSessionArchive, ALookBackIsNotAllOfWhatWasMissed) {
  Session s(account("n0"));
  s.answer("n9999");
  std::size_t n = 0;
  for (bool more = true; more; more = n < 3 * AccountSession::most_back) {
    const std::string query = s.last_query();
    for (std::size_t i = 0; i < AccountSession::page; ++i) s.archived(query, "n" + std::to_string(++n));
    s.hear(Session::fin(query, "n" + std::to_string(n), n >= 3 * AccountSession::most_back));
  }
  s.hear(Session::fin(s.last_query(), "", true));
  s.wait(AccountSession::settle_time);
  const std::string from = to_xml(s.said.back());
  EXPECT_NE(from.find("<after>n" + std::to_string(2 * AccountSession::most_back) + "<"), std::string::npos) << from;
}

// Of what the owner writes elsewhere there is always more.
TEST(AccountSessionArchive, WhatTheOwnerWroteIsNoReasonToLookAgain) {
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

TEST(AccountSessionArchive, AnArchiveThatWasEmptyIsAskedForAllOfItWhenSomebodyAppears) {
  SessionAccount quiet = account();
  quiet.presence.clear();
  Session s(quiet);
  s.answer("");
  s.appear();
  EXPECT_NE(to_xml(s.said.back()).find("<value>1970-01-01T00:00:00"), std::string::npos);
}

TEST(AccountSessionArchive, WhoAppearsWhileTheGapIsClosedClosesItOnceMore) {
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
TEST(AccountSessionArchive, ThePresenceIsTheLatestEvenWhereItChangesDuringTheCatchUp) {
  Session s(account("n1", Instant{1}));
  s.answer("n5");
  ASSERT_EQ(s.presences(), 0U) << "not before what was missed";
  s.session.say_presence("<presence type='unavailable'/>", s.now);
  s.collect();
  s.hear(Session::fin(s.last_query(), "n5", true));
  EXPECT_EQ(s.presences(), 0U) << "who never was there need not leave";
}

TEST(AccountSessionArchive, NoMoreWaitForTheArchiveThanThereIsRoomFor) {
  Session s(account("n1"));
  s.answer();
  for (std::size_t n = 0; n <= AccountSession::most_held; ++n) s.hear(live("m" + std::to_string(n)));
  EXPECT_EQ(order(s).size(), AccountSession::most_held + 1);
}

TEST(AccountSessionArchive, AForgottenEntryFallsBackToTheTimeOrSaysSo) {
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

// A desktop client took what was kept for who is offline, which is not copied to us, and then went on.
TEST(AccountSessionArchive, WhatIsCopiedWhileNobodyIsThereComesInTheOrderOfTheArchive) {
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
  for (const char* id : {"n2", "n3", "n4", "n5"})
    s.archived(s.last_query(), id, "bob@corp.example", "bob@corp.example/desk");
  s.hear(Session::fin(s.last_query(), "n5", true));
  EXPECT_EQ(order(s), (std::vector<std::string>{"n2 live", "n3", "n4", "n5"}));
}

}  // namespace account_session_test
}  // namespace ferry
