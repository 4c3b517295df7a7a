// The time that the brain is told: the system's, but never going back within a process.
#pragma once

#include "gateway/links/poller.h"
#include "translators/values/instant.h"

namespace ferry {

// One instance is one process's time. When the system's clock is set back, this one goes on at half speed until the
// other has caught up: time-outs still run out, ids and timestamps stay in order.
class Clock {
 public:
  static constexpr Duration jump = 2 * second;  // more between two readings than really passed: worth a line in the log

  // Pure: the readings come from outside.
  Instant advance(Instant system, Steady steady);
  // By how much the system's clock jumped at the last advance(), beyond `jump`; 0: it did not.
  Duration jumped() const { return jumped_; }
  Instant now() const { return now_; }

 private:
  Instant now_ = 0, system_ = 0;
  Steady steady_ = 0;
  Duration jumped_ = 0;
  bool started_ = false;
};

Instant system_now();

}  // namespace ferry
