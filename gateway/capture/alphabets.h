// Which letters may stand for which: each letter's alphabet, of one script, one length in UTF-8 and both cases.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferry {

// One letter or digit as its place in its alphabet. Every place is a character (of a script that is not in our table:
// perhaps one that is not assigned yet).
struct Letter {
  enum class Cases : std::uint8_t { none, apart, beside };  // apart: capitals, then small ones; beside: each its pair

  char32_t first = 0;       // of the alphabet: its name
  std::uint32_t size = 0;   // of it, cases not counted
  std::uint32_t index = 0;  // what a pseudonym changes
  char32_t apart = 0;       // from a capital to its small letter
  Cases cases = Cases::none;
  bool small = false;

  char32_t character() const;
};

// Nothing: punctuation, symbols, blanks, marks: they stay as they are.
std::optional<Letter> letter_of(char32_t character);

std::u32string decode_utf8(std::string_view text);  // of valid UTF-8
void append_utf8(std::string& out, char32_t character);

// The character that stands at this place of a text of valid UTF-8, which moves on behind it.
inline char32_t next_utf8(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return ++at, lead;
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  char32_t c = lead & (0x7FU >> length);
  for (std::size_t k = 1; k < length && at + k < text.size(); ++k)
    c = c << 6 | (static_cast<unsigned char>(text[at + k]) & 0x3FU);
  at += length;
  return c;
}

// Puts a character there, and answers where it ends.
inline constexpr std::size_t longest_utf8 = 4;
inline char* put_utf8(char* to, char32_t c) {
  const auto rest = [&](int shift) { *to++ = static_cast<char>(0x80 | (c >> shift & 0x3F)); };
  if (c < 0x80) {
    *to++ = static_cast<char>(c);
  } else if (c < 0x800) {
    *to++ = static_cast<char>(0xC0 | c >> 6);
    rest(0);
  } else if (c < 0x10000) {
    *to++ = static_cast<char>(0xE0 | c >> 12);
    rest(6);
    rest(0);
  } else {
    *to++ = static_cast<char>(0xF0 | c >> 18);
    rest(12);
    rest(6);
    rest(0);
  }
  return to;
}

}  // namespace ferry
