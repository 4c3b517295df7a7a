#include "gateway/links/backoff.h"

#include <algorithm>

namespace ferry {

Duration Backoff::with_chance(Duration d) {
  state_ ^= state_ << 13;  // xorshift64: chance enough to get out of step
  state_ ^= state_ >> 7;
  state_ ^= state_ << 17;
  return d - static_cast<Duration>(state_ % static_cast<std::uint64_t>(d / 2 + 1));
}

Duration Backoff::next() {
  const Duration d = wait_;
  wait_ = std::min(wait_ * 2, most);
  return with_chance(d);
}

Duration Backoff::longest() {
  wait_ = most;
  return with_chance(most);
}

void Backoff::was_up(Duration how_long) {
  if (how_long >= stable) wait_ = least;
}

}  // namespace ferry
