#include "gateway/history.h"

namespace ferry {

void History::take(Counters counters, Steady now) {
  samples_.push_back({now, std::move(counters)});
  while (samples_.size() > 1 && samples_[1].at <= now - span) samples_.pop_front();
}

double History::Recent::rate(std::string_view counter) const {
  const auto found = more.find(counter);
  if (found == more.end() || span <= 0) return 0;
  return static_cast<double>(found->second) * static_cast<double>(second) / static_cast<double>(span);
}

History::Recent History::recent(const Counters& counters, Steady now) const {
  Recent out;
  if (samples_.empty() || samples_.front().at >= now) return out;
  out.span = now - samples_.front().at;
  std::map<std::string_view, std::uint64_t> before;
  for (const auto& [name, value] : samples_.front().counters) before[name] = value;
  for (const auto& [name, value] : counters)
    if (const std::uint64_t was = before[name]; value > was) out.more[name] = value - was;
  return out;
}

}  // namespace ferry
