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

// A payload or stanza without what may differ. ids: the ULIDs that were in it, in order; times: its ts, since and
// stamp.
struct Plain {
  struct Time {
    std::string text;
    bool now = false;  // may be what the gateway has written for the time it was
  };
  std::string text;
  std::vector<std::string> ids;
  std::vector<Time> times;
};

// But for ids. A time that may be "now" in both is the same; or it was copied from a stanza, and is the same text.
bool same(const Plain& expected, const Plain& actual);

// "now" may be: ts where it lies between from and to, since and stamp (which may say when something began) where they
// lie between begin and to. If nothing may, times stay in the text.
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
