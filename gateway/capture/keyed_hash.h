// A hash that nobody can compute without its key: HMAC-SHA-256 (RFC 2104), of libcrypto.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace ferry {

// One instance is one key.
class KeyedHash {
 public:
  explicit KeyedHash(const std::string& key);
  ~KeyedHash();
  KeyedHash(const KeyedHash&) = delete;
  KeyedHash& operator=(const KeyedHash&) = delete;

  // The first half of it. Throws std::runtime_error where libcrypto refuses (out of memory).
  std::array<std::uint64_t, 2> operator()(std::string_view data);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

std::string random_key();  // 32 bytes of chance, for a KeyedHash

}  // namespace ferry
