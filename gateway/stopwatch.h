// How long a stretch of code took.
#pragma once

#include "gateway/links/poller.h"

namespace ferry {

class Stopwatch {
 public:
  explicit Stopwatch(std::int64_t started_us = steady_now_us()) : started_(started_us) {}
  double seconds() const { return static_cast<double>(steady_now_us() - started_) / 1e6; }

 private:
  std::int64_t started_;
};

}  // namespace ferry
