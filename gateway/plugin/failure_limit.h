// How often something may fail: so many at once, and one more after each pause.
#pragma once

#include <algorithm>

#include "gateway/plugin/bounded_map.h"
#include "translators/values/instant.h"

namespace ferry {

// One instance counts the failures of many names (users, addresses), of the latest `names` of them.
class FailureLimit {
 public:
  FailureLimit(std::size_t names, double at_once, Duration pause) : names_(names), at_once_(at_once), pause_(pause) {}

  bool reached(const std::string& name, Instant now) {
    const Count* count = names_.find(name);
    return count != nullptr && left(*count, now) > at_once_ - 1;
  }
  void failed(const std::string& name, Instant now) {
    Count& count = names_[name];
    count = {left(count, now) + 1, now};
  }

 private:
  struct Count {
    double failures = 0;
    Instant at = 0;
  };
  double left(const Count& count, Instant now) const {
    const double passed = static_cast<double>(std::max<Duration>(now - count.at, 0));
    return std::max(0.0, count.failures - passed / static_cast<double>(pause_));
  }

  BoundedMap<Count> names_;
  double at_once_;
  Duration pause_;
};

}  // namespace ferry
