#include "gateway/capture/alphabets.h"

#include <algorithm>
#include <array>

namespace ferry {
namespace {

struct Alphabet {
  char32_t first, last;  // apart: of the capitals
  Letter::Cases cases;
  char32_t apart;
};

// Sorted. Left out: what stringprep (RFC 3454) or NFKC would change, so that pseudonyms of JIDs are JIDs.
constexpr auto none = Letter::Cases::none, apart = Letter::Cases::apart, beside = Letter::Cases::beside;
constexpr std::array alphabets{
    Alphabet{U'0', U'9', none, 0},         Alphabet{U'A', U'Z', apart, 0x20},  // Latin
    Alphabet{0xC0, 0xD6, apart, 0x20},  // and its Latin-1 letters, without the signs for times and divided by
    Alphabet{0xD8, 0xDE, apart, 0x20},     Alphabet{0x100, 0x12F, beside, 1},
    Alphabet{0x134, 0x137, beside, 1},     Alphabet{0x139, 0x13E, beside, 1},
    Alphabet{0x141, 0x148, beside, 1},     Alphabet{0x14A, 0x177, beside, 1},
    Alphabet{0x179, 0x17E, beside, 1},     Alphabet{0x391, 0x3A1, apart, 0x20},  // Greek, without the final sigma
    Alphabet{0x3A3, 0x3A9, apart, 0x20},   Alphabet{0x3AC, 0x3AF, none, 0},      // with accents
    Alphabet{0x3CC, 0x3CE, none, 0},       Alphabet{0x400, 0x40F, apart, 0x50},  // Cyrillic
    Alphabet{0x410, 0x42F, apart, 0x20},   Alphabet{0x48A, 0x4BF, beside, 1},
    Alphabet{0x4C1, 0x4CE, beside, 1},     Alphabet{0x4D0, 0x4FF, beside, 1},
    Alphabet{0x531, 0x556, apart, 0x30},                                     // Armenian
    Alphabet{0x5D0, 0x5EA, none, 0},                                         // Hebrew
    Alphabet{0x621, 0x63A, none, 0},                                         // Arabic
    Alphabet{0x641, 0x64A, none, 0},       Alphabet{0x660, 0x669, none, 0},  // its digits
    Alphabet{0x6A9, 0x6AF, none, 0},                                         // Persian, Urdu
    Alphabet{0x6F0, 0x6F9, none, 0},       Alphabet{0x905, 0x914, none, 0},  // Devanagari
    Alphabet{0x915, 0x939, none, 0},       Alphabet{0x966, 0x96F, none, 0},
    Alphabet{0xE01, 0xE2E, none, 0},                                             // Thai
    Alphabet{0x10D0, 0x10F0, none, 0},                                           // Georgian
    Alphabet{0x1E00, 0x1E95, beside, 1},                                         // Latin again
    Alphabet{0x1EA0, 0x1EF9, beside, 1},                                         // of Vietnamese
    Alphabet{0x2074, 0x2079, none, 0},     Alphabet{0x2080, 0x2089, none, 0},    // digits above and below
    Alphabet{0x2160, 0x217F, none, 0},     Alphabet{0x2460, 0x2473, none, 0},    // Roman ones, in circles
    Alphabet{0x24B6, 0x24CF, none, 0},     Alphabet{0x24D0, 0x24E9, none, 0},    // letters in circles
    Alphabet{0x2801, 0x28FF, none, 0},                                           // Braille
    Alphabet{0x3041, 0x3096, none, 0},                                           // Hiragana
    Alphabet{0x30A1, 0x30FA, none, 0},                                           // Katakana
    Alphabet{0x3400, 0x4DB5, none, 0},                                           // Han
    Alphabet{0x4E00, 0x9FA5, none, 0},     Alphabet{0xAC00, 0xD7A3, none, 0},    // Hangul
    Alphabet{0xFF10, 0xFF19, none, 0},                                           // full width
    Alphabet{0xFF21, 0xFF3A, apart, 0x20}, Alphabet{0xFF66, 0xFF9D, none, 0},    // half width: Katakana,
    Alphabet{0xFFA1, 0xFFBE, none, 0},                                           // Hangul
    Alphabet{0x1F130, 0x1F149, none, 0},   Alphabet{0x1F150, 0x1F169, none, 0},  // letters in boxes
    Alphabet{0x1F170, 0x1F189, none, 0},   Alphabet{0x1F1E6, 0x1F1FF, none, 0},  // and of flags
    Alphabet{0x1F300, 0x1F3FA, none, 0},                                         // pictures and faces
    Alphabet{0x1F400, 0x1F64F, none, 0},   Alphabet{0x1F680, 0x1F6C5, none, 0},
    Alphabet{0x1F910, 0x1F9FF, none, 0},
};

struct Kept {
  char32_t first, last;
};
// Marks, punctuation and symbols; letters that no alphabet could hold; what is private or no character.
constexpr std::array kept{
    Kept{0x80, 0xBF},     Kept{0xD7, 0xD7},       Kept{0xDF, 0xDF},       Kept{0xF7, 0xF7},        Kept{0xFF, 0xFF},
    Kept{0x130, 0x133},   Kept{0x138, 0x138},     Kept{0x13F, 0x140},     Kept{0x149, 0x149},      Kept{0x178, 0x178},
    Kept{0x17F, 0x17F},   Kept{0x2B0, 0x36F},     Kept{0x37E, 0x37E},     Kept{0x3C2, 0x3C2},      Kept{0x482, 0x489},
    Kept{0x4C0, 0x4C0},   Kept{0x4CF, 0x4CF},     Kept{0x55A, 0x55F},     Kept{0x587, 0x5CF},      Kept{0x600, 0x620},
    Kept{0x63B, 0x640},   Kept{0x64B, 0x65F},     Kept{0x66A, 0x66D},     Kept{0x93A, 0x957},      Kept{0x964, 0x965},
    Kept{0xE2F, 0xE5B},   Kept{0x2000, 0x2BFF},   Kept{0x3000, 0x3040},   Kept{0x3097, 0x30A0},    Kept{0x30FB, 0x30FF},
    Kept{0xE000, 0xF8FF}, Kept{0xFE00, 0xFE6F},   Kept{0xFF00, 0xFF0F},   Kept{0xFF1A, 0xFF20},    Kept{0xFF3B, 0xFF40},
    Kept{0xFF5B, 0xFFFF}, Kept{0x1F000, 0x1F2FF}, Kept{0x1F3FB, 0x1F3FF}, Kept{0xE0000, 0x10FFFF},
};

template <class Row>
constexpr bool sorted(const Row& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i].first > rows[i].last || (i > 0 && rows[i].first <= rows[i - 1].last)) return false;
  return true;
}
static_assert(sorted(alphabets) && sorted(kept));

