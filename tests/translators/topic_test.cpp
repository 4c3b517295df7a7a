#include "translators/values/topic.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/translators/random_names.h"

namespace ferry {
namespace topic_test {

struct Text {
  const char* name;
  std::string text;
  bool as_name;
  bool as_filter;
};
void PrintTo(const Text& row, std::ostream* out) { *out << row.name; }

class TopicText : public testing::TestWithParam<Text> {};

TEST_P(TopicText, IsANameAFilterOrNeither) {
  const Text& row = GetParam();
  const auto name = parse_topic_name(row.text);
  const auto filter = parse_topic_filter(row.text);
  ASSERT_EQ(name.ok(), row.as_name);
  ASSERT_EQ(filter.ok(), row.as_filter);
  for (const auto* result : {&name, &filter}) {
    if (*result) {
      EXPECT_EQ(**result, row.text);
    } else {
      EXPECT_EQ(result->error().condition, Condition::not_acceptable);
      EXPECT_FALSE(result->error().text.empty());
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, TopicText,
    testing::Values(Text{"plain", "im/v1/u/bob@corp.example/in/msg", true, true},
                    Text{"one_character", "a", true, true}, Text{"slash", "/", true, true},
                    Text{"empty_levels", "a//b/", true, true}, Text{"space", "a b", true, true},
                    Text{"utf8", "büro/😀", true, true}, Text{"empty", "", false, false},
                    Text{"nul", std::string("a\0b", 3), false, false}, Text{"not_utf8", "a\xFF", false, false},
                    Text{"longest", std::string(65535, 'a'), true, true},
                    Text{"too_long", std::string(65536, 'a'), false, false}, Text{"plus", "+", false, true},
                    Text{"hash", "#", false, true}, Text{"plus_inside", "a/+/b", false, true},
                    Text{"hash_last", "a/+/#", false, true}, Text{"plus_last", "/+", false, true},
                    Text{"hash_not_last", "a/#/b", false, false}, Text{"hash_and_slash", "#/", false, false},
                    Text{"plus_with_text", "a+/b", false, false}, Text{"text_with_plus", "+a", false, false},
                    Text{"hash_with_text", "a#", false, false}, Text{"two_hashes", "##", false, false},
                    Text{"plus_hash", "+#", false, false}, Text{"sys", "$SYS/broker", false, true},
                    Text{"dollar_later", "a/$b", true, true}, Text{"share", "$share/g/a", false, false},
                    Text{"share_alone", "$share", false, false}, Text{"shared_is_no_share", "$shared/a", false, true}),
    [](const auto& row) { return row.param.name; });

struct Match {
  const char* filter;
  const char* name;
  bool matches;
};

TEST(Topic, MatchesByMqtt5Section4_7) {
  for (const Match& row : {Match{"sport/tennis/player1/#", "sport/tennis/player1", true},
                           Match{"sport/tennis/player1/#", "sport/tennis/player1/ranking", true},
                           Match{"sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true},
                           Match{"sport/#", "sport", true},
                           Match{"#", "a/b/c", true},
                           Match{"#", "/", true},
                           Match{"sport/tennis/+", "sport/tennis/player1", true},
                           Match{"sport/tennis/+", "sport/tennis/player1/ranking", false},
                           Match{"sport/+", "sport", false},
                           Match{"sport/+", "sport/", true},
                           Match{"+/+", "/finance", true},
                           Match{"/+", "/finance", true},
                           Match{"+", "/finance", false},
                           Match{"a", "a", true},
                           Match{"a", "A", false},
                           Match{"a", "a/", false},
                           Match{"a/", "a", false},
                           Match{"a/b", "a", false},
                           Match{"a/#", "ab", false},
                           Match{"a/+/c", "a//c", true},
                           Match{"#", "$SYS/x", false},
                           Match{"+/x", "$SYS/x", false},
                           Match{"$SYS/#", "$SYS/x", true},
                           Match{"$SYS/#", "$SYS", true},
                           Match{"$SYS/+", "$SYS/x", true},
                           Match{"a/+", "a/$b", true},
                           Match{"/#", "/", true},
                           Match{"a/+/#", "a", false},
                           Match{"a/+/#", "a/b", true}})
    EXPECT_EQ(topic_matches(row.filter, row.name), row.matches) << row.filter << " and " << row.name;
}

// Every pair of filters with at most three levels of a small alphabet, against every name with at most four.
TEST(Topic, FiltersOverlapWhereANameMatchesBoth) {
  const auto grow = [](std::size_t levels, const std::vector<std::string>& words) {
    std::vector<std::string> all = words;
    for (std::size_t begin = 0; --levels > 0;) {
      const std::size_t end = all.size();
      for (std::size_t i = begin; i < end; ++i)
        for (const std::string& word : words) all.push_back(all[i] + "/" + word);
      begin = end;
    }
    return all;
  };
  std::vector<std::string> filters;
  for (std::string& text : grow(3, {"a", "b", "", "$", "+", "#"}))
    if (parse_topic_filter(text)) filters.push_back(std::move(text));
  std::vector<std::string> names;
  for (std::string& text : grow(4, {"a", "b", "", "$", "z"}))
    if (!text.empty()) names.push_back(std::move(text));
  ASSERT_GT(filters.size(), 150U);

  std::vector<std::vector<bool>> matched(filters.size(), std::vector<bool>(names.size()));
  for (std::size_t f = 0; f < filters.size(); ++f)
    for (std::size_t n = 0; n < names.size(); ++n) matched[f][n] = topic_matches(filters[f], names[n]);
  for (std::size_t a = 0; a < filters.size(); ++a) {
    for (std::size_t b = 0; b < filters.size(); ++b) {
      bool meet = false;
      for (std::size_t n = 0; n < names.size() && !meet; ++n) meet = matched[a][n] && matched[b][n];
      ASSERT_EQ(filters_overlap(filters[a], filters[b]), meet) << filters[a] << " and " << filters[b];
    }
  }
}

TEST(Topic, OverlapsOfTheMappingTable) {
  EXPECT_TRUE(filters_overlap("im/v1/u/+/out/#", "im/v1/u/bob@corp.example/out/msg"));
  EXPECT_TRUE(filters_overlap("factory/+/alarm", "factory/line1/+"));
  EXPECT_FALSE(filters_overlap("im/v1/u/+/out/#", "im/v1/u/+/in/#"));
  EXPECT_FALSE(filters_overlap("factory/+", "factory/line1/alarm"));
  EXPECT_FALSE(filters_overlap("#", "$SYS/#"));
}

TEST(Topic, Levels) {
  using Levels = std::vector<std::string_view>;
  EXPECT_EQ(topic_levels("a//b"), (Levels{"a", "", "b"}));
  EXPECT_EQ(topic_levels("a"), (Levels{"a"}));
  EXPECT_EQ(topic_levels("/"), (Levels{"", ""}));
  EXPECT_EQ(topic_levels(""), (Levels{""}));
}

TEST(Utf8, IsStrict) {
  for (const char* text :
       {"", "plain text of more than eight bytes", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
        "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "12345678\xC3\xBC", "1234567\xC3\xBC",
        "\xC3\xBC"
        "123456789"})
    EXPECT_TRUE(is_utf8(text)) << text;
  for (const char* text : {"\x80",
                           "\xBF",
                           "\xC0\x80",
                           "\xC1\xBF",
                           "\xC2",
                           "\xC2\x41",
                           "\xC2\xC2",
                           "\xE0\x9F\xBF",
                           "\xE0\xA0",
                           "\xED\xA0\x80",
                           "\xED\xBF\xBF",
                           "\xE1\x80\x41",
                           "\xF0\x8F\xBF\xBF",
                           "\xF0\x90\x80",
                           "\xF4\x90\x80\x80",
                           "\xF5\x80\x80\x80",
                           "\xFE",
                           "\xFF",
                           "12345678\xFF",
                           "1234567\xC3",
                           "\xEF\xBF"})
    EXPECT_FALSE(is_utf8(text)) << testing::PrintToString(text);
  for (char32_t c = 0; c <= 0x10FFFF; ++c) ASSERT_EQ(is_utf8(test::utf8(c)), c < 0xD800 || c > 0xDFFF);
}

}  // namespace topic_test
}  // namespace ferry
