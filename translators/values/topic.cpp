#include "translators/values/topic.h"

#include <optional>

namespace ferry {
namespace {

constexpr std::size_t max_topic_bytes = 65535;  // MQTT 5 section 1.5.4: the length of a string has two bytes

StanzaError unacceptable(std::string text) { return error(Condition::not_acceptable, std::move(text)); }

std::optional<StanzaError> unfit(std::string_view text, std::string_view what) {
  const auto say = [&](std::string_view problem) { return unacceptable(std::string(what).append(problem)); };
  if (text.empty()) return say(" is empty");
  if (text.size() > max_topic_bytes) return say(" is longer than 65,535 bytes");
  if (!is_utf8(text)) return say(" is not UTF-8");
  if (text.find('\0') != std::string_view::npos) return say(" contains U+0000");
  return std::nullopt;
}

// Walks a topic level by level; done() after the last one.
class Levels {
 public:
  explicit Levels(std::string_view topic) : rest_(topic) { next(); }
  bool done() const { return done_; }
  std::string_view level() const { return level_; }
  bool last() const { return !more_; }
  void next() {
    if (!more_) {
      done_ = true;
      return;
    }
    const std::size_t slash = rest_.find('/');
    level_ = rest_.substr(0, slash);
    more_ = slash != std::string_view::npos;
    rest_ = more_ ? rest_.substr(slash + 1) : std::string_view{};
  }

 private:
  std::string_view rest_;
  std::string_view level_;
  bool more_ = true;
  bool done_ = false;
};

bool starts_wild(std::string_view filter) { return filter.starts_with('+') || filter.starts_with('#'); }

}  // namespace

Result<std::string> parse_topic_name(std::string_view text) {
  if (auto problem = unfit(text, "the topic name")) return *std::move(problem);
  if (text.find_first_of("+#") != std::string_view::npos)
    return unacceptable("the topic name contains + or #, which belong to topic filters");
  if (text.front() == '$') return unacceptable("the topic name begins with $, which is for the broker itself");
  return std::string(text);
}

Result<std::string> parse_topic_filter(std::string_view text) {
  if (auto problem = unfit(text, "the topic filter")) return *std::move(problem);
  Levels levels(text);
  if (levels.level() == "$share") return unacceptable("the topic filter is a shared subscription");
  for (; !levels.done(); levels.next()) {
    const std::string_view level = levels.level();
    if (level.size() > 1 && level.find_first_of("+#") != std::string_view::npos)
      return unacceptable("a + or # in the topic filter does not stand alone on its level");
    if (level == "#" && !levels.last()) return unacceptable("the topic filter goes on after #");
  }
  return std::string(text);
}

bool topic_matches(std::string_view filter, std::string_view name) {
  if (name.starts_with('$') && starts_wild(filter)) return false;
  Levels f(filter);
  Levels n(name);
  for (; !f.done(); f.next(), n.next()) {
    if (f.level() == "#") return true;  // the level before it counts too: "a/#" matches "a"
    if (n.done() || (f.level() != "+" && f.level() != n.level())) return false;
  }
  return n.done();
}

bool filters_overlap(std::string_view a, std::string_view b) {
  if ((a.starts_with('$') && starts_wild(b)) || (b.starts_with('$') && starts_wild(a))) return false;
  Levels x(a);
  Levels y(b);
  for (; !x.done() && !y.done(); x.next(), y.next()) {
    if (x.level() == "#" || y.level() == "#") return true;
    if (x.level() != "+" && y.level() != "+" && x.level() != y.level()) return false;
  }
  if (x.done() && y.done()) return true;
  // One ended, and a # at once after it in the other stands for no level at all. "+" and "/#" would then meet in the
  // empty name only, and there is no such name.
  const Levels& longer = x.done() ? y : x;
  return longer.level() == "#" && a != "/#" && b != "/#";
}

std::vector<std::string_view> topic_levels(std::string_view topic) {
  std::vector<std::string_view> levels;
  for (Levels level(topic); !level.done(); level.next()) levels.push_back(level.level());
  return levels;
}

}  // namespace ferry