template <class Rows>
auto row_of(const Rows& rows, char32_t c) -> decltype(rows.data()) {
  const auto after =
      std::upper_bound(rows.begin(), rows.end(), c, [](char32_t value, const auto& row) { return value < row.first; });
  if (after == rows.begin() || std::prev(after)->last < c) return nullptr;
  return &*std::prev(after);
}

std::optional<Letter> in_alphabet(const Alphabet& a, char32_t c, bool small) {
  Letter out{a.first, a.last - a.first + 1, c - a.first, a.apart, a.cases, small};
  if (a.cases == beside) {
    out.size /= 2;
    out.small = out.index % 2 != 0;
    out.index /= 2;
  }
  return out;
}

}  // namespace

char32_t Letter::character() const {
  if (cases == Cases::beside) return first + 2 * index + (small ? 1 : 0);
  return first + index + (small ? apart : 0);
}

namespace {

std::optional<Letter> looked_up(char32_t c) {
  if (const Alphabet* a = row_of(alphabets, c)) return in_alphabet(*a, c, false);
  for (const char32_t distance : {U'\x20', U'\x30', U'\x50'}) {
    const Alphabet* a = c >= distance ? row_of(alphabets, c - distance) : nullptr;
    if (a && a->cases == apart && a->apart == distance) return in_alphabet(*a, c - distance, true);
  }
  if (c < 0x80 || row_of(kept, c) || (c & 0xFFC0) == 0xFFC0) return std::nullopt;
  constexpr char32_t neighbours = 0x40;  // of a script that has no row: with those that share all but the last byte
  return Letter{c - c % neighbours, neighbours, c % neighbours, 0, none, false};
}

}  // namespace

std::optional<Letter> letter_of(char32_t c) {
  constexpr std::size_t usual = 0x600;  // of the scripts before the Arabic one: found without looking
  static const auto table = [] {
    std::array<std::optional<Letter>, usual> out;
    for (std::size_t i = 0; i < usual; ++i) out[i] = looked_up(static_cast<char32_t>(i));
    return out;
  }();
  return c < usual ? table[c] : looked_up(c);
}

std::u32string decode_utf8(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) out += next_utf8(text, at);
  return out;
}

void append_utf8(std::string& out, char32_t c) {
  char bytes[longest_utf8];
  out.append(bytes, static_cast<std::size_t>(put_utf8(bytes, c) - bytes));
}

}  // namespace ferry
