// XEP-0106 (JID Escaping) 1.1, sections 3 and 4.
#include <array>
#include <utility>

#include "translators/values/jid.h"

namespace ferry {
namespace {

struct Escape {
  char character;
  std::string_view hex;
};
constexpr std::array<Escape, 10> escapes{{{' ', "20"},
                                          {'"', "22"},
                                          {'&', "26"},
                                          {'\'', "27"},
                                          {'/', "2f"},
                                          {':', "3a"},
                                          {'<', "3c"},
                                          {'>', "3e"},
                                          {'@', "40"},
                                          {'\\', "5c"}}};

const Escape* escape_of(char character) {
  for (const Escape& row : escapes)
    if (row.character == character) return &row;
  return nullptr;
}

// The row whose escape text begins with. Case is significant: \2F is no escape.
const Escape* escape_at(std::string_view text) {
  if (text.size() < 3 || text[0] != '\\') return nullptr;
  for (const Escape& row : escapes)
    if (text.substr(1, 2) == row.hex) return &row;
  return nullptr;
}

bool at_an_end(std::size_t begin, std::size_t size, std::size_t whole) { return begin == 0 || begin + size == whole; }

}  // namespace

std::string escape_localpart(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size() + 16);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const Escape* row = escape_of(text[i]);
    const bool stays = row == nullptr || (text[i] == '\\' && escape_at(text.substr(i)) == nullptr) ||
                       (text[i] == ' ' && at_an_end(i, 1, text.size()));
    if (stays) {
      escaped += text[i];
    } else {
      escaped.append("\\").append(row->hex);
    }
  }
  return escaped;
}

std::string unescape_localpart(std::string_view localpart) {
  std::string text;
  text.reserve(localpart.size());
  for (std::size_t i = 0; i < localpart.size();) {
    const Escape* row = escape_at(localpart.substr(i));
    if (row == nullptr || (row->character == ' ' && at_an_end(i, 3, localpart.size()))) {
      text += localpart[i++];
    } else {
      text += row->character;
      i += 3;
    }
  }
  return text;
}

}  // namespace ferry
