// Random JIDs with every character that XMPP allows, and more of those that cause trouble than chance would give.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "translators/values/jid.h"
#include "translators/values/uid.h"

namespace ferry::test {

inline void append_utf8(std::string& text, char32_t c) {
  const auto put = [&](char32_t byte) { text += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6), put(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
  } else {
    put(0xF0 | c >> 18), put(0x80 | (c >> 12 & 0x3F)), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
  }
}

inline std::string utf8(char32_t c) {
  std::string text;
  append_utf8(text, c);
  return text;
}

class RandomNames {
 public:
  explicit RandomNames(std::uint64_t seed) : random_(seed) {}

  // A full JID whose uid and device are within the limit.
  Jid next() {
    for (;;) {
      const std::string local = name(below(2) == 0);
      const std::string domain = domain_name();
      const std::string resource = name(false);
      const auto jid = Jid::make(below(2) == 0 ? escape_localpart(local) : local, domain, resource);
      if (jid && to_uid(*jid) && to_device(jid->resourcepart())) return *jid;
    }
  }

  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }

  // Any code point but surrogates, the planes alike.
  char32_t any_code_point() {
    for (;;) {
      const char32_t c = below(17) << 16 | below(0x10000);
      if (c < 0xD800 || c > 0xDFFF) return c;
    }
  }

 private:
  static constexpr std::u32string_view specials = U"+#/$%= +#/$%= &'\"<>@:\\\\=2=+%u%c$SYS.";
  static constexpr std::u32string_view emoji = U"😀🎉👩‍💻❤️🇩🇪🏳️‍🌈🫠";
  static constexpr std::u32string_view right_to_left = U"אבגדהשלוםابتثجحخدسلامیک";
  static constexpr std::u32string_view combining = U"\u0301\u0308\u0323\u0327\u0345\u0E31\u0651\u20DD";
  static constexpr std::u32string_view folding = U"ßſKÅﬁ①ＡÇıİσςǅ㎏ａ℀＠／＃＋＄％＝";

  char32_t from(std::u32string_view set) { return set[below(static_cast<std::uint32_t>(set.size()))]; }

  char32_t character() {
    switch (below(12)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return from(specials);
      case 4:
        return from(emoji);
      case 5:
        return from(combining);
      case 6:
        return from(folding);
      case 7:
        return 0x80 + below(0x3000);
      case 8:
        return any_code_point();
      case 9:
        return from(right_to_left);
      default:
        return 0x21 + below(0x5E);
    }
  }

  std::string name(bool right_to_left_only) {
    std::string text;
    const std::uint32_t length = 1 + below(14);
    // Such a name begins and ends with a letter of its own direction (RFC 3454 section 6).
    if (right_to_left_only) append_utf8(text, from(right_to_left));
    for (std::uint32_t i = 0; i < length; ++i) {
      char32_t c = character();
      if (right_to_left_only && below(2) == 0) c = from(right_to_left);
      append_utf8(text, c);
    }
    if (right_to_left_only) append_utf8(text, from(right_to_left));
    return text;
  }

  std::string domain_name() {
    static constexpr std::array<std::string_view, 8> known{"corp.example",  "mqtt.corp.example",    "bücher.example",
                                                           "例え.テスト",   "שלום.example",         "192.0.2.1",
                                                           "[2001:db8::1]", "xn--bcher-kva.example"};
    if (below(2) == 0) return std::string(known[below(known.size())]);
    std::string domain;
    const std::uint32_t length = 1 + below(4);
    for (std::uint32_t i = 0; i < length; ++i) append_utf8(domain, below(2) == 0 ? any_code_point() : 'a' + below(26));
    return domain + ".example";
  }

  std::mt19937_64 random_;
};

}  // namespace ferry::test
