// Log lines that somebody causes, again and again if they like: some of them a second, and then how many were left out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "gateway/brain/rate_limit.h"

namespace ferry {

// One instance counts for all users.
class LogLimit {
 public:
  static constexpr std::uint32_t rate = 5, burst = 100;  // lines of one user
  static constexpr std::size_t max_users = 10'000;       // beyond, all others count as one
  static constexpr Duration tell_interval = 5 * second;

  bool take(std::int64_t whose, Instant now);
  std::vector<std::pair<std::int64_t, std::uint64_t>> left_out(Instant now);  // whose, lines; when the time has come
  std::optional<Instant> next_deadline() const;

 private:
  struct Lines {
    RateLimit limit;
    std::uint64_t left_out = 0;
  };
  std::map<std::int64_t, Lines> users_;
  std::optional<Instant> tell_at_;
};

}  // namespace ferry
