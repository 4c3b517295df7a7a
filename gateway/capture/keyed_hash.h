// A hash that nobody can compute without its key: SipHash-2-4 with a result of 128 bits, by the algorithm of Aumasson
// and Bernstein. Who has no key cannot tell what was hashed, not even by hashing a dictionary; two of 2^64 texts are
// expected to have the same hash. For texts as short as names it costs a small part of what an HMAC does.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace ferry {

std::array<std::uint64_t, 2> siphash(const std::array<std::uint64_t, 2>& key, std::string_view data);

// One instance is one key for one purpose: what one computes tells nothing about what another would.
class KeyedHash {
 public:
  // key: of any length; SipHash's is its HMAC-SHA-256 (RFC 2104) of the purpose. Throws std::runtime_error where
  // libcrypto refuses (out of memory).
  KeyedHash(const std::string& key, std::string_view purpose);

  std::array<std::uint64_t, 2> operator()(std::string_view data) const { return siphash(key_, data); }

 private:
  std::array<std::uint64_t, 2> key_;
};

std::string random_key();  // 32 bytes of chance, for a KeyedHash

}  // namespace ferry
