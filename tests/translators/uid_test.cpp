#include "translators/values/uid.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "tests/translators/random_names.h"
#include "translators/values/topic.h"

namespace ferry {
namespace uid_test {

struct Level {
  const char* name;
  std::string bytes;
  std::string level;
};
void PrintTo(const Level& row, std::ostream* out) { *out << row.name; }

class LevelEscape : public testing::TestWithParam<Level> {};

TEST_P(LevelEscape, GoesThereAndBack) {
  const auto level = escape_level(GetParam().bytes);
  ASSERT_TRUE(level) << level.error().text;
  EXPECT_EQ(*level, GetParam().level);
  const auto bytes = unescape_level(GetParam().level);
  ASSERT_TRUE(bytes) << bytes.error().text;
  EXPECT_EQ(*bytes, GetParam().bytes);
}

INSTANTIATE_TEST_SUITE_P(
    Table, LevelEscape,
    testing::Values(Level{"plain", "bob@corp.example", "bob@corp.example"},
                    Level{"design_plus", "anna+news@corp.example", "anna=2Bnews@corp.example"},
                    Level{"design_device", "Work/PC 2", "Work=2FPC=202"},
                    Level{"every_special", "+#/$%= ", "=2B=23=2F=24=25=3D=20"},
                    Level{"user_substitution", "%u%c", "=25u=25c"},
                    Level{"controls", std::string("\0\x01\x1F\x7F", 4), "=00=01=1F=7F"},
                    Level{"c1_controls", "\u0080\u009F\u00A0", "=C2=80=C2=9F\u00A0"},
                    Level{"noncharacters", "\uFDCF\uFDD0\uFDEF\uFDF0\uFFFD\uFFFE\uFFFF",
                          "\uFDCF=EF=B7=90=EF=B7=AF\uFDF0\uFFFD=EF=BF=BE=EF=BF=BF"},
                    Level{"noncharacters_of_planes", "\U0001FFFD\U0001FFFE\U0010FFFF\U0002EFFE",
                          "\U0001FFFD=F0=9F=BF=BE=F4=8F=BF=BF\U0002EFFE"},
                    Level{"others_stay", "\"&'<>@:;\\!*?[]{}|~^`,.-_", "\"&'<>@:;\\!*?[]{}|~^`,.-_"},
                    Level{"umlaut_and_emoji", "Grüße😀", "Grüße😀"}, Level{"text_like_an_escape", "=2B", "=3D2B"},
                    Level{"longest", std::string(200, 'a'), std::string(200, 'a')},
                    Level{"longest_escaped", "aa" + std::string(66, '+'),
                          [] {
                            std::string text = "aa";
                            for (int i = 0; i < 66; ++i) text += "=2B";
                            return text;
                          }()}),
    [](const auto& row) { return row.param.name; });

struct RefusedLevel {
  const char* name;
  std::string level;
  Condition condition;
};
void PrintTo(const RefusedLevel& row, std::ostream* out) { *out << row.name; }

class LevelUnescape : public testing::TestWithParam<RefusedLevel> {};

TEST_P(LevelUnescape, RefusesEveryOtherForm) {
  const auto bytes = unescape_level(GetParam().level);
  ASSERT_FALSE(bytes) << *bytes;
  EXPECT_EQ(bytes.error().condition, GetParam().condition) << bytes.error().text;
  EXPECT_FALSE(from_device(GetParam().level));
  EXPECT_FALSE(from_uid("x" + GetParam().level + "@corp.example"));
}

INSTANTIATE_TEST_SUITE_P(Table, LevelUnescape,
                         testing::Values(RefusedLevel{"lower_case", "a=2b", Condition::jid_malformed},
                                         RefusedLevel{"cut_after_equals", "a=", Condition::jid_malformed},
                                         RefusedLevel{"cut_after_digit", "a=2", Condition::jid_malformed},
                                         RefusedLevel{"no_hex", "a=2G", Condition::jid_malformed},
                                         RefusedLevel{"two_equals", "a==3D", Condition::jid_malformed},
                                         RefusedLevel{"needless", "=61", Condition::jid_malformed},
                                         RefusedLevel{"needless_at", "a=40b", Condition::jid_malformed},
                                         RefusedLevel{"needless_utf8", "=C3=BC", Condition::jid_malformed},
                                         RefusedLevel{"half_escaped_character", "\xC2=80", Condition::jid_malformed},
                                         RefusedLevel{"not_utf8", "=C2x", Condition::jid_malformed},
                                         RefusedLevel{"overlong", "=C0=AF", Condition::jid_malformed},
                                         RefusedLevel{"surrogate", "=ED=A0=80", Condition::jid_malformed},
                                         RefusedLevel{"raw_plus", "a+b", Condition::jid_malformed},
                                         RefusedLevel{"raw_hash", "#", Condition::jid_malformed},
                                         RefusedLevel{"raw_slash", "a/b", Condition::jid_malformed},
                                         RefusedLevel{"raw_dollar", "$SYS", Condition::jid_malformed},
                                         RefusedLevel{"raw_percent", "%u", Condition::jid_malformed},
                                         RefusedLevel{"raw_space", "a b", Condition::jid_malformed},
                                         RefusedLevel{"raw_nul", std::string(1, '\0'), Condition::jid_malformed},
                                         RefusedLevel{"raw_c1", "\u0085", Condition::jid_malformed},
                                         RefusedLevel{"raw_noncharacter", "\uFFFE", Condition::jid_malformed},
                                         RefusedLevel{"raw_invalid", "\xFF", Condition::jid_malformed},
                                         RefusedLevel{"too_long", std::string(201, 'a'), Condition::not_acceptable}),
                         [](const auto& row) { return row.param.name; });

TEST(LevelEscaping, RefusesWhatIsNoName) {
  EXPECT_EQ(escape_level("").error().condition, Condition::not_acceptable);
  EXPECT_EQ(unescape_level("").error().condition, Condition::not_acceptable);
  EXPECT_EQ(escape_level(std::string(201, 'a')).error().condition, Condition::not_acceptable);
  EXPECT_EQ(escape_level(std::string(67, '+')).error().condition, Condition::not_acceptable);  // 201 escaped
  EXPECT_EQ(escape_level("a\xFF").error().condition, Condition::jid_malformed);
}

// Every code point: one form, unlike every other's, fit for a topic, and no character that Mosquitto 2.0 refuses.
TEST(LevelEscaping, EveryCodePointHasOneForm) {
  std::unordered_set<std::string> levels;
  std::size_t escaped = 0;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    const std::string text = test::utf8(c);
    const auto level = escape_level(text);
    ASSERT_TRUE(level);
    ASSERT_TRUE(levels.insert(*level).second);
    const auto back = unescape_level(*level);
    ASSERT_TRUE(back) << *level;
    ASSERT_EQ(*back, text);
    const bool refused = c < 0x20 || (c >= 0x7F && c < 0xA0) || (c >= 0xFDD0 && c < 0xFDF0) || (c & 0xFFFE) == 0xFFFE;
    const bool special = c < 0x80 && std::string_view("+#/$%= ").find(static_cast<char>(c)) != std::string_view::npos;
    ASSERT_EQ(*level != text, refused || special) << std::hex << static_cast<std::uint32_t>(c);
    if (*level != text) ++escaped;
  }
  EXPECT_EQ(escaped, 32U + 33U + 32U + 34U + 7U);
}

TEST(LevelEscaping, UnescapeTakesNothingElse) {
  std::mt19937_64 random(200);
  const std::string_view alphabet = "===2234BFDabC0A9+/ $\xC2\x80\xEF\xB7";
  std::size_t taken = 0;
  for (int i = 0; i < 300000; ++i) {
    std::string level;
    for (std::size_t n = 1 + random() % 9; n > 0; --n) level += alphabet[random() % alphabet.size()];
    const auto bytes = unescape_level(level);
    if (!bytes) continue;
    ++taken;
    ASSERT_EQ(*escape_level(*bytes), level);
  }
  EXPECT_GT(taken, 1000U);
}

TEST(Uid, IsOfTheBareJid) {
  EXPECT_EQ(*to_uid(*Jid::parse("Anna+News@Corp.Example/phone")), "anna=2Bnews@corp.example");
  EXPECT_EQ(from_uid("anna=2Bnews@corp.example")->str(), "anna+news@corp.example");
  EXPECT_EQ(*to_uid(*Jid::parse("a@b/" + std::string(1000, 'r'))), "a@b");
}

TEST(Uid, OnlyOfANormalisedBareJidWithALocalpart) {
  for (const char* uid : {"corp.example", "a@b=2Fr", "A@b", "a@B", "a@b.", "a@", "@b", "a", "\u00E4\u0301A@b",
                          "a\u0308@b", "a@[::0]", "a=20b@c", "a=27@c", ""})
    EXPECT_FALSE(from_uid(uid)) << uid;
}

TEST(Uid, LongNamesAreRefused) {
  EXPECT_TRUE(to_uid(*Jid::make(std::string(198, 'a'), "b")));
  const auto refused = to_uid(*Jid::make(std::string(199, 'a'), "b"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().condition, Condition::not_acceptable);
  EXPECT_NE(refused.error().text.find("200"), std::string::npos);
}

TEST(Device, OnlyInTheNormalFormOfItsResource) {
  EXPECT_EQ(*from_device("Work=2FPC=202"), "Work/PC 2");
  EXPECT_EQ(*from_device("phone"), "phone");
  for (const char* device : {"①", "E\u0301", "x\u00ADy", "\u00A0"}) {  // resourceprep would change them
    const auto text = from_device(device);
    ASSERT_FALSE(text) << device;
    EXPECT_EQ(text.error().condition, Condition::not_acceptable) << device;
  }
  for (const char* device : {"=00", "=7F", "\uE000", "\u200E"})  // and forbids these
    EXPECT_EQ(from_device(device).error().condition, Condition::jid_malformed) << device;
}

// The promise of the whole scheme: 100,000 names with every character that XMPP allows.
TEST(Uid, HundredThousandRandomNamesGoThereAndBack) {
  test::RandomNames names(20231);
  std::unordered_map<std::string, std::string> jids;     // uid -> bare JID
  std::unordered_map<std::string, std::string> devices;  // device -> resourcepart
  std::size_t special = 0;
  for (int i = 0; i < 100000; ++i) {
    const Jid jid = names.next();
    const auto uid = to_uid(jid);
    ASSERT_TRUE(uid);
    const auto back = from_uid(*uid);
    ASSERT_TRUE(back) << *uid << ": " << back.error().text;
    ASSERT_EQ(*back, jid.bare());
    const auto device = to_device(jid.resourcepart());
    ASSERT_TRUE(device);
    const auto resource = from_device(*device);
    ASSERT_TRUE(resource) << *device << ": " << resource.error().text;
    ASSERT_EQ(*resource, jid.resourcepart());

    ASSERT_EQ(jids.try_emplace(*uid, jid.bare_view()).first->second, jid.bare_view());
    ASSERT_EQ(devices.try_emplace(*device, jid.resourcepart()).first->second, jid.resourcepart());
    const std::string topic = "im/v1/u/" + *uid + "/out/dev/" + *device + "/presence";
    ASSERT_TRUE(parse_topic_name(topic)) << topic;
    ASSERT_EQ(topic_levels(topic).size(), 8U) << topic;
    ASSERT_EQ((*uid + *device).find_first_of("+#/$% "), std::string::npos) << topic;
    if (uid->find('=') != std::string::npos) ++special;
  }
  EXPECT_GT(jids.size(), 90000U);
  EXPECT_GT(special, 30000U);
}

}  // namespace uid_test
}  // namespace ferry
