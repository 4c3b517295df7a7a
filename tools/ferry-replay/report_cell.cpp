#include <array>
#include <cmath>
#include <cstdio>

#include "tools/ferry-replay/report_document.h"

namespace ferry::report {
namespace {

std::string with_commas(std::int64_t number) {
  std::string digits = std::to_string(number < 0 ? -number : number);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return (number < 0 ? "-" : "") + digits;
}

std::string fixed(double number, int places) {
  std::array<char, 64> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.*f", places, number);
  return buffer.data();
}

}  // namespace

std::string report_cell(const ReportCell& cell, ReportUnit unit) {
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  if (const auto* whole = std::get_if<std::int64_t>(&cell)) return with_commas(*whole);
  const double number = std::get<double>(cell);
  if (!std::isfinite(number)) return "-";
  switch (unit) {
    case ReportUnit::percent:
      return fixed(number, 1) + " %";
    case ReportUnit::ratio:
      return fixed(number, 2) + "×";
    default:
      return std::abs(number) >= 1'000 ? with_commas(static_cast<std::int64_t>(std::llround(number)))
                                       : fixed(number, 1);
  }
}

std::string report_escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (c == '\'')
      out += "&#39;";
    else if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f)
      out += '?';
    else
      out += c;
  }
  return out;
}

}  // namespace ferry::report
