#include "tools/ferry-replay/golden.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "translators/values/json.h"

namespace ferry::replay {
namespace {

constexpr std::size_t most_shown = 400;  // bytes of a payload or a member

std::string cut(const std::string& text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + " … (" + std::to_string(text.size()) + " bytes)";
}

std::string text_of(JsonView value) { return value ? compact(value) : "nothing"; }

// Members of one object that the other has not, or has with another value.
std::string members(const std::string& expected, const std::string& actual) {
  const auto a = JsonDocument::parse(expected), b = JsonDocument::parse(actual);
  std::string out;
  if (!a || !b || !a->root().is_object() || !b->root().is_object()) return out;
  const auto line = [&](std::string_view key, JsonView was, JsonView is) {
    out += "      " + std::string(key) + ": " + cut(text_of(was), most_shown) + " -> " + cut(text_of(is), most_shown) +
           "\n";
  };
  a->root().members([&](std::string_view key, JsonView was) {
    const JsonView is = b->root()[key];
    if (!is || plain(text_of(was)).text != plain(text_of(is)).text) line(key, was, is);
  });
  b->root().members([&](std::string_view key, JsonView is) {
    if (!a->root()[key]) line(key, {}, is);
  });
  return out;
}

std::string side(char sign, const Departure& d) {
  std::string out = std::string("    ") + sign + " " + d.title() + "  " +
                    (d.text.empty() ? "(empty)" : cut(d.text, most_shown)) + "\n";
  return out;
}

std::string settings_of(const Departure& was, const Departure& is) {
  std::string out;
  const auto line = [&](const char* name, std::uint64_t a, std::uint64_t b) {
    if (a != b) out += std::string("      ") + name + ": " + std::to_string(a) + " -> " + std::to_string(b) + "\n";
  };
  line("qos", static_cast<std::uint64_t>(was.qos), static_cast<std::uint64_t>(is.qos));
  line("retain", was.retain, is.retain);
  line("cbor", was.cbor, is.cbor);
  line("expiry", was.expiry, is.expiry);
  if (was.at != is.at) out += "      time: " + format_instant(was.at) + " -> " + format_instant(is.at) + "\n";
  return out;
}

}  // namespace

std::string difference(const Departure* expected, const Departure* actual) {
  std::string out;
  if (expected) out += side('-', *expected);
  if (actual) out += side('+', *actual);
  if (expected && actual && expected->is_stanza == actual->is_stanza)
    out += members(expected->text, actual->text) + settings_of(*expected, *actual);
  return out;
}

Golden::Golden(const std::string& path, std::size_t show, std::function<void(const std::string&)> say)
    : in_(path, std::ios::binary), path_(path), show_(show), say_(std::move(say)) {
  if (!in_) wrong_ = path + " cannot be read: " + std::strerror(errno) + "; --update-golden writes it";
}

bool Golden::peek() {
  while (!have_ && wrong_.empty() && std::getline(in_, next_)) {
    ++number_;
    if (next_.empty()) continue;
    const auto departure = from_line(next_);
    if (!departure) {
      wrong_ = path_ + ":" + std::to_string(number_) + ": this is no line of ferry-replay run";
      return false;
    }
    next_line_ = departure->line;
    have_ = true;
  }
  return have_;
}

void Golden::compare(std::uint64_t line, const std::string& cause, const std::vector<std::string>& actual) {
  std::vector<std::string> expected;
  while (peek() && next_line_ <= line) {
    if (next_line_ < line) {  // of a line that nothing leaves for any more
      miss();
      continue;
    }
    expected.push_back(std::move(next_));
    have_ = false;
  }
  if (wrong_.empty() && expected != actual) differ(line, cause, expected, actual);
}

void Golden::differ(std::uint64_t line, const std::string& cause, const std::vector<std::string>& expected,
                    const std::vector<std::string>& actual) {
  std::vector<std::optional<Departure>> was, is;
  for (const std::string& text : expected) was.push_back(from_line(text));
  for (const std::string& text : actual) is.push_back(from_line(text));
  // Lines that are the same, or the same but for ids, stand for each other.
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto same = std::find(actual.begin(), actual.end(), expected[i]);
    const auto at = static_cast<std::size_t>(same - actual.begin());
    if (same != actual.end() && is[at]) {
      was[i].reset();
      is[at].reset();
      continue;
    }
    const Plain old = plain(expected[i]);
    for (std::size_t j = 0; j < actual.size(); ++j) {
      if (!is[j]) continue;
      const Plain fresh = plain(actual[j]);
      if (fresh.text != old.text || !partners_.fit(old.ids, fresh.ids)) continue;
      was[i].reset();
      is[j].reset();
      ++other_ids_;
      break;
    }
  }
  std::string text;
  for (const auto& old : was) {
    if (!old) continue;
    const auto partner =
        std::find_if(is.begin(), is.end(), [&](const auto& d) { return d && channel_of(*d) == channel_of(*old); });
    const bool paired = partner != is.end();
    text += difference(&*old, paired ? &**partner : nullptr);
    if (paired) partner->reset();
  }
  for (const auto& fresh : is)
    if (fresh) text += difference(nullptr, &*fresh);
  if (text.empty()) return;
  if (differences_++ < show_) say_("line " + std::to_string(line) + ": " + cut(cause, most_cause) + "\n" + text);
}

// All that is expected of the next line: it was not played.
void Golden::miss() {
  const std::uint64_t gone = next_line_;
  std::vector<std::string> missing;
  while (peek() && next_line_ == gone) {
    missing.push_back(std::move(next_));
    have_ = false;
  }
  differ(gone, "(not played in this run)", missing, {});
}

void Golden::finish() {
  while (peek()) miss();
}

}  // namespace ferry::replay
