// The output compared with an earlier one: one changed thing shows as exactly that.
#include "tests/replay/ground.h"
#include "tools/ferry-replay/outcome.h"

namespace ferry {
namespace golden_test {

std::vector<Record> chat(Ground& g, const std::string& second, bool without_first = false) {
  std::vector<Record> out{
      g.message("alice@corp.example/spark", "bob@mqtt.corp.example", "one", "m1"),
      g.message("alice@corp.example/spark", "bob@mqtt.corp.example", second, "m2"),
      g.message("alice@corp.example/spark", "bob@mqtt.corp.example", "three", "m3"),
      g.stanza("<message type='chat' from='alice@corp.example/spark' to='bob@mqtt.corp.example'>"
               "<body>Three</body><replace xmlns='urn:xmpp:message-correct:0' id='m3'/></message>")};
  if (without_first) out[0].what = CapturedClose{};
  return out;
}

TEST(Golden, IsWrittenAndThenFits) {
  Ground g;
  g.capture("capture", chat(g, "two"));
  const std::vector<std::string> base{g.path("capture"), "--config", g.path("ferry.conf"), "--golden",
                                      g.path("golden")};
  auto update = base;
  update.push_back("--update-golden");
  EXPECT_EQ(run_command(base), 2);  // there is none yet
  EXPECT_EQ(run_command(update), 0);
  EXPECT_EQ(g.lines("golden").size(), 4U);
  EXPECT_EQ(run_command(base), 0);
}

TEST(Golden, ShowsExactlyWhatChanged) {
  Ground g, other;
  g.capture("capture", chat(g, "two"));
  g.capture("changed", chat(other, "2"));
  ASSERT_EQ(g.run("capture"), 0);
  g.write("golden", g.read("out"));
  EXPECT_EQ(g.run("changed", {"--golden", g.path("golden"), "--junit", g.path("junit")}), 1);
  const std::string junit = g.read("junit");
  EXPECT_NE(junit.find("1 lines of the capture have another result"), std::string::npos) << junit;
  EXPECT_NE(junit.find("line 3: "), std::string::npos) << junit;
  EXPECT_NE(junit.find("body: &quot;two&quot; -&gt; &quot;2&quot;"), std::string::npos) << junit;
}

// Without the first message all later ones get other ids, and the correction names another one: no difference.
TEST(Golden, AMessageLessIsTheOnlyDifference) {
  Ground g, other;
  g.capture("capture", chat(g, "two"));
  g.capture("changed", chat(other, "two", true));
  ASSERT_EQ(g.run("capture"), 0);
  g.write("golden", g.read("out"));
  EXPECT_EQ(g.run("changed", {"--golden", g.path("golden"), "--junit", g.path("junit")}), 1);
  const std::string junit = g.read("junit");
  EXPECT_NE(junit.find("1 lines of the capture have another result"), std::string::npos) << junit;
  EXPECT_NE(junit.find("line 2: "), std::string::npos) << junit;
}

TEST(Golden, ARunThatEndsEarlierMissesTheRest) {
  Ground g, other;
  g.capture("capture", chat(g, "two"));
  auto fewer = chat(other, "two");
  fewer.pop_back();
  g.capture("changed", fewer);
  ASSERT_EQ(g.run("capture"), 0);
  g.write("golden", g.read("out"));
  EXPECT_EQ(g.run("changed", {"--golden", g.path("golden"), "--junit", g.path("junit")}), 1);
  EXPECT_NE(g.read("junit").find("line 5: "), std::string::npos) << g.read("junit");
}

TEST(Golden, NothingOfACaptureCommandsTheTerminal) {
  EXPECT_EQ(replay::for_people("a\tb\n\x1b[2Jc\x7f\r\xC2\x9B"
                               "1m Zoë \xC2\xA0."),
            "a\tb\n?[2Jc???1m Zoë \xC2\xA0.");
}

TEST(Golden, AFileThatIsNoneIsSaid) {
  Ground g;
  g.capture("capture", chat(g, "two"));
  g.write("golden", "nonsense\n");
  EXPECT_EQ(g.run("capture", {"--golden", g.path("golden")}), 3);
}

}  // namespace golden_test
}  // namespace ferry
