// Accounts of the legacy server in a capture: what their sessions hear, offline.
#include "tests/replay/ground.h"
#include "tools/ferry-replay/departure.h"

namespace ferry {
namespace accounts_test {

constexpr const char* bob_topic = "im/v1/u/bob@corp.example/in/msg";

// bob's own client, at the old server; what the server sends to it.
Record to_bob(Ground& g, const std::string& xml, const std::string& stream = "bob") {
  Record r = g.stanza(xml, StreamKind::client, Direction::sent);
  r.stream = stream;
  r.jid = "bob@corp.example/spark";
  return r;
}

Record says(Ground& g, const std::string& from, const std::string& xml) {
  Record r = g.stanza(xml, StreamKind::client, Direction::received);
  r.stream = from;
  r.jid = from;
  return r;
}

std::string chat(const std::string& id, const std::string& body, const std::string& to = "bob@corp.example/spark") {
  return "<message type='chat' from='alice@corp.example/psi' to='" + to + "' id='" + id + "'><body>" + body +
         "</body></message>";
}

const std::string roster =
    "<iq type='result' id='r' to='bob@corp.example/spark'><query xmlns='jabber:iq:roster'>"
    "<item jid='alice@corp.example' name='Alice' subscription='both'/></query></iq>";

TEST(Accounts, HearWhatTheirClientsHeard) {
  Ground g;
  g.capture("capture",
            {to_bob(g, roster), to_bob(g, chat("m1", "Hello")), to_bob(g, chat("m2", "are you there?")),
             to_bob(g, "<presence from='alice@corp.example/psi' to='bob@corp.example'><show>dnd</show></presence>")});
  g.output("capture", {"--account", "bob@corp.example"});
  const auto lines = g.lines("out");
  ASSERT_EQ(lines.size(), 3U) << g.read("out");
  for (const std::size_t n : {0U, 1U}) EXPECT_NE(lines[n].find(bob_topic), std::string::npos) << lines[n];
  EXPECT_NE(lines[0].find(R"("line":3)"), std::string::npos) << lines[0];
  EXPECT_NE(lines[0].find(R"("body":"Hello")"), std::string::npos) << lines[0];
  EXPECT_NE(lines[1].find("are you there?"), std::string::npos) << lines[1];
  EXPECT_NE(lines[2].find("in/contact/alice@corp.example/presence"), std::string::npos) << lines[2];
  EXPECT_NE(lines[2].find(R"("state":"dnd")"), std::string::npos) << lines[2];
}

TEST(Accounts, AreNotPlayedToUnlessAskedFor) {
  Ground g;
  g.capture("capture", {to_bob(g, roster), to_bob(g, chat("m1", "Hello"))});
  EXPECT_EQ(g.output("capture"), "");
  EXPECT_EQ(g.output("capture", {"--account", "carol@corp.example"}), "");
  EXPECT_EQ(occurrences(g.output("capture", {"--account", "corp.example"}), bob_topic), 1U);
}

// By its sender's stream, by two clients of the account, and again: once. A room, requests, carbons: not at all.
TEST(Accounts, HearEverythingOnce) {
  Ground g;
  g.capture("capture", {says(g, "alice@corp.example/psi", chat("m1", "Hello", "bob@corp.example")),
                        to_bob(g, chat("m1", "Hello")), to_bob(g, chat("m1", "Hello"), "bob 2"),
                        says(g, "alice@corp.example/psi", chat("m1", "Hello", "bob@corp.example")),
                        to_bob(g,
                               "<message type='groupchat' from='room@rooms.corp.example/x' "
                               "to='bob@corp.example/spark'><body>all</body></message>"),
                        to_bob(g,
                               "<presence from='room@rooms.corp.example/x' to='bob@corp.example/spark'>"
                               "<x xmlns='http://jabber.org/protocol/muc#user'/></presence>"),
                        to_bob(g,
                               "<iq type='get' id='v' from='alice@corp.example/psi' to='bob@corp.example/spark'><query "
                               "xmlns='jabber:iq:version'/></iq>"),
                        to_bob(g,
                               "<message from='bob@corp.example' to='bob@corp.example/spark'><received "
                               "xmlns='urn:xmpp:carbons:2'/></message>")});
  g.output("capture", {"--account", "bob@corp.example"});
  EXPECT_EQ(g.lines("out").size(), 1U) << g.read("out");
}

// A message that this account has carried before is refused to its sender, by the session.
TEST(Accounts, AnswerByTheirSession) {
  Ground g;
  g.capture("capture", {to_bob(g,
                               "<message type='chat' from='alice@corp.example/psi' to='bob@corp.example' id='m1'>"
                               "<body>Hello</body><via xmlns='urn:ferry:via:0' hops='bob@corp.example'/></message>")});
  g.output("capture", {"--account", "bob@corp.example"});
  const auto lines = g.lines("out");
  ASSERT_EQ(lines.size(), 1U) << g.read("out");
  EXPECT_NE(lines[0].find(R"("session":"bob@corp.example","stanza":"<message)"), std::string::npos) << lines[0];
  EXPECT_NE(lines[0].find("alice@corp.example/psi"), std::string::npos) << lines[0];
  const auto departure = replay::from_line(lines[0]);
  ASSERT_TRUE(departure);
  EXPECT_EQ(departure->session, "bob@corp.example");
  EXPECT_EQ(to_line(*departure), lines[0]);
}

TEST(Accounts, AreMultipliedWithTheirRosters) {
  Ground g;
  g.capture("capture",
            {to_bob(g, roster), to_bob(g, "<presence from='alice@corp.example/psi' to='bob@corp.example'/>")});
  g.output("capture", {"--account", "corp.example", "--users", "3"});
  const std::string out = g.read("out");
  EXPECT_EQ(g.lines("out").size(), 3U) << out;
  EXPECT_NE(out.find("im/v1/u/bob-3@corp.example/in/contact/alice-3@corp.example/presence"), std::string::npos) << out;
}

TEST(Accounts, TheSameBytesEachTime) {
  Ground g;
  g.capture("capture", {to_bob(g, roster), to_bob(g, chat("m1", "Hello"))});
  const std::string first = g.output("capture", {"--account", "corp.example"});
  EXPECT_EQ(g.output("capture", {"--account", "corp.example"}), first);
}

TEST(Accounts, OfTheLegacyServerAlone) {
  Ground g;
  g.capture("capture", {to_bob(g, chat("m1", "Hello"))});
  for (const char* wrong : {"bob@mqtt.corp.example", "mqtt.corp.example", "bob@corp.example/spark", "@", ""})
    EXPECT_EQ(g.run("capture", {"--account", wrong}), 2) << wrong;
  std::vector<std::string> arguments{"-", "--config", g.path("ferry.conf"), "--account", "corp.example"};
  EXPECT_EQ(run_command(arguments), 2);
}

}  // namespace accounts_test
}  // namespace ferry
