// The command line that the commands of ferry-replay share.
#include "tools/ferry-replay/arguments.h"

#include <gtest/gtest.h>

namespace ferry {
namespace arguments_test {

const std::vector<ReplayFlag> flags{
    {"--seed", "N", "a number"}, {"--fast", "", "a switch"}, {"--map", "A=B", "many of them", true}};

std::string wrong(const std::vector<std::string>& words) { return Arguments(flags, 1, 2).read(words); }

TEST(Arguments, FlagsStandAnywhere) {
  Arguments a(flags, 1, 2);
  EXPECT_EQ(a.read({"--seed=7", "file", "--fast", "--map", "a=b", "--map=c=d", "-"}), "");
  EXPECT_EQ(a.words(), (std::vector<std::string>{"file", "-"}));
  EXPECT_EQ(a.value("--seed"), "7");
  EXPECT_TRUE(a.has("--fast"));
  EXPECT_EQ(a.values("--map"), (std::vector<std::string>{"a=b", "c=d"}));
  EXPECT_EQ(a.value("--other", "x"), "x");
}

TEST(Arguments, AfterTwoDashesNothingIsAFlag) {
  Arguments a(flags, 1, 2);
  EXPECT_EQ(a.read({"--", "--fast"}), "");
  EXPECT_EQ(a.words(), std::vector<std::string>{"--fast"});
  EXPECT_FALSE(a.has("--fast"));
}

TEST(Arguments, SaysWhatIsWrong) {
  EXPECT_EQ(wrong({}), "a file is missing");
  EXPECT_NE(wrong({"file", "--sed", "1"}).find("did you mean --seed?"), std::string::npos);
  EXPECT_NE(wrong({"file", "--seed"}).find("needs a value: --seed N"), std::string::npos);
  EXPECT_NE(wrong({"file", "--seed="}).find("needs a value"), std::string::npos);
  EXPECT_NE(wrong({"file", "--fast=1"}).find("takes no value"), std::string::npos);
  EXPECT_NE(wrong({"file", "--seed", "1", "--seed", "2"}).find("given twice"), std::string::npos);
  EXPECT_NE(wrong({"a", "b", "c"}).find("unexpected argument \"c\""), std::string::npos);
}

TEST(Arguments, HelpNeedsNothingElse) {
  Arguments a(flags, 1, 2);
  EXPECT_EQ(a.read({"-h"}), "");
  EXPECT_TRUE(a.help());
}

TEST(Arguments, NumbersHaveARange) {
  Arguments a(flags, 1, 2);
  std::string said;
  EXPECT_EQ(a.read({"file", "--seed", "12x"}), "");
  EXPECT_EQ(a.number("--seed", 1, 0, 9, said), std::nullopt);
  EXPECT_NE(said.find("--seed: expected a whole number from 0 to 9"), std::string::npos);
  EXPECT_EQ(a.number("--fast", 5, 0, 9, said), 5U);
}

TEST(Arguments, DescribesItsFlagsInColumns) {
  const std::string text = Arguments::describe(flags);
  EXPECT_EQ(text.find("  --seed N                a number\n"), 0U) << text;
}

}  // namespace arguments_test
}  // namespace ferry
