#include "tools/ferry-replay/same.h"

#include <algorithm>
#include <array>

namespace ferry::replay {
namespace {

constexpr std::size_t ulid_length = 26;

bool is_word(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

bool is_crockford(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z' && c != 'I' && c != 'L' && c != 'O' && c != 'U');
}

// The length of a ULID that begins at the beginning; 0: none does.
std::size_t ulid_at(std::string_view text) {
  if (text.size() < ulid_length || text.front() > '7') return 0;
  for (const char c : text.substr(0, ulid_length))
    if (!is_crockford(c)) return 0;
  return text.size() == ulid_length || !is_word(text[ulid_length]) ? ulid_length : 0;
}

// "ts":"2026-…" at the beginning: how long the name and its quote are; 0: something else. Quotes inside a JSON text are
// escaped and attributes' are entities, so that only what was written as such looks like it.
std::size_t time_name_at(std::string_view text) {
  static constexpr std::array<std::string_view, 4> names{"\"ts\":\"", "\"since\":\"", " stamp='", " stamp=\""};
  for (const std::string_view name : names)
    if (text.starts_with(name)) return name.size();
  return 0;
}

}  // namespace

Plain plain(std::string_view text, NowIs now) {
  Plain out;
  out.text.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view rest = text.substr(i);
    if (now.begin <= now.to && (rest.front() == '"' || rest.front() == ' '))
      if (const std::size_t name = time_name_at(rest); name != 0) {
        const std::size_t end = rest.find(rest[name - 1], name);
        std::optional<Instant> time;
        if (end != std::string_view::npos) time = parse_instant(rest.substr(name, end - name));
        const Instant least = rest.starts_with("\"ts\"") ? now.from : now.begin;
        if (time) {
          out.times.push_back({std::string(rest.substr(name, end - name)), *time >= least && *time <= now.to});
          out.text.append(rest.substr(0, name)).append("time");
          i += end;
          continue;
        }
      }
    if (i == 0 || !is_word(text[i - 1]))
      if (const std::size_t length = ulid_at(rest); length != 0) {
        out.ids.emplace_back(rest.substr(0, length));
        out.text += "ID";
        i += length;
        continue;
      }
    out.text += rest.front();
    ++i;
  }
  return out;
}

bool same(const Plain& expected, const Plain& actual) {
  return expected.text == actual.text &&
         std::equal(expected.times.begin(), expected.times.end(), actual.times.begin(), actual.times.end(),
                    [](const Plain::Time& e, const Plain::Time& a) { return (e.now && a.now) || e.text == a.text; });
}

bool Partners::fit(const std::vector<std::string>& expected, const std::vector<std::string>& actual) {
  if (expected.size() != actual.size()) return false;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto it = partner_.find(expected[i]);
    if (it != partner_.end() && it->second != actual[i]) return false;
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (!partner_.try_emplace(expected[i], actual[i]).second) continue;
    order_.push_back(expected[i]);
    if (order_.size() <= most) continue;
    partner_.erase(order_.front());
    order_.pop_front();
  }
  return true;
}

}  // namespace ferry::replay
