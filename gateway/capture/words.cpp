#include "gateway/capture/words.h"

#include <array>
#include <utility>

#include "translators/values/instant.h"
#include "translators/values/topic.h"

namespace ferry {
namespace {

constexpr std::array<std::pair<Direction, std::string_view>, 3> direction_names{{
    {Direction::unknown, "unknown"},
    {Direction::received, "received"},
    {Direction::sent, "sent"},
}};
constexpr std::array<std::pair<StreamKind, std::string_view>, 5> kind_names{{
    {StreamKind::unknown, "unknown"},
    {StreamKind::client, "client"},
    {StreamKind::component, "component"},
    {StreamKind::server, "server"},
    {StreamKind::broker, "broker"},
}};

template <class Table>
auto value_named(const Table& table, std::string_view name) -> std::optional<typename Table::value_type::first_type> {
  for (const auto& [value, text] : table)
    if (text == name) return value;
  return std::nullopt;
}

template <class Table, class Value>
std::string_view name_in(const Table& table, Value wanted) {
  for (const auto& [value, text] : table)
    if (value == wanted) return text;
  return table.front().second;
}

constexpr std::string_view base64_digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// -1: none.
constexpr auto base64_values = [] {
  std::array<int, 256> out{};
  for (int& value : out) value = -1;
  for (std::size_t i = 0; i < base64_digits.size(); ++i)
    out[static_cast<unsigned char>(base64_digits[i])] = static_cast<int>(i);
  return out;
}();

constexpr std::int64_t micros_in_ms = 1'000;

}  // namespace

std::string_view direction_name(Direction direction) { return name_in(direction_names, direction); }
std::optional<Direction> direction_of(std::string_view name) { return value_named(direction_names, name); }
std::string_view stream_kind_name(StreamKind kind) { return name_in(kind_names, kind); }
std::optional<StreamKind> stream_kind_of(std::string_view name) { return value_named(kind_names, name); }

std::string format_micros(std::int64_t time) {
  constexpr std::int64_t first = -62'167'219'200'000, last = 253'402'300'799'999;  // ms: the years 0 and 9999
  std::int64_t ms = time / micros_in_ms, rest = time % micros_in_ms;
  if (rest < 0) {
    rest += micros_in_ms;
    --ms;
  }
  if (ms < first || ms > last) return {};
  std::string text = format_instant(ms);
  const std::string digits = std::to_string(micros_in_ms + rest);  // "1000" to "1999"
  text.insert(text.size() - 1, digits, 1);
  return text;
}

std::optional<std::int64_t> parse_micros(std::string_view text) {
  const auto ms = parse_instant(text);
  if (!ms) return std::nullopt;
  std::int64_t rest = 0;
  if (const std::size_t dot = text.find('.'); dot != std::string_view::npos) {
    bool digits = true;
    for (std::size_t place = 0; place < 6; ++place) {
      const std::size_t at = dot + 1 + place;
      digits = digits && at < text.size() && text[at] >= '0' && text[at] <= '9';
      if (place >= 3) rest = rest * 10 + (digits ? text[at] - '0' : 0);
    }
  }
  return *ms * micros_in_ms + rest;
}

std::string to_base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t k) {
      return i + k < bytes.size() ? static_cast<unsigned>(static_cast<unsigned char>(bytes[i + k])) : 0U;
    };
    const unsigned group = byte(0) << 16 | byte(1) << 8 | byte(2);
    out += base64_digits[group >> 18];
    out += base64_digits[group >> 12 & 63];
    out += i + 1 < bytes.size() ? base64_digits[group >> 6 & 63] : '=';
    out += i + 2 < bytes.size() ? base64_digits[group & 63] : '=';
  }
  return out;
}

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  std::string out;
  out.reserve(text.size() / 4 * 3);
  unsigned group = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool pad = i >= text.size() - padding;
    const int value = pad ? 0 : base64_values[static_cast<unsigned char>(text[i])];
    if (value < 0) return std::nullopt;
    group = group << 6 | static_cast<unsigned>(value);
    if (i % 4 != 3) continue;
    for (const int shift : {16, 8, 0}) out += static_cast<char>(group >> shift & 0xFF);
    group = 0;
  }
  out.resize(out.size() - padding);
  return out;
}

std::string as_utf8(std::string_view bytes) {
  if (is_utf8(bytes)) return std::string(bytes);
  constexpr std::string_view replacement = "\xEF\xBF\xBD";
  std::string out;
  for (std::size_t i = 0; i < bytes.size();) {
    std::size_t length = 1;
    while (length <= 4 && i + length <= bytes.size() && !is_utf8(bytes.substr(i, length))) ++length;
    if (length <= 4 && i + length <= bytes.size()) {
      out.append(bytes.substr(i, length));
      i += length;
    } else {
      out += replacement;
      ++i;
    }
  }
  return out;
}

}  // namespace ferry
