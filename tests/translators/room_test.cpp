#include "translators/room.h"

#include <gtest/gtest.h>

namespace ferry {
namespace room_test {

Parts parts_of(const std::string& inside) {
  auto xml = parse_xml("<presence from='r@c.example/n'>" + inside + "</presence>");
  EXPECT_TRUE(xml.ok()) << inside;
  return std::get<Presence>(to_event(*Stanza::from_xml(std::move(*xml)))).parts;
}

Message message(const std::string& xml) {
  auto parsed = parse_xml(xml);
  EXPECT_TRUE(parsed.ok()) << xml;
  return std::get<Message>(to_event(*Stanza::from_xml(std::move(*parsed))));
}

const std::string x = "<x xmlns='http://jabber.org/protocol/muc#user'>";

TEST(Room, SaysWhoSomebodyIsAndWhatHappened) {
  const auto said = room::said(
      parts_of(x + "<item role='none' affiliation='member' nick='new' jid='a@c.example/x'><reason>why</reason></item>"
                   "<status code='110'/><status code='303'/><status code='what'/><status/></x>"));
  ASSERT_TRUE(said);
  EXPECT_EQ(said->role, "none");
  EXPECT_EQ(said->affiliation, "member");
  EXPECT_EQ(said->nick, "new");
  EXPECT_EQ(said->jid, "a@c.example/x");
  EXPECT_EQ(said->reason, "why");
  EXPECT_TRUE(said->self());
  EXPECT_TRUE(said->codes.contains(303));
  EXPECT_FALSE(said->destroyed);
  const auto closed = room::said(parts_of(x + "<destroy jid='s@c.example'><reason>over</reason></destroy></x>"));
  ASSERT_TRUE(closed);
  EXPECT_TRUE(closed->destroyed);
  EXPECT_EQ(closed->venue, "s@c.example");
  EXPECT_EQ(closed->reason, "over");
  EXPECT_EQ(room::said(parts_of(x + "<item jid='a b'/></x>"))->jid, "");
  EXPECT_FALSE(room::said(parts_of("<show>away</show>")));
  EXPECT_TRUE(room::said(parts_of("<x xmlns='http://jabber.org/protocol/muc#user'/>")));
}

TEST(Room, InvitationsAreMediatedOrDirect) {
  const struct {
    std::string xml, by, text, password;  // by empty: none
  } rows[] = {
      {"<message from='r@c.example'>" + x +
           "<invite from='a@c.example'><reason>Come</reason></invite>"
           "<password>p</password></x></message>",
       "a@c.example", "Come", "p"},
      {"<message from='a@c.example/x'><x xmlns='jabber:x:conference' jid='r@c.example' reason='Come' password='p'/>"
       "</message>",
       "a@c.example", "Come", "p"},
      {"<message from='r@c.example' type='error'>" + x + "<invite from='a@c.example'/></x></message>", "", "", ""},
      {"<message from='r@c.example/n'>" + x + "<invite from='a@c.example'/></x></message>", "", "", ""},
      {"<message from='c.example'>" + x + "<invite from='a@c.example'/></x></message>", "", "", ""},
      {"<message from='r@c.example'>" + x + "<decline from='a@c.example'/></x></message>", "", "", ""},
      {"<message from='a@c.example'><x xmlns='jabber:x:conference' jid='@'/></message>", "", "", ""},
      {"<message from='a@c.example'><x xmlns='jabber:x:conference' jid='r@c.example/n'/></message>", "", "", ""},
      {"<message from='a@c.example'><body>r@c.example</body></message>", "", "", ""},
  };
  for (const auto& row : rows) {
    const auto invitation = room::invitation(message(row.xml));
    ASSERT_EQ(invitation.has_value(), !row.by.empty()) << row.xml;
    if (!invitation) continue;
    EXPECT_EQ(invitation->room.str(), "r@c.example");
    EXPECT_EQ(invitation->by, row.by);
    EXPECT_EQ(invitation->text, row.text);
    EXPECT_EQ(invitation->password, row.password);
  }
}

TEST(Room, BookmarksOfBothKinds) {
  const auto old = room::private_bookmarks(*parse_xml(
      "<iq><query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'>"
      "<conference jid='R@C.example' name='N' autojoin='1'><nick>b</nick><password>p</password></conference>"
      "<conference jid='c.example'/><conference/><url name='u' url='http://c.example'/></storage></query></iq>"));
  ASSERT_EQ(old.size(), 1U);
  EXPECT_EQ(old[0].room.str(), "r@c.example");
  EXPECT_EQ(old[0].name + "," + old[0].nick + "," + old[0].password, "N,b,p");
  EXPECT_TRUE(old[0].autojoin);
  const auto published = room::published_bookmarks(
      *parse_xml("<iq><pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:bookmarks:1'>"
                 "<item id='r@c.example'><conference xmlns='urn:xmpp:bookmarks:1' autojoin='true'/></item>"
                 "<item id='s@c.example'><conference xmlns='urn:xmpp:bookmarks:1'/></item><item id='t@c.example'/>"
                 "<item id='@'><conference xmlns='urn:xmpp:bookmarks:1'/></item></items></pubsub></iq>"));
  ASSERT_EQ(published.size(), 2U);
  EXPECT_TRUE(published[0].autojoin);
  EXPECT_FALSE(published[1].autojoin);
  EXPECT_TRUE(room::private_bookmarks(*parse_xml("<iq/>")).empty());
  EXPECT_TRUE(room::published_bookmarks(*parse_xml("<iq/>")).empty());
}

TEST(Room, LongTextsAreCutBetweenCharacters) {
  EXPECT_EQ(room::shortened("abc", 3), "abc");
  EXPECT_EQ(room::shortened("abcd", 3), "abc");
  EXPECT_EQ(room::shortened("ab\xC3\xA4", 3), "ab");
}

TEST(Room, IsShownAsItIs) {
  room::View view{"r@c.example", "N", "b", "joined", "S", "participant", "none", "", ""};
  view.occupants = 2;
  EXPECT_EQ(room::to_json(view),
            R"({"jid":"r@c.example","name":"N","nick":"b","state":"joined","subject":"S","occupants":2,)"
            R"("role":"participant","affiliation":"none"})");
  const StanzaError wrong = error(Condition::forbidden, "no");
  room::View failed{"r@c.example", "", "b", "failed", "", "", "", "", ""};
  failed.error = &wrong;
  EXPECT_EQ(room::to_json(failed), R"({"jid":"r@c.example","name":"","nick":"b","state":"failed",)"
                                   R"("error":{"condition":"forbidden","text":"no","retry":false}})");
}

}  // namespace room_test
}  // namespace ferry
