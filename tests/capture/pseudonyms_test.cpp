#include "gateway/capture/pseudonyms.h"

#include <gtest/gtest.h>

#include "gateway/capture/alphabets.h"
#include "gateway/capture/keyed_hash.h"

namespace ferry {
namespace pseudonyms_test {

const std::string key = "a key of a test, 16 bytes or more";

TEST(Pseudonyms, ScriptAndCaseAndLengthStay) {
  Pseudonyms names(key);
  for (const std::string text : {"Alice", "ÄÖÜäöü", "Ольга", "Ελένη", "東京都", "مرحبا", "😀🎉", "Łódź", "בית", "한국어",
                                 "ไทย", "Ñandú 42", "ভাষা", "Đặng"}) {
    std::string out;
    names.text(out, text);
    EXPECT_EQ(out.size(), text.size());
    EXPECT_NE(out, text);
    const std::u32string a = decode_utf8(text), b = decode_utf8(out);
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      const auto x = letter_of(a[i]), y = letter_of(b[i]);
      ASSERT_EQ(x.has_value(), y.has_value()) << text;
      if (!x) {
        EXPECT_EQ(a[i], b[i]);
        continue;
      }
      EXPECT_EQ(x->first, y->first) << text << " " << out;
      EXPECT_EQ(x->small, y->small) << text << " " << out;
    }
  }
}

TEST(Pseudonyms, EveryCharacterIsItsOwnPlace) {
  for (char32_t c = 1; c < 0x110000; ++c)
    if (const auto letter = letter_of(c)) {
      ASSERT_EQ(letter->character(), c) << static_cast<unsigned>(c);
      ASSERT_LT(letter->index, letter->size);
    }
}

// What the same names become in whatever text: of ASCII there is a shorter way, which must be the same.
TEST(Pseudonyms, OneAlphabetForAllTexts) {
  Pseudonyms names(key);
  for (const std::string text : {"Alice", "alice", "ALICE 42", "x", "", "...", "a-1", "The quick brown fox, 1867."}) {
    std::string out = "before ";
    names.text(out, text);
    EXPECT_EQ(out.substr(0, 7), "before ");
    std::string with_sign;
    names.text(with_sign, text + "…");  // no letter, and no ASCII
    EXPECT_EQ(out.substr(7) + "…", with_sign);
  }
  const auto lower = [](std::string text) {
    for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 0x20 : c);
    return text;
  };
  std::string capitals, small;
  names.text(capitals, "ALICE Lidell");
  names.text(small, "alice lidell");
  EXPECT_EQ(lower(capitals), small);
}

TEST(KeyedHash, IsSipHash) {
  // Of the reference implementation, and of libcrypto: the key 00 01 … 0f, and so many bytes 00 01 …
  struct Known {
    std::size_t bytes;
    std::array<std::uint64_t, 2> hash;
  };
  for (const Known& known :
       {Known{0, {0xe6a825ba047f81a3, 0x930255c71472f66d}}, Known{1, {0x44af996bd8c187da, 0x45fc229b11597634}},
        Known{7, {0x53c1dbd8beebf1a1, 0x3982f01fa64ab8c0}}, Known{8, {0x61f55862baa9623b, 0xb49714f364e2830f}},
        Known{9, {0xabbad90a06994426, 0xed716dbb028b7fc4}}, Known{16, {0xbb54b067caa4e26e, 0x77052385bf1533fd}},
        Known{30, {0xde6baf1f477f5cea, 0x87226d68d4d71a2b}}}) {
    std::string data;
    for (std::size_t i = 0; i < known.bytes; ++i) data += static_cast<char>(i);
    EXPECT_EQ(siphash({0x0706050403020100, 0x0f0e0d0c0b0a0908}, data), known.hash) << known.bytes;
  }
  EXPECT_EQ(KeyedHash("key", "x")("data"), KeyedHash("key", "x")("data"));
  EXPECT_NE(KeyedHash("key", "x")("data"), KeyedHash("key", "y")("data"));
  EXPECT_NE(KeyedHash("key", "x")("data"), KeyedHash("Key", "x")("data"));
}

TEST(Pseudonyms, OfAddressesOfTheNetwork) {
  Pseudonyms names(key);
  const auto address = [&](std::string_view text) {
    std::string out;
    names.address(out, text);
    return out;
  };
  EXPECT_EQ(address("127.0.0.1:5222"), "127.0.0.1:5222");
  EXPECT_EQ(address("[::1]:5222"), "[::1]:5222");
  const std::string four = address("192.0.2.33:40000"), six = address("[2001:db8::7]:5269");
  EXPECT_EQ(four.substr(0, 3), "10.");
  EXPECT_EQ(four.substr(four.size() - 6), ":40000");
  EXPECT_EQ(four.substr(0, four.rfind(':')), address("192.0.2.33"));
  EXPECT_EQ(six.substr(0, 5), "[fd00") << six;
  EXPECT_EQ(address("xmpp.corp.example:5222").substr(0, 5), "xmpp.");
}

}  // namespace pseudonyms_test
}  // namespace ferry
