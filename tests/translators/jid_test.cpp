#include "translators/values/jid.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <unordered_set>
#include <vector>

#include "tests/translators/random_names.h"
#include "translators/values/jid_prep.h"
#include "translators/values/topic.h"

namespace ferry {
namespace jid_test {

std::string times(std::size_t count, std::string_view text) {
  std::string all;
  while (count-- > 0) all += text;
  return all;
}

struct Parsed {
  const char* name;
  std::string text;
  std::string localpart, domainpart, resourcepart;
};
void PrintTo(const Parsed& row, std::ostream* out) { *out << row.name; }

class JidParses : public testing::TestWithParam<Parsed> {};

TEST_P(JidParses, IntoNormalisedParts) {
  const Parsed& row = GetParam();
  const auto jid = Jid::parse(row.text);
  ASSERT_TRUE(jid) << jid.error().text;
  EXPECT_EQ(jid->localpart(), row.localpart);
  EXPECT_EQ(jid->domainpart(), row.domainpart);
  EXPECT_EQ(jid->resourcepart(), row.resourcepart);
  EXPECT_EQ(jid->has_local(), !row.localpart.empty());
  EXPECT_EQ(jid->has_resource(), !row.resourcepart.empty());
  EXPECT_EQ(jid->is_domain(), row.localpart.empty() && row.resourcepart.empty());

  const std::string bare = (row.localpart.empty() ? "" : row.localpart + "@") + row.domainpart;
  EXPECT_EQ(jid->bare_view(), bare);
  EXPECT_EQ(jid->bare().str(), bare);
  EXPECT_EQ(jid->str(), bare + (row.resourcepart.empty() ? "" : "/" + row.resourcepart));

  for (const auto& again : {Jid::parse(jid->str()), Jid::make(row.localpart, row.domainpart, row.resourcepart),
                            jid->bare().with_resource(row.resourcepart)}) {
    ASSERT_TRUE(again) << again.error().text;
    EXPECT_EQ(*again, *jid);
    EXPECT_EQ(again->localpart(), row.localpart);
    EXPECT_EQ(again->domainpart(), row.domainpart);
    EXPECT_EQ(again->resourcepart(), row.resourcepart);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, JidParses,
    testing::Values(
        // RFC 7622 section 3.5, where the stringprep profiles agree with it.
        Parsed{"rfc7622_1", "juliet@example.com", "juliet", "example.com", ""},
        Parsed{"rfc7622_2", "juliet@example.com/foo", "juliet", "example.com", "foo"},
        Parsed{"rfc7622_3", "juliet@example.com/foo bar", "juliet", "example.com", "foo bar"},
        Parsed{"rfc7622_4", "juliet@example.com/foo@bar", "juliet", "example.com", "foo@bar"},
        Parsed{"rfc7622_5", "foo\\20bar@example.com", "foo\\20bar", "example.com", ""},
        Parsed{"rfc7622_6", "fussball@example.com", "fussball", "example.com", ""},
        Parsed{"stringprep_folds_sharp_s", "fußball@example.com", "fussball", "example.com", ""},
        Parsed{"rfc7622_8_pi", "π@example.com", "π", "example.com", ""},
        Parsed{"rfc7622_9_capital_sigma", "Σ@example.com/foo", "σ", "example.com", "foo"},
        Parsed{"stringprep_folds_final_sigma", "ς@example.com/foo", "σ", "example.com", "foo"},
        Parsed{"rfc7622_12_chess_king", "king@example.com/♚", "king", "example.com", "♚"},
        Parsed{"rfc7622_13", "example.com", "", "example.com", ""},
        Parsed{"rfc7622_14", "example.com/foobar", "", "example.com", "foobar"},
        Parsed{"rfc7622_15", "a.example.com/b@example.net", "", "a.example.com", "b@example.net"},
        Parsed{"upper_case", "Alice@Corp.EXAMPLE/Spark", "alice", "corp.example", "Spark"},
        Parsed{"second_slash", "a@b/c/d", "a", "b", "c/d"},
        Parsed{"at_and_slash_in_resource", "a@b/c@d/e", "a", "b", "c@d/e"},
        Parsed{"only_slashes_in_resource", "a@b//", "a", "b", "/"},
        Parsed{"trailing_dot", "a@b.example./r", "a", "b.example", "r"},
        Parsed{"trailing_ideographic_dot", "a@b.example。/r", "a", "b.example", "r"},
        Parsed{"ideographic_dots", "a@b。c．d｡e", "a", "b.c.d.e", ""},
        Parsed{"idn", "a@BÜCHER.example", "a", "bücher.example", ""},
        Parsed{"idn_decomposed", "a@bu\u0308cher.example", "a", "bücher.example", ""},
        Parsed{"punycode_stays", "a@XN--BCHER-kva.example", "a", "xn--bcher-kva.example", ""},
        Parsed{"idn_right_to_left", "a@שלום.example", "a", "שלום.example", ""},
        Parsed{"underscore_in_domain", "a@my_host", "a", "my_host", ""},
        Parsed{"ipv4", "a@192.0.2.1", "a", "192.0.2.1", ""},
        Parsed{"ipv6", "a@[2001:db8::1]/r", "a", "[2001:db8::1]", "r"},
        Parsed{"ipv6_one_form", "a@[2001:DB8:0:0:0:0:0:1]", "a", "[2001:db8::1]", ""},
        Parsed{"every_plain_localpart", "!#$%()*+,-.0189;=?[\\]^_`az{|}~@b", "!#$%()*+,-.0189;=?[\\]^_`az{|}~", "b",
               ""},
        Parsed{"every_kind_in_resource", "a@b/ !\"#&'/:;<=>?@[\\]{}~", "a", "b", " !\"#&'/:;<=>?@[\\]{}~"},
        Parsed{"full_width_localpart", "ａＢ@c", "ab", "c", ""},
        Parsed{"soft_hyphen_goes", "a\u00ADb@c", "ab", "c", ""},
        Parsed{"resource_keeps_case_and_composes", "a@b/E\u0301x", "a", "b", "Éx"},
        Parsed{"resource_nfkc", "a@b/①ﬁ", "a", "b", "1fi"},
        Parsed{"resource_only_ideographic_spaces_fold", "a@b/x\u00A0y", "a", "b", "x y"},
        Parsed{"emoji", "👩🎉@b/😀", "👩🎉", "b", "😀"},
        Parsed{"unassigned_in_unicode_3_2", "\U0001FAE0@b", "\U0001FAE0", "b", ""},
        Parsed{"longest_parts", times(1023, "a") + "@" + times(15, times(63, "b") + ".") + "cc/" + times(1023, "r"),
               times(1023, "a"), times(15, times(63, "b") + ".") + "cc", times(1023, "r")},
        Parsed{"long_input_that_shrinks", times(1023, "ａ") + "@b", times(1023, "a"), "b", ""}),
    [](const auto& row) { return row.param.name; });

struct Refused {
  const char* name;
  std::string text;
  const char* part;  // that the error names
};
void PrintTo(const Refused& row, std::ostream* out) { *out << row.name; }

class JidRefuses : public testing::TestWithParam<Refused> {};

TEST_P(JidRefuses, WithTheNameOfThePart) {
  const auto jid = Jid::parse(GetParam().text);
  ASSERT_FALSE(jid) << jid->str();
  EXPECT_EQ(jid.error().condition, Condition::jid_malformed);
  EXPECT_EQ(jid.error().type, ErrorType::modify);
  EXPECT_NE(jid.error().text.find(GetParam().part), std::string::npos) << jid.error().text;
}

INSTANTIATE_TEST_SUITE_P(
    Table, JidRefuses,
    testing::Values(
        Refused{"empty", "", "domainpart"}, Refused{"only_at", "@", "localpart"},
        Refused{"only_slash", "/", "resourcepart"}, Refused{"no_domain", "a@", "domainpart"},
        Refused{"no_domain_but_resource", "a@/r", "domainpart"}, Refused{"no_localpart", "@b", "localpart"},
        Refused{"empty_resource", "a@b/", "resourcepart"}, Refused{"empty_domain_resource", "b/", "resourcepart"},
        Refused{"two_ats", "a@b@c", "domainpart"}, Refused{"resource_alone", "/r", "domainpart"},
        // RFC 7622 section 3.5, the second table.
        Refused{"rfc7622_quote", "\"juliet\"@example.com", "localpart"},
        Refused{"rfc7622_space", "foo bar@example.com", "localpart"},
        Refused{"rfc7622_slash_first", "@example.com/", "localpart"},
        Refused{"rfc7622_chess_king_domain_empty", "♚@", "domainpart"}, Refused{"amp", "a&b@c", "localpart"},
        Refused{"apostrophe", "a'b@c", "localpart"}, Refused{"colon", "a:b@c", "localpart"},
        Refused{"less", "a<b@c", "localpart"}, Refused{"greater", "a>b@c", "localpart"},
        Refused{"full_width_at", "a＠b@c", "localpart"}, Refused{"full_width_slash", "a／b@c", "localpart"},
        Refused{"account_of", "℀@c", "localpart"}, Refused{"nul", std::string("a\0b@c", 5), "localpart"},
        Refused{"tab", "a\tb@c", "localpart"}, Refused{"delete", "a\x7F@c", "localpart"},
        Refused{"nul_in_domain", std::string("a@b\0", 4), "domainpart"},
        Refused{"nul_in_resource", std::string("a@b/c\0", 6), "resourcepart"},
        Refused{"newline_in_resource", "a@b/c\n", "resourcepart"},
        Refused{"delete_in_resource", "a@b/\x7F", "resourcepart"}, Refused{"private_use", "a@b/\uE000", "resourcepart"},
        Refused{"noncharacter", "a@b/\uFDD0", "resourcepart"}, Refused{"direction_mark", "a@b/\u200E", "resourcepart"},
        Refused{"mixed_direction", "aא@b", "localpart"}, Refused{"right_to_left_ends_in_digit", "א1@b", "localpart"},
        // Unicode PR-29: an accent between Hangul jamo, which NFKC composes anew each time.
        Refused{"never_settles", "\u1104\u033E\u116D\u0318@b", "localpart"},
        Refused{"never_settles_in_domain", "a@\u1104\u033E\u116D\u0318", "domainpart"},
        Refused{"never_settles_in_resource", "a@b/\u1104\u033E\u116D\u0318", "resourcepart"},
        Refused{"vanishes", "\u00AD@b", "localpart"}, Refused{"vanishes_in_resource", "a@b/\u00AD", "resourcepart"},
        Refused{"vanishes_in_domain", "a@\u00AD", "domainpart"}, Refused{"space_in_domain", "a@b c", "domainpart"},
        Refused{"colon_in_domain", "a@b:5222", "domainpart"}, Refused{"one_dot_leader", "a@b․c", "domainpart"},
        Refused{"root_alone", "a@.", "domainpart"}, Refused{"two_dots", "a@b..c", "domainpart"},
        Refused{"leading_dot", "a@.b", "domainpart"}, Refused{"two_trailing_dots", "a@b..", "domainpart"},
        Refused{"long_label", "a@" + times(64, "b"), "domainpart"},
        Refused{"long_idn_label", "a@" + times(60, "ü"), "domainpart"}, Refused{"ipv6_open", "a@[::1", "domainpart"},
        Refused{"ipv6_empty", "a@[]", "domainpart"}, Refused{"ipv6_wrong", "a@[::g]", "domainpart"},
        Refused{"ipv6_zone", "a@[fe80::1%eth0]", "domainpart"}, Refused{"ipv6_and_more", "a@[::1].b", "domainpart"},
        Refused{"ipv4_in_brackets", "a@[192.0.2.1]", "domainpart"},
        Refused{"overlong_utf8", "a@b/\xC0\xAF", "resourcepart"}, Refused{"surrogate", "\xED\xA0\x80@b", "localpart"},
        Refused{"cut_utf8", "a@b\xC3", "domainpart"}, Refused{"long_localpart", times(1024, "a") + "@b", "localpart"},
        Refused{"long_resource", "a@b/" + times(1024, "a"), "resourcepart"},
        Refused{"long_domain", times(16, times(63, "b") + ".") + "c", "domainpart"},
        Refused{"grows_too_long", times(500, "ŉ") + "@b", "localpart"},
        Refused{"huge", times(1000000, "A"), "domainpart"}),
    [](const auto& row) { return row.param.name; });

TEST(Jid, MakeTakesPartsNotText) {
  EXPECT_FALSE(Jid::make("a", ""));
  EXPECT_FALSE(Jid::make("a@b", "c"));
  EXPECT_FALSE(Jid::make("a", "b/c"));
  EXPECT_FALSE(Jid::make("a", "b@c"));
  EXPECT_EQ(Jid::make("", "b")->str(), "b");
  EXPECT_EQ(Jid::make("A", "B", "/@")->str(), "a@b//@");
}

TEST(Jid, WithResourceReplacesAndRemoves) {
  const Jid jid = *Jid::parse("a@b/c");
  EXPECT_EQ(jid.with_resource("d e")->str(), "a@b/d e");
  EXPECT_EQ(jid.with_resource("")->str(), "a@b");
  EXPECT_EQ(jid.with_resource("①")->resourcepart(), "1");
  EXPECT_FALSE(jid.with_resource("\n"));
}

TEST(Jid, ComparesAndHashesItsText) {
  const Jid a = *Jid::parse("Alice@B/r");
  const Jid same = *Jid::make("alice", "b", "r");
  const Jid other = *Jid::parse("alice@b/R");
  EXPECT_EQ(a, same);
  EXPECT_EQ(std::hash<Jid>{}(a), std::hash<Jid>{}(same));
  EXPECT_NE(a, other);
  EXPECT_LT(other, a);
  EXPECT_EQ((std::unordered_set<Jid>{a, same, other}.size()), 2U);
}

// The short cut for plain ASCII must say what libidn says.
TEST(Jid, ShortCutAgreesWithStringprep) {
  std::mt19937_64 random(6122);
  const auto ascii = [&](std::string_view alphabet, std::size_t longest) {
    std::string text;
    for (std::size_t n = 1 + random() % longest; n > 0; --n)
      text += alphabet.empty() ? static_cast<char>(1 + random() % 0x7F) : alphabet[random() % alphabet.size()];
    return text;
  };
  const std::string_view often = "abcxyz0189.-_~!#$%*+=?^`{|}\\()[],;";
  const std::string_view hosts = "abcxyz0189.-_AB";
  std::size_t taken = 0;
  for (int round = 0; round < 30000; ++round) {
    const std::string local = ascii(round % 2 == 0 ? often : "", 6);
    const std::string domain = ascii(round % 4 == 0 ? "" : hosts, round % 16 == 1 ? 80 : 8);
    const std::string resource = ascii("", 6);
    const auto slow_local = jid_prep::localpart(local);
    const auto slow_domain = jid_prep::domainpart(domain);
    const auto slow_resource = jid_prep::resourcepart(resource);

    const auto by_local = Jid::make(local, "b");
    ASSERT_EQ(by_local.ok(), slow_local.ok()) << local;
    if (by_local) { ASSERT_EQ(by_local->localpart(), *slow_local); }
    const auto by_domain = Jid::make("", domain);
    ASSERT_EQ(by_domain.ok(), slow_domain.ok()) << domain;
    if (by_domain) { ASSERT_EQ(by_domain->domainpart(), *slow_domain); }
    const auto by_resource = Jid::make("", "b", resource);
    ASSERT_EQ(by_resource.ok(), slow_resource.ok()) << resource;
    if (by_resource) { ASSERT_EQ(by_resource->resourcepart(), *slow_resource); }
    if (slow_local && slow_domain && slow_resource) ++taken;
  }
  EXPECT_GT(taken, 3000U);  // or the test tried nothing
}

TEST(Jid, EverySingleAsciiCharacterAgreesToo) {
  for (char c = 1; c > 0; ++c) {
    const std::string text(1, c);
    EXPECT_EQ(Jid::make(text, "b").ok(), jid_prep::localpart(text).ok()) << int{c};
    EXPECT_EQ(Jid::make("", text).ok(), jid_prep::domainpart(text).ok()) << int{c};
    EXPECT_EQ(Jid::make("", "b", text).ok(), jid_prep::resourcepart(text).ok()) << int{c};
  }
}

// Every code point in every part: what parses is its own normal form.
TEST(Jid, EveryCodePointSettles) {
  std::size_t taken = 0;
  const auto settles = [&](const Result<Jid>& jid, char32_t c) {
    if (!jid) return;
    ++taken;
    ASSERT_TRUE(is_utf8(jid->str()));
    const auto again = Jid::parse(jid->str());
    ASSERT_TRUE(again) << std::hex << static_cast<std::uint32_t>(c);
    ASSERT_EQ(again->str(), jid->str()) << std::hex << static_cast<std::uint32_t>(c);
    ASSERT_EQ(again->localpart(), jid->localpart());
    ASSERT_EQ(again->resourcepart(), jid->resourcepart());
  };
  for (char32_t c = 0; c <= 0x10FFFF; c += c < 0x10000 ? 1 : 61) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    const std::string text = test::utf8(c);
    settles(Jid::make(text, "b"), c);
    settles(Jid::make("", text), c);
    settles(Jid::make("", "b", text), c);
  }
  EXPECT_GT(taken, 100000U);
}

TEST(Jid, RandomNamesSettle) {
  test::RandomNames names(1);
  for (int i = 0; i < 5000; ++i) {
    const Jid jid = names.next();
    const auto again = Jid::parse(jid.str());
    ASSERT_TRUE(again) << jid.str();
    ASSERT_EQ(*again, jid);
  }
}

struct Escaped {
  const char* name;
  const char* text;
  const char* localpart;
};
void PrintTo(const Escaped& row, std::ostream* out) { *out << row.name; }

class LocalpartEscape : public testing::TestWithParam<Escaped> {};

TEST_P(LocalpartEscape, GoesThereAndBack) {
  EXPECT_EQ(escape_localpart(GetParam().text), GetParam().localpart);
  EXPECT_EQ(unescape_localpart(GetParam().localpart), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Xep0106, LocalpartEscape,
    testing::Values(
        Escaped{"section_5_1_1", "space cadet", R"(space\20cadet)"},
        Escaped{"section_5_1_2", R"(call me "ishmael")", R"(call\20me\20\22ishmael\22)"},
        Escaped{"section_5_1_3", "at&t guy", R"(at\26t\20guy)"},
        Escaped{"section_5_1_4", "d'artagnan", R"(d\27artagnan)"},
        Escaped{"section_5_1_5", "/.fanboy", R"(\2f.fanboy)"},
        Escaped{"section_5_1_6", "::foo::", R"(\3a\3afoo\3a\3a)"}, Escaped{"section_5_1_7", "<foo>", R"(\3cfoo\3e)"},
        Escaped{"section_5_1_8", "user@host", R"(user\40host)"}, Escaped{"section_5_1_9", R"(c:\net)", R"(c\3a\net)"},
        Escaped{"section_5_1_10", R"(c:\\net)", R"(c\3a\\net)"},
        Escaped{"section_5_1_11", R"(c:\cool stuff)", R"(c\3a\cool\20stuff)"},
        Escaped{"section_5_1_12", R"(c:\5commas)", R"(c\3a\5c5commas)"},
        Escaped{"section_5_2_mail", "here's_a_wild_&_/cr%zy/_address", R"(here\27s_a_wild_\26_\2fcr%zy\2f_address)"},
        Escaped{"section_5_5_imps", R"(here's_a_wild_&_/cr%zy/_address_for:<wv>("IMPS"))",
                R"(here\27s_a_wild_\26_\2fcr%zy\2f_address_for\3a\3cwv\3e(\22IMPS\22))"},
        Escaped{"section_4_2_imps", R"(\3and\2is\5cool)", R"(\5c3and\2is\5c5cool)"},
        Escaped{"section_5_6_ldap", R"(CN=D'Artagnan Saint-Andr\E9,O=Example & Company, Inc.,DC=example,DC=com)",
                R"(CN=D\27Artagnan\20Saint-Andr\E9,O=Example\20\26\20Company,\20Inc.,DC=example,DC=com)"},
        Escaped{"section_5_7_irc", R"(somenick!user"&'/:\3address)", R"(somenick!user\22\26\27\2f\3a\5c3address)"},
        Escaped{"section_4_3_partial", R"(\2plus\2is\4)", R"(\2plus\2is\4)"},
        Escaped{"section_4_3_foobar", R"(foo\bar)", R"(foo\bar)"},
        Escaped{"section_4_3_not_in_the_list", R"(foob\41r)", R"(foob\41r)"},
        Escaped{"gateway_address", "treville@musketeers.lit", R"(treville\40musketeers.lit)"},
        Escaped{"escape_of_the_escape", R"(\5c)", R"(\5c5c)"}, Escaped{"escaped_text", R"(\27)", R"(\5c27)"},
        Escaped{"backslash_before_escaped", R"(\ x)", R"(\\20x)"}, Escaped{"backslash_last", R"(a\)", R"(a\)"},
        Escaped{"case_is_significant", R"(\2F\3A)", R"(\2F\3A)"}, Escaped{"empty", "", ""},
        // Section 4.1: \20 neither begins nor ends a localpart, so such a space stays, and nodeprep refuses it.
        Escaped{"spaces_at_the_ends", "  a  ", R"( \20a\20 )"}, Escaped{"space_alone", " ", " "},
        Escaped{"written_20_first", R"(\20a\20)", R"(\5c20a\5c20)"}),
    [](const auto& row) { return row.param.name; });

TEST(LocalpartEscaping, LeavesAnIllPlaced20Alone) {
  EXPECT_EQ(unescape_localpart(R"(\20a\20b\20)"), R"(\20a b\20)");
  EXPECT_FALSE(Jid::make(escape_localpart(" a"), "b"));
}

TEST(LocalpartEscaping, UndoesItselfForAnyText) {
  std::mt19937_64 random(106);
  const std::string_view alphabet = "\\\\\\\\22567acfe04 \"&'/:<>@x";
  for (int i = 0; i < 200000; ++i) {
    std::string text;
    for (std::size_t n = random() % 12; n > 0; --n) text += alphabet[random() % alphabet.size()];
    const std::string localpart = escape_localpart(text);
    ASSERT_EQ(unescape_localpart(localpart), text) << localpart;
    ASSERT_EQ(localpart.find_first_of("\"&'/:<>@"), std::string::npos) << localpart;
  }
}

}  // namespace jid_test
}  // namespace ferry
