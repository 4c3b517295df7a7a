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
