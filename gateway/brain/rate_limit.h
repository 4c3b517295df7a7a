// A rate limit: so many at once, so many a second in the long run (a token bucket).
#pragma once

#include <algorithm>
#include <cstdint>

#include "translators/values/instant.h"

namespace ferry {

// One instance counts for one user or one feed. Limits are arguments: they belong to the configuration.
class RateLimit {
 public:
  // May one more pass now? rate: a second, sustained; 0: no limit. burst: at once.
  bool take(Instant now, std::uint32_t rate, std::uint32_t burst) {
    if (rate == 0) return true;
    const double full = std::max(1.0, static_cast<double>(burst));
    const double gained = static_cast<double>(now - at_) / static_cast<double>(second) * static_cast<double>(rate);
    tokens_ = at_ == 0 ? full : std::min(full, tokens_ + gained);
    at_ = now;
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  double tokens_ = 0;
  Instant at_ = 0;  // 0: never asked
};

}  // namespace ferry
