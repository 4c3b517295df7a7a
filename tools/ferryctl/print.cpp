#include "tools/ferryctl/print.h"

#include <algorithm>

namespace ferry {
namespace {

std::size_t width(std::string_view text) {  // in code points; wide scripts come out a little ragged
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out(text);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto c = static_cast<unsigned char>(out[i]);
    if ((c < 0x20 && c != '\n') || c == 0x7f) out[i] = '?';
    // U+0080 to U+009F: terminals take them for commands, too
    else if (c == 0xc2 && i + 1 < out.size() && static_cast<unsigned char>(out[i + 1]) < 0xa0)
      out.replace(i, 2, "?");
  }
  return out;
}

void say(const std::string& text) { std::fputs((printable(text) + "\n").c_str(), stdout); }

void complain(const std::string& text) {
  std::fflush(stdout);
  std::fputs(("ferryctl: " + printable(text) + "\n").c_str(), stderr);
}

void Columns::print(std::FILE* to) const {
  if (empty()) return;
  std::vector<std::size_t> widths;
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i == widths.size()) widths.push_back(0);
      widths[i] = std::max(widths[i], width(row[i]));
    }
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i];
      if (i + 1 < row.size()) line.append(widths[i] - width(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    std::fputs((printable(line) + "\n").c_str(), to);
  }
}

std::string counted(std::int64_t number, std::string_view one, std::string_view many) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, 1, ',');
  const std::string_view noun = number == 1 ? one : many;
  return noun.empty() ? digits : digits + " " + std::string(noun);
}

std::string text_of(JsonView value, std::string_view key) { return std::string(value[key].string().value_or("")); }
std::int64_t integer_of(JsonView value, std::string_view key) { return value[key].integer().value_or(0); }
std::string number_of(JsonView value, std::string_view key) { return counted(integer_of(value, key), "", ""); }

}  // namespace ferry
