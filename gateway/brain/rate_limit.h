// A rate limit: so many at once, so many a second in the long run (a token bucket).
#pragma once

#include <algorithm>
#include <cstdint>

#include "translators/values/instant.h"

namespace ferry {

// One instance counts for one user, one sender or one feed. Limits are arguments: they belong to the configuration.
class RateLimit {
 public:
  // May one more pass now? rate: a second, sustained; 0: no limit. burst: at once.
  bool take(Instant now, std::uint32_t rate, std::uint32_t burst) {
    if (rate == 0) return true;
    tokens_ = tokens(now, rate, burst);
    at_ = now;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

  // Is it as if it had never been asked?
  bool full(Instant now, std::uint32_t rate, std::uint32_t burst) const {
    return rate == 0 || tokens(now, rate, burst) >= static_cast<double>(burst);
  }

 private:
  double tokens(Instant now, std::uint32_t rate, std::uint32_t burst) const {
    const double full = std::max(1.0, static_cast<double>(burst));
    const double gained = static_cast<double>(now - at_) / static_cast<double>(second) * static_cast<double>(rate);
    return at_ == 0 ? full : std::clamp(tokens_ + gained, 0.0, full);
  }

  double tokens_ = 0;
  Instant at_ = 0;  // 0: never asked
};

}  // namespace ferry
