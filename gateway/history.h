// What the counters were a minute ago: rates for people who look now and have no Prometheus.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/links/poller.h"

namespace ferry {

// One instance remembers the counters of about the last minute.
class History {
 public:
  using Counters = std::vector<std::pair<std::string, std::uint64_t>>;
  static constexpr Duration step = 10 * second, span = 60 * second;

  bool due(Steady now) const { return samples_.empty() || now >= samples_.back().at + step; }
  void take(Counters counters, Steady now);

  struct Recent {
    Duration span = 0;                                       // ms that these cover; 0: not known yet
    std::map<std::string, std::uint64_t, std::less<>> more;  // what each counter gained, 0 left out
    double rate(std::string_view counter) const;             // a second
  };
  Recent recent(const Counters& counters, Steady now) const;

 private:
  struct Sample {
    Steady at;
    Counters counters;
  };
  std::deque<Sample> samples_;  // oldest first
};

}  // namespace ferry
