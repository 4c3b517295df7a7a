// How much of their share per tick the links may read, so that a tick stays short: what one sender has sent shall not
// keep another's message waiting behind a long one.
//
// Only what grows with what was read counts, the brain's time. The disk takes as long for little as for much: to read
// less because of it would only make everybody slower.
#pragma once

#include <algorithm>

namespace ferry {

// One instance is the tick's.
class ReadShare {
 public:
  static constexpr double long_tick = 0.030, short_tick = 0.010;  // s
  static constexpr double least = 1.0 / 16;

  // took: to decide, without reading, committing and writing.
  void on_tick(double took) {
    if (took > long_tick)
      value_ = std::max(least, value_ / 2);
    else if (took < short_tick)
      value_ = std::min(1.0, value_ * 1.25);
  }
  double value() const { return value_; }  // of 1

 private:
  double value_ = 1;
};

}  // namespace ferry
