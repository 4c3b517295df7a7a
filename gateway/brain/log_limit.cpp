#include "gateway/brain/log_limit.h"

namespace ferry {

bool LogLimit::take(std::int64_t whose, Instant now) {
  if (users_.size() >= max_users && !users_.contains(whose)) whose = 0;
  Lines& lines = users_[whose];
  if (!tell_at_) tell_at_ = now + tell_interval;
  if (lines.limit.take(now, rate, burst)) return true;
  ++lines.left_out;
  return false;
}

std::vector<std::pair<std::int64_t, std::uint64_t>> LogLimit::left_out(Instant now) {
  std::vector<std::pair<std::int64_t, std::uint64_t>> out;
  if (!tell_at_ || now < *tell_at_) return out;
  tell_at_.reset();
  for (auto it = users_.begin(); it != users_.end();) {
    if (const std::uint64_t n = std::exchange(it->second.left_out, 0); n > 0) out.emplace_back(it->first, n);
    if (it->second.limit.full(now, rate, burst)) {
      it = users_.erase(it);
    } else {
      tell_at_ = now + tell_interval;
      ++it;
    }
  }
  return out;
}

std::optional<Instant> LogLimit::next_deadline() const { return tell_at_; }

}  // namespace ferry
