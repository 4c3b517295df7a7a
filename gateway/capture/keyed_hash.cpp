#include "gateway/capture/keyed_hash.h"

#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <cstring>
#include <stdexcept>

namespace ferry {

struct KeyedHash::Impl {
  EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  EVP_MAC_CTX* context = mac ? EVP_MAC_CTX_new(mac) : nullptr;
  ~Impl() {
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(mac);
  }
};

KeyedHash::KeyedHash(const std::string& key) : impl_(std::make_unique<Impl>()) {
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string("digest", digest, 0), OSSL_PARAM_construct_end()};
  if (!impl_->context ||
      EVP_MAC_init(impl_->context, reinterpret_cast<const unsigned char*>(key.data()), key.size(), parameters) != 1)
    throw std::runtime_error("libcrypto has no HMAC-SHA-256");
}

KeyedHash::~KeyedHash() = default;

std::array<std::uint64_t, 2> KeyedHash::operator()(std::string_view data) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  std::size_t size = 0;
  EVP_MAC_CTX* const c = impl_->context;
  if (EVP_MAC_init(c, nullptr, 0, nullptr) != 1 ||  // the same key again
      EVP_MAC_update(c, reinterpret_cast<const unsigned char*>(data.data()), data.size()) != 1 ||
      EVP_MAC_final(c, digest.data(), &size, digest.size()) != 1)
    throw std::runtime_error("libcrypto computes no HMAC");
  std::array<std::uint64_t, 2> out{};
  for (std::size_t i = 0; i < 16; ++i) out[i / 8] = out[i / 8] << 8 | digest[i];  // the same on every machine
  return out;
}

std::string random_key() {
  std::array<unsigned char, 32> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw std::runtime_error("libcrypto has no chance to give");
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace ferry
