#include "gateway/capture/keyed_hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <bit>
#include <cstring>
#include <stdexcept>

namespace ferry {
namespace {

struct SipState {
  std::uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v2 += v3;
    v1 = std::rotl(v1, 13) ^ v0;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 = std::rotl(v0, 32);
    v2 += v1;
    v0 += v3;
    v1 = std::rotl(v1, 17) ^ v2;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 = std::rotl(v2, 32);
  }
  void take(std::uint64_t word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
  std::uint64_t result() {
    for (int i = 0; i < 4; ++i) round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

// Little-endian, whatever the machine is.
std::uint64_t word_of(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}
std::uint64_t last_word(std::string_view rest, std::uint64_t size) {
  std::uint64_t word = size << 56;
  for (std::size_t i = 0; i < rest.size(); ++i) word |= std::uint64_t{static_cast<unsigned char>(rest[i])} << 8 * i;
  return word;
}

}  // namespace

std::array<std::uint64_t, 2> siphash(const std::array<std::uint64_t, 2>& key, std::string_view data) {
  SipState s{key[0] ^ 0x736f6d6570736575U, key[1] ^ 0x646f72616e646f6dU ^ 0xEE, key[0] ^ 0x6c7967656e657261U,
             key[1] ^ 0x7465646279746573U};
  const std::uint64_t size = data.size();
  for (; data.size() >= 8; data.remove_prefix(8)) s.take(word_of(data.data()));
  s.take(last_word(data, size));
  s.v2 ^= 0xEE;
  const std::uint64_t first = s.result();
  s.v1 ^= 0xDD;
  return {first, s.result()};
}

KeyedHash::KeyedHash(const std::string& key, std::string_view purpose) : key_() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
            reinterpret_cast<const unsigned char*>(purpose.data()), purpose.size(), digest.data(), &size))
    throw std::runtime_error("libcrypto computes no HMAC");
  for (std::size_t i = 0; i < 16; ++i) key_[i / 8] = key_[i / 8] << 8 | digest[i];  // the same on every machine
}

std::string random_key() {
  std::array<unsigned char, 32> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw std::runtime_error("libcrypto has no chance to give");
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace ferry
