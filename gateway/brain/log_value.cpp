#include "gateway/brain/log_value.h"

#include <algorithm>
#include <array>

#include "translators/values/topic.h"

namespace ferry {
namespace {

// Terminals and viewers act on these, or break the line at them: C1 controls, U+2028 to U+202E, U+2066 to U+2069.
bool acts(std::string_view character) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 2) return at(0) == 0xC2 && at(1) < 0xA0;
  if (character.size() != 3 || at(0) != 0xE2) return false;
  return (at(1) == 0x80 && at(2) >= 0xA8 && at(2) <= 0xAE) || (at(1) == 0x81 && at(2) >= 0xA6 && at(2) <= 0xA9);
}

// Bytes of the character that begins here; 1 where none does.
std::size_t length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
  return size <= text.size() && is_utf8(text.substr(0, size)) ? size : 1;
}

bool plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > ' ' && byte < 0x7f && c != '"' && c != '=' && c != '\\';
}

void append_hex(std::string& out, std::string_view bytes) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out.append("\\x").append(1, digits[byte >> 4U]).append(1, digits[byte & 0xFU]);
  }
}

}  // namespace

std::string log_value(std::string_view value) {
  constexpr std::size_t longest = 300;
  if (value.size() <= longest && !value.empty() && std::all_of(value.begin(), value.end(), plain))
    return std::string(value);
  std::string inside;
  bool quotes = value.empty();
  while (!value.empty() && inside.size() < longest) {
    const std::string_view character = value.substr(0, length(value));
    const auto first = static_cast<unsigned char>(character.front());
    if (character.size() == 1 && (first < ' ' || first >= 0x7f))
      append_hex(inside, character), quotes = true;
    else if (acts(character))
      append_hex(inside, character), quotes = true;
    else if (first == '"' || first == '\\')
      inside.append("\\").append(character), quotes = true;
    else
      inside.append(character), quotes = quotes || (character.size() == 1 && !plain(character.front()));
    value.remove_prefix(character.size());
  }
  return quotes ? "\"" + inside + "\"" : inside;
}

}  // namespace ferry
