// A capture through the gateway, offline: what comes out, when, and always the same.
#include "tests/replay/ground.h"

namespace ferry {
namespace run_test {

std::vector<Record> talk(Ground& g, const std::string& third = "and how are you?") {
  return {g.message("alice@corp.example/spark", "bob@mqtt.corp.example", "Hello", "m1"),
          g.message("carol@corp.example/psi", "anna@mqtt.corp.example", "Hi", "m2"),
          g.message("alice@corp.example/spark", "bob@mqtt.corp.example", third, "m3"),
          g.stanza("<presence from='alice@corp.example/spark' to='bob@mqtt.corp.example'><show>away</show></presence>"),
          g.stanza("<iq type='get' id='q' from='alice@corp.example/spark' to='bob@mqtt.corp.example'>"
                   "<query xmlns='jabber:iq:roster'/></iq>"),
          g.message("carol@corp.example/psi", "bob@mqtt.corp.example", "me too", "m4")};
}

TEST(Run, SaysWhatWouldHaveLeftAndWhy) {
  Ground g;
  g.capture("capture", talk(g));
  g.output("capture");
  const auto lines = g.lines("out");
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_NE(lines[0].find(R"("line":2,"publish":{"topic":"im/v1/u/bob@mqtt.corp.example/in/msg")"), std::string::npos);
  EXPECT_NE(lines[0].find(R"("body":"Hello")"), std::string::npos);
  EXPECT_NE(lines[1].find("anna@mqtt.corp.example/in/msg"), std::string::npos);
  EXPECT_NE(lines[3].find(R"("line":5,"publish")"), std::string::npos);
  EXPECT_NE(lines[3].find("in/contact/alice@corp.example/presence"), std::string::npos);
  EXPECT_NE(lines[4].find(R"("line":6,"stanza":"<iq)"), std::string::npos);
  EXPECT_NE(lines[4].find("service-unavailable"), std::string::npos);
}

TEST(Run, GivesTheSameBytesEachTime) {
  Ground g;
  g.capture("capture", talk(g));
  const std::string first = g.output("capture");
  EXPECT_EQ(g.output("capture"), first);
  EXPECT_EQ(g.output("capture", {"--seed", "1"}), first);
  EXPECT_NE(g.output("capture", {"--seed", "2"}), first);
}

TEST(Run, HasTheTimeOfTheCapture) {
  Ground g;
  g.capture("capture", talk(g));
  const std::string out = g.output("capture");
  EXPECT_EQ(out.find(R"({"time":"2025-10-09T08:53:20.100Z","line":2,)"), 0U);
  EXPECT_NE(out.find(R"("ts":"2025-10-09T08:53:20.100Z")"), std::string::npos);
}

// Presence over a sender's rate waits a moment, and comes when that has passed: virtual time.
TEST(Run, TimePassesBetweenTheStanzas) {
  Ground g("peer-rate = 1\npeer-burst = 1");
  const auto presence = [&](const std::string& show) {
    return g.stanza("<presence from='alice@corp.example/spark' to='bob@mqtt.corp.example'><show>" + show +
                    "</show></presence>");
  };
  g.capture("capture", {presence("away"), presence("dnd"), presence("xa")});
  g.output("capture");
  const auto lines = g.lines("out");
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[0].find(R"({"time":"2025-10-09T08:53:20.100Z","line":2,)"), 0U) << lines[0];
  EXPECT_EQ(lines[1].find(R"({"time":"2025-10-09T08:53:20.220Z","after":3,)"), 0U) << lines[1];
  EXPECT_NE(lines[1].find(R"("state":"dnd")"), std::string::npos);
  EXPECT_NE(lines[2].find(R"("after":4,)"), std::string::npos) << lines[2];
}

TEST(Run, AClockThatLeapsOrGoesBackIsBoundedAndCounted) {
  Ground g;
  std::vector<Record> records = talk(g);
  records[2].time = 250'000'000'000'000'000;  // the year 9892
  records[4].time = 1'000'000;                // 1970
  g.capture("capture", records);
  g.output("capture");
  const auto lines = g.lines("out");
  ASSERT_EQ(lines.size(), 6U);
  EXPECT_EQ(lines[2].find(R"({"time":"2025-10-09T08:53:20.200Z","line":4)"), 0U) << lines[2];
}

TEST(Run, MultipliesThePeople) {
  Ground g;
  g.capture("capture", talk(g));
  const std::string out = g.output("capture", {"--users", "3"});
  EXPECT_EQ(g.lines("out").size(), 18U);
  EXPECT_EQ(occurrences(out, R"("topic":"im/v1/u/bob@mqtt.corp.example/in/msg")"), 3U);
  EXPECT_EQ(occurrences(out, R"("topic":"im/v1/u/bob-2@mqtt.corp.example/in/msg")"), 3U);
  EXPECT_EQ(occurrences(out, R"("topic":"im/v1/u/bob-3@mqtt.corp.example/in/msg")"), 3U);
  EXPECT_NE(out.find(R"("copy":2,"publish":{"topic":"im/v1/u/anna-3@)"), std::string::npos);
  EXPECT_NE(out.find(R"("from":"carol-3@corp.example/psi")"), std::string::npos);
}

TEST(Run, PlaysPublishesTheOtherWay) {
  Ground g;
  g.capture("capture", {g.publish("im/v1/u/bob@mqtt.corp.example/out/msg",
                                  R"({"id":"1","to":"alice@corp.example","body":"Hello"})"),
                        g.publish("im/v1/u/bob@mqtt.corp.example/in/msg", "{}"), g.publish("elsewhere", "x"),
                        g.message("alice@corp.example", "bob@mqtt.corp.example", "not this")});
  const std::string out = g.output("capture", {"--from", "mqtt"});
  EXPECT_NE(out.find(R"("line":2,"stanza":"<message)"), std::string::npos) << out;
  EXPECT_NE(out.find("<body>Hello</body>"), std::string::npos);
  EXPECT_NE(out.find(R"("state":"forwarded")"), std::string::npos);
  EXPECT_EQ(out.find("not this"), std::string::npos);
  EXPECT_NE(g.output("capture", {"--from", "both"}).find("not this"), std::string::npos);
  EXPECT_NE(g.output("capture", {"--from", "mqtt", "--users", "2"}).find("alice-2@corp.example"), std::string::npos);
}

// Two clients of one server, as its debugger sees them: said once, delivered twice; played once.
TEST(Run, PlaysAServersClientsAsIfRecipientsHadMoved) {
  Ground g;
  const auto on = [&](const std::string& stream, const std::string& jid, Direction way, const std::string& xml) {
    Record r = g.stanza(xml, StreamKind::client, way);
    r.stream = stream;
    r.jid = jid;
    return r;
  };
  const auto received = Direction::received, sent = Direction::sent;
  const std::string delivered =
      "<message xmlns='jabber:client' type='chat' id='m1' from='alice@corp.example/spark' to='bob@corp.example/psi'>"
      "<body>Hello</body></message>";
  g.capture("capture",
            {on("a", "alice@corp.example/spark", received,
                "<message type='chat' id='m1' to='bob@corp.example'><body>Hello</body></message>"),
             on("b", "bob@corp.example/psi", sent, delivered), on("c", "bob@corp.example/home", sent, delivered),
             on("b", "", sent,
                "<presence from='alice@corp.example/spark' to='bob@corp.example/psi'><show>dnd</show></presence>"),
             on("c", "", sent,
                "<presence from='alice@corp.example/spark' to='bob@corp.example/home'><show>dnd</show></presence>"),
             on("a", "", received, "<presence><show>dnd</show></presence>"),
             on("a", "", received, "<iq type='get' id='r'><query xmlns='jabber:iq:roster'/></iq>")});
  const std::string out = g.output("capture", {"--domain-map", "corp.example=mqtt.corp.example"});
  ASSERT_EQ(g.lines("out").size(), 2U) << out;
  EXPECT_NE(out.find(R"("line":2,"publish":{"topic":"im/v1/u/bob@mqtt.corp.example/in/msg")"), std::string::npos);
  EXPECT_NE(out.find(R"("from":"alice@corp.example/spark")"), std::string::npos);
  EXPECT_NE(out.find(R"("line":5,"publish":{"topic":"im/v1/u/bob@mqtt.corp.example/in/contact/alice@corp.example)"),
            std::string::npos);
}

// A packet capture of a server has its clients' streams and its components': what the one says the other is handed.
TEST(Run, PlaysWhatAClientSaysToAComponentOnce) {
  Ground g;
  Record said = g.stanza("<message type='chat' id='m1' to='bob@mqtt.corp.example'><body>Hello</body></message>",
                         StreamKind::client, Direction::received);
  said.stream = "a";
  said.jid = "alice@corp.example/spark";
  Record handed = g.message("alice@corp.example/spark", "bob@mqtt.corp.example", "Hello", "m1");
  Record other = g.message("carol@corp.example/psi", "bob@mqtt.corp.example", "Hello", "m1");
  g.capture("capture", {said, handed, other});
  const std::string out = g.output("capture");
  EXPECT_EQ(occurrences(out, R"("topic":"im/v1/u/bob@mqtt.corp.example/in/msg")"), 2U) << out;
  EXPECT_NE(out.find(R"("from":"carol@corp.example/psi")"), std::string::npos);
}

TEST(Run, AClockThatLeapsDoesNotTakeItsTime) {
  Ground g;
  std::vector<Record> all;
  for (int n = 0; n < 400; ++n) {
    Record r = g.message("alice@corp.example/spark", "bob@mqtt.corp.example", "hi", "m" + std::to_string(n));
    r.time = std::int64_t{n % 2 == 0 ? 1'700'000'000 : 3'900'000'000} * 1'000'000 + n;
    all.push_back(r);
  }
  g.capture("capture", all);
  const std::string out = g.output("capture");
  EXPECT_EQ(occurrences(out, "/in/msg"), 400U);
  EXPECT_EQ(occurrences(out, "\"time\":\"2023-11-14T22:13:20.0"), g.lines("out").size()) << out.substr(0, 2'000);
}

TEST(Run, CountsDamageAndGoesOn) {
  Ground g;
  g.capture("capture", talk(g));
  auto lines = g.lines("capture");
  lines.insert(lines.begin() + 2, "{\"stream\":\"1\",\"stanza\":\"<message");
  lines.insert(lines.begin() + 3, R"({"stream":"1","kind":"component","dir":"sent","stanza":"<message><body>"})");
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  g.write("capture", text);
  EXPECT_EQ(g.run("capture"), 0);
  EXPECT_EQ(g.lines("out").size(), 6U);
  EXPECT_EQ(g.run("capture", {"--max-damage", "1", "--junit", g.path("junit")}), 1);
  EXPECT_NE(g.read("junit").find("2 damaged lines"), std::string::npos);
}

TEST(Run, StanzasOverTheLimitAreRefusedToTheirSender) {
  Ground g("message-bytes = 1024");
  g.capture("capture", {g.message("alice@corp.example/spark", "bob@mqtt.corp.example", std::string(100'000, 'x'), "m1"),
                        g.message("alice@corp.example/spark", "bob@mqtt.corp.example", "short", "m2")});
  const std::string out = g.output("capture");
  EXPECT_EQ(g.lines("out").size(), 2U);
  EXPECT_NE(out.find("policy-violation"), std::string::npos);
}

TEST(Run, SaysWhatIsWrongWithItsArguments) {
  Ground g;
  g.capture("capture", talk(g));
  EXPECT_EQ(run_command({}), 2);
  EXPECT_EQ(run_command({g.path("capture")}), 2);
  EXPECT_EQ(g.run("capture", {"--users", "0"}), 2);
  EXPECT_EQ(g.run("capture", {"--from", "nowhere"}), 2);
  EXPECT_EQ(g.run("capture", {"--domain-map", "a"}), 2);
  EXPECT_EQ(g.run("capture", {"--update-golden"}), 2);
  EXPECT_EQ(g.run("nothing"), 3);
  EXPECT_EQ(g.run("ferry.conf"), 3);
  EXPECT_EQ(run_command({"--help"}), 0);
}

}  // namespace run_test
}  // namespace ferry
