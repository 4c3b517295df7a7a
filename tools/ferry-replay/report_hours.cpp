#include "tools/ferry-replay/report_hours.h"

namespace ferry::report {

Hours::Minute* Hours::minute(std::int64_t time) {
  if (time <= 0) return nullptr;
  const std::int64_t at = time / minute_us;
  if (const auto it = minutes_.find(at); it != minutes_.end()) return &it->second;
  return minutes_.size() >= most_minutes ? nullptr : &minutes_[at];
}

void Hours::seen(const Record& r) {
  if (std::holds_alternative<CapturedDamage>(r.what)) return;
  if (r.time > 0) {
    first_ = first_ == 0 ? r.time : std::min(first_, r.time);
    last_ = std::max(last_, r.time);
  }
  const Digest stream = digest(r.stream);
  if (std::holds_alternative<CapturedClose>(r.what)) {
    ++ends_;
    if (open_.erase(stream) == 0) ++all_streams_;
    return;
  }
  if (open_.size() < most_streams && open_.emplace(stream, -1).second) ++all_streams_;
  if (const auto now = static_cast<std::int64_t>(open_.size()); now > most_at_once_) {
    most_at_once_ = now;
    most_at_once_time_ = r.time;
  }
}

void Hours::stanza(const Record& r, StanzaKind kind, std::size_t bytes) {
  Minute* m = minute(r.time);
  if (!m) {
    ++left_out_;
    return;
  }
  ++m->stanzas[static_cast<std::size_t>(kind)];
  m->bytes += static_cast<std::int64_t>(bytes);
  const auto it = open_.find(digest(r.stream));
  if (it == open_.end()) return;
  const std::int64_t at = r.time / minute_us;
  if (std::exchange(it->second, at) != at) ++m->streams;
}

}  // namespace ferry::report
