#include "gateway/clock.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace ferry {

Instant system_now() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

Instant Clock::advance(Instant system, Steady steady) {
  const Duration passed = started_ ? steady - steady_ : 0;
  const Duration off = started_ ? system - system_ - passed : 0;
  jumped_ = off > jump || off < -jump ? off : 0;
  if (!started_ || system >= now_) {
    now_ = system;
    steady_ = steady;
  } else if (passed >= 2) {  // the odd millisecond is kept for the next time
    now_ += passed / 2;
    steady_ = steady - passed % 2;
  } else {
    return now_;
  }
  started_ = true;
  system_ = system;
  return now_;
}

}  // namespace ferry
