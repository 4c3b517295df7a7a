#include "gateway/links/link_event.h"

#include <algorithm>

namespace ferry {

std::string log_value(std::string_view value) {
  constexpr std::size_t longest = 300;
  value = value.substr(0, longest);
  const auto plain = [](char c) {
    return static_cast<unsigned char>(c) > ' ' && c != '"' && c != '=' && c != '\\' && c != 0x7f;
  };
  if (!value.empty() && std::all_of(value.begin(), value.end(), plain)) return std::string(value);
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < ' ' || c == 0x7f ? ' ' : c;
  }
  return out + '"';
}

}  // namespace ferry
