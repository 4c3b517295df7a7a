// How long to wait before the next attempt to connect.
#pragma once

#include <cstdint>

#include "translators/values/instant.h"

namespace ferry {

// One instance is one link's patience: 0.2 s, doubling to 5 s, each time with a chance in the upper half of it, so that
// gateways that lost the same server do not come back in step. 5 s is the most, as presence must be true within 10 s of
// the server's return.
class Backoff {
 public:
  static constexpr Duration least = 200, most = 5 * second;
  static constexpr Duration stable = 10 * second;  // a link that was up this long starts again at `least`

  explicit Backoff(std::uint64_t seed) : state_(seed | 1) {}
  Duration next();                 // each call doubles, up to `most`
  Duration longest();              // what another try will not mend soon: `most`, with chance
  void was_up(Duration how_long);  // a link has gone down after this long

 private:
  Duration with_chance(Duration d);
  std::uint64_t state_;
  Duration wait_ = least;
};

}  // namespace ferry
