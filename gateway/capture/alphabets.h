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

}  // namespace ferry
