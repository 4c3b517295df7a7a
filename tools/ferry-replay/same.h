// Are two texts the same but for what the gateway makes up anew each time: its ids, and the time it is?
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "translators/values/instant.h"

namespace ferry::replay {

// A payload or stanza without what may differ. ids: the ULIDs that were in it, in order.
struct Plain {
  std::string text;
  std::vector<std::string> ids;
};

// What the gateway writes for "now" is left out: ts where it lies between from and to, since and stamp (which may say
// when something began) where they lie between begin and to.
struct NowIs {
  Instant begin = 1, from = 1, to = 0;  // nothing does
};
Plain plain(std::string_view text, NowIs now = {});

// One instance is what is known of two runs: which id of the one is which of the other. Each has one partner.
class Partners {
 public:
  static constexpr std::size_t most = 1'000'000;  // the oldest are forgotten
  bool fit(const std::vector<std::string>& expected, const std::vector<std::string>& actual);

 private:
  std::unordered_map<std::string, std::string> partner_;  // expected to actual
  std::deque<std::string> order_;
};

}  // namespace ferry::replay
