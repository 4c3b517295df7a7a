// What a session says while nobody is there: that something waits at the server.
#include <gtest/gtest.h>

#include "tests/session/session_stage.h"

namespace ferry {
namespace account_session_away_test {

using account_session_test::account;
using account_session_test::Session;

constexpr Duration poll = 60 * second;
const std::string unavailable = "<presence type='unavailable'/>";

// Logged in, caught up to "n1", and nobody is there.
struct Away : Session {
  explicit Away(const std::string& newest = "n1") : Session(nobody(newest), poll) {
    answer(newest);
    if (!newest.empty()) hear(fin(last_query(), "", true));
    said.clear();
    events.clear();
  }
  static SessionAccount nobody(const std::string& newest) {
    SessionAccount a = newest.empty() ? account() : account(newest, Instant{1});
    a.presence = unavailable;
    return a;
  }
  void passes(Duration time) {
    session.on_time(now += time);
    collect();
  }
  bool asks() const {
    return std::any_of(said.begin(), said.end(), [](const Element& e) { return e.attr_or("id") == "ferry-waiting"; });
  }
  std::string asked() {  // since the last call
    std::string text;
    for (const Element& e : std::exchange(said, {}))
      if (e.attr_or("id") == "ferry-waiting") text += to_xml(e);
    return text;
  }
  void waiting(const std::string& id, const std::string& message) {
    hear("<message from='bob@corp.example'><result xmlns='urn:xmpp:mam:2' queryid='ferry-waiting' id='" + id +
         "'><forwarded xmlns='urn:xmpp:forward:0'>" + message + "</forwarded></result></message>");
  }
  static std::string from(const std::string& jid, const std::string& inside = "<body>x</body>",
                          const std::string& type = "chat") {
    return "<message xmlns='jabber:client' type='" + type + "' from='" + jid + "'>" + inside + "</message>";
  }
  void end(const std::string& last, bool complete = true) { hear(fin("ferry-waiting", last, complete)); }
  std::vector<std::string> told() {
    std::vector<std::string> who;
    for (const SessionWaiting& e : all<SessionWaiting>()) who.push_back(e.from.str());
    EXPECT_TRUE(all<SessionStanza>().empty()) << "what waits is not given";
    events.clear();
    return who;
  }
  using Told = std::vector<std::string>;
};

TEST(AccountSessionAway, TheArchiveIsAskedNowAndThenWhatCameAfterWhatIsKnown) {
  Away s;
  s.passes(poll - 1);
  EXPECT_FALSE(s.asks());
  s.passes(1);
  EXPECT_NE(s.asked().find("<after>n1</after>"), std::string::npos);
  s.waiting("n2", Away::from("alice@corp.example/a"));
  s.waiting("n3", Away::from("carol@corp.example/a"));
  s.end("n3");
  EXPECT_EQ(s.told(), Away::Told{"carol@corp.example/a"});
  s.passes(poll);
  EXPECT_NE(s.asked().find("<after>n3</after>"), std::string::npos) << "nothing is told twice";
  s.end("");
  EXPECT_EQ(s.told(), Away::Told{});
}

TEST(AccountSessionAway, WhoeverAppearsIsGivenAllOfItAndNobodyIsAskedAbout) {
  Away s;
  s.passes(poll);
  s.waiting("n2", Away::from("alice@corp.example/a"));
  s.appear();
  EXPECT_NE(to_xml(s.said.back()).find("<after>n1</after>"), std::string::npos) << "from where it was";
  s.end("n2");
  EXPECT_EQ(s.told(), Away::Told{});
  s.hear(Session::fin(s.last_query(), "n2", true));
  s.said.clear();
  s.passes(poll);
  EXPECT_FALSE(s.asks()) << "somebody is there";
}

TEST(AccountSessionAway, PagesAreReadToTheirEnd) {
  Away s;
  s.passes(poll);
  s.waiting("n2", Away::from("alice@corp.example/a"));
  s.end("n2", false);
  EXPECT_EQ(s.told(), Away::Told{});
  s.passes(1);
  EXPECT_NE(s.asked().find("<after>n2</after>"), std::string::npos);
  s.waiting("n3", Away::from("bob@corp.example/spark"));
  s.end("n3");
  EXPECT_EQ(s.told(), Away::Told{}) << "the owner has read it elsewhere, and answered";
}

TEST(AccountSessionAway, WhatNobodyReadsWakesNobody) {
  Away s;
  s.passes(poll);
  s.waiting("n2", Away::from("alice@corp.example/a", "<received xmlns='urn:xmpp:receipts' id='1'/>"));
  s.waiting("n3", Away::from("alice@corp.example/a", "<body>x</body>", "error"));
  s.end("n3");
  EXPECT_EQ(s.told(), Away::Told{});
  s.passes(poll);
  s.waiting("n4", Away::from("alice@corp.example/a", "<encrypted xmlns='eu.siacs.conversations.axolotl'/>"));
  s.end("n4");
  EXPECT_EQ(s.told(), Away::Told{"alice@corp.example/a"});
  s.passes(poll);
  s.waiting("n5", Away::from("sea@rooms.corp.example/alice", "<body>x</body>", "groupchat"));
  s.end("n5");
  ASSERT_EQ(s.all<SessionWaiting>().size(), 1U);
  EXPECT_TRUE(s.all<SessionWaiting>()[0].group);
}

TEST(AccountSessionAway, AnArchiveThatWasEmptyOrHasForgottenIsAskedForItsLastEntry) {
  Away empty("");
  empty.passes(poll);
  EXPECT_NE(empty.asked().find("<before/>"), std::string::npos);
  empty.waiting("n1", Away::from("alice@corp.example/a"));
  empty.end("n1", false);
  EXPECT_EQ(empty.told(), Away::Told{"alice@corp.example/a"});
  empty.passes(1);
  EXPECT_FALSE(empty.asks()) << "there are older ones, and that is no matter";

  Away forgotten;
  forgotten.passes(poll);
  forgotten.hear(
      "<iq id='ferry-waiting' type='error'><error type='cancel'><item-not-found "
      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
  forgotten.passes(poll);
  EXPECT_NE(forgotten.asked().find("<before/>"), std::string::npos);
}

TEST(AccountSessionAway, ACopyTellsAtOnceWhereTheServerSendsOne) {
  Away s;
  s.hear(
      "<message from='bob@corp.example'><received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>"
      "<message xmlns='jabber:client' from='alice@corp.example/a'><body>x</body><stanza-id xmlns='urn:xmpp:sid:0' "
      "by='bob@corp.example' id='n2'/></message></forwarded></received></message>");
  EXPECT_EQ(s.told(), Away::Told{"alice@corp.example/a"});
  s.passes(poll);
  EXPECT_NE(s.asked().find("<after>n2</after>"), std::string::npos);
}

TEST(AccountSessionAway, NobodyIsAskedWhereItDoesNotMatter) {
  for (const Duration every : {Duration{0}, poll}) {
    SessionAccount shadow = account("n1", Instant{1});
    shadow.presence = every == 0 ? unavailable : "";
    Session s(shadow, every);
    s.answer("n1");
    s.hear(Session::fin(s.last_query(), "", true));
    s.said.clear();
    s.session.on_time(s.now += poll);
    s.collect();
    EXPECT_TRUE(s.said.empty()) << every;
  }
}

TEST(AccountSessionAway, AnAnswerThatDoesNotComeIsNotWaitedForForEver) {
  Away s;
  s.passes(poll);
  EXPECT_NE(s.asked(), "");
  s.passes(AccountSession::answer_time - 1);
  EXPECT_FALSE(s.asks());
  s.passes(poll);
  EXPECT_TRUE(s.asks());
}

}  // namespace account_session_away_test
}  // namespace ferry
