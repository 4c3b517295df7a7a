// The digest of a text that is compared with others of this product and kept by it, and need not withstand anybody.
#pragma once

#include <cstdint>
#include <string_view>

namespace ferry {

// FNV-1a, 64 bits (draft-eastlake-fnv): the same on every machine and in every version.
constexpr std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t h = 14695981039346656037ULL;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return h;
}

static_assert(fnv1a("foobar") == 0x85944171f73967e8);

}  // namespace ferry
