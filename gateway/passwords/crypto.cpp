#include "gateway/passwords/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <array>
#include <climits>
#include <memory>
#include <stdexcept>

namespace ferry::crypto {
namespace {

[[noreturn]] void crypto_failed(const char* what) {
  throw std::runtime_error(std::string("libcrypto refuses ") + what);
}

const EVP_MD* kind_of(Digest kind) {
  switch (kind) {
    case Digest::sha1:
      return EVP_sha1();
    case Digest::sha256:
      return EVP_sha256();
    case Digest::sha512:
      return EVP_sha512();
  }
  return EVP_sha256();
}

const unsigned char* bytes_of(std::string_view text) {
  static const unsigned char nothing = 0;
  return text.empty() ? &nothing : reinterpret_cast<const unsigned char*>(text.data());
}

int length_of(std::string_view text) {
  if (text.size() > INT_MAX) crypto_failed("so long a text");
  return static_cast<int>(text.size());
}

// libcrypto's fixed buffers, wiped.
struct Buffer {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  ~Buffer() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
  Secret first(std::size_t n) const { return Secret({reinterpret_cast<const char*>(bytes.data()), n}); }
};

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

void check_sizes(std::string_view key, std::string_view nonce) {
  if (key.size() != key_size || nonce.size() != nonce_size) crypto_failed("a key or nonce of this length");
}

}  // namespace

Secret digest(Digest kind, std::string_view text) {
  Buffer out;
  unsigned int size = 0;
  if (EVP_Digest(bytes_of(text), text.size(), out.bytes.data(), &size, kind_of(kind), nullptr) != 1)
    crypto_failed("a digest");
  return out.first(size);
}

Secret hmac(Digest kind, std::string_view key, std::string_view text) {
  Buffer out;
  unsigned int size = 0;
  if (HMAC(kind_of(kind), bytes_of(key), length_of(key), bytes_of(text), text.size(), out.bytes.data(), &size) ==
      nullptr)
    crypto_failed("an HMAC");
  return out.first(size);
}

Secret pbkdf2(Digest kind, std::string_view password, std::string_view salt, std::uint32_t iterations) {
  Buffer out;
  const int size = EVP_MD_get_size(kind_of(kind));
  if (iterations > INT_MAX ||
      PKCS5_PBKDF2_HMAC(reinterpret_cast<const char*>(bytes_of(password)), length_of(password), bytes_of(salt),
                        length_of(salt), static_cast<int>(iterations), kind_of(kind), size, out.bytes.data()) != 1)
    crypto_failed("PBKDF2");
  return out.first(static_cast<std::size_t>(size));
}

Secret subkey(std::string_view key, std::string_view purpose) {
  return hmac(Digest::sha256, key, std::string(purpose) + '\x01');
}

std::string random_bytes(std::size_t size) {
  std::string out(size, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), length_of(out)) != 1) crypto_failed("random bytes");
  return out;
}

bool equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(bytes_of(a), bytes_of(b), a.size()) == 0;
}

std::string encrypt(std::string_view key, std::string_view nonce, std::string_view bound, std::string_view text) {
  check_sizes(key, nonce);
  const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  std::string out(text.size() + tag_size, '\0');
  auto* to = reinterpret_cast<unsigned char*>(out.data());
  int n = 0, end = 0;
  if (!cipher || EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key), bytes_of(nonce)) != 1 ||
      EVP_EncryptUpdate(cipher.get(), nullptr, &n, bytes_of(bound), length_of(bound)) != 1 ||
      EVP_EncryptUpdate(cipher.get(), to, &n, bytes_of(text), length_of(text)) != 1 ||
      EVP_EncryptFinal_ex(cipher.get(), to + n, &end) != 1 ||
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(tag_size), to + text.size()) != 1)
    crypto_failed("AES-256-GCM");
  return out;
}

std::optional<Secret> decrypt(std::string_view key, std::string_view nonce, std::string_view bound,
                              std::string_view sealed) {
  check_sizes(key, nonce);
  if (sealed.size() < tag_size) return std::nullopt;
  const std::string_view text = sealed.substr(0, sealed.size() - tag_size);
  std::string tag(sealed.substr(text.size())), out(text.size() + 1, '\0');
  const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  auto* to = reinterpret_cast<unsigned char*>(out.data());
  int n = 0, end = 0;
  if (!cipher || EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key), bytes_of(nonce)) != 1 ||
      EVP_DecryptUpdate(cipher.get(), nullptr, &n, bytes_of(bound), length_of(bound)) != 1 ||
      EVP_DecryptUpdate(cipher.get(), to, &n, bytes_of(text), length_of(text)) != 1 ||
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(tag_size), tag.data()) != 1)
    crypto_failed("AES-256-GCM");
  const bool genuine = EVP_DecryptFinal_ex(cipher.get(), to + n, &end) == 1;
  std::optional<Secret> result;
  if (genuine) result.emplace(std::string_view(out).substr(0, text.size()));
  Secret::wipe(out);
  return result;
}

}  // namespace ferry::crypto
