// ULIDs: 26 characters of Crockford base 32, 48 bits of time and 80 of chance; text order is time order.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "translators/values/instant.h"

namespace ferry {

// One instance is one sequence: every id is greater than the one before, also within a millisecond and when the clock
// goes back. Whoever owns the sequence brings the chance: 16 random bytes as a seed (a virtual run brings fixed ones).
class UlidSource {
 public:
  explicit UlidSource(const std::array<std::uint64_t, 2>& seed) : state_(seed) {}
  std::string next(Instant now);

 private:
  std::uint64_t random();
  std::array<std::uint64_t, 2> state_;
  Instant last_ = 0;
  std::uint64_t high_ = 0, low_ = 0;  // the 80 bits: 40 and 40
};

}  // namespace ferry
