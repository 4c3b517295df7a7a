#include "translators/values/ulid.h"

#include <algorithm>
#include <bit>

namespace ferry {
namespace {
constexpr std::uint64_t forty = (std::uint64_t{1} << 40) - 1;

void put(std::string& out, std::uint64_t bits, int characters) {
  static constexpr char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  for (int i = characters - 1; i >= 0; --i) out += alphabet[(bits >> (5 * i)) & 31];
}
}  // namespace

// xoroshiro128+ (Blackman and Vigna): enough for ids; nobody's safety hangs on guessing one.
std::uint64_t UlidSource::random() {
  const std::uint64_t s0 = state_[0];
  std::uint64_t s1 = state_[1];
  const std::uint64_t result = s0 + s1;
  s1 ^= s0;
  state_[0] = std::rotl(s0, 24) ^ s1 ^ (s1 << 16);
  state_[1] = std::rotl(s1, 37);
  return result;
}

std::string UlidSource::next(Instant now) {
  if (now > last_) {
    last_ = now;
    high_ = random() & (forty >> 1);  // room above, so that counting up does not overflow
    low_ = random() & forty;
  } else {
    low_ = (low_ + 1 + (random() & 0xFFFF)) & forty;
    if (low_ < 0x10000) ++high_;
  }
  std::string id;
  id.reserve(26);
  put(id, static_cast<std::uint64_t>(std::max<Instant>(last_, 0)), 10);
  put(id, high_, 8);
  put(id, low_, 8);
  return id;
}

}  // namespace ferry
