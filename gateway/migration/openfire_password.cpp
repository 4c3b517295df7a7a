// One of the files that know libcrypto.
#include "gateway/migration/openfire_password.h"

#include <openssl/evp.h>
#include <openssl/provider.h>

#include <array>
#include <memory>

#include "gateway/migration/sql_lexer.h"
#include "translators/values/base64.h"

namespace ferry {
namespace {

constexpr std::size_t blowfish_block = 8;
constexpr std::size_t most_encrypted_bytes = 4096;

// From UTF-16BE; false: it is none.
bool utf8_of(std::string_view utf16, std::string& out) {
  if (utf16.size() % 2 != 0) return false;
  const auto unit = [&](std::size_t at) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(utf16[at]) << 8 |
                                      static_cast<unsigned char>(utf16[at + 1]));
  };
  for (std::size_t i = 0; i < utf16.size(); i += 2) {
    std::uint32_t code = unit(i);
    if (code == 0) return false;  // no password has one; a wrong key often makes one
    if (code >= 0xDC00 && code < 0xE000) return false;
    if (code >= 0xD800 && code < 0xDC00) {
      if (i + 4 > utf16.size()) return false;
      const std::uint32_t low = unit(i + 2);
      if (low < 0xDC00 || low >= 0xE000) return false;
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      i += 2;
    }
    append_utf8(out, code);
  }
  return true;
}

}  // namespace

// Blowfish is in libcrypto's legacy provider, loaded into a context of our own so that nothing else of the process
// finds old ciphers by name.
struct OpenfirePasswords::Cipher {
  OSSL_LIB_CTX* library = nullptr;
  OSSL_PROVIDER* legacy = nullptr;
  EVP_CIPHER* blowfish = nullptr;
  Cipher() = default;
  Cipher(const Cipher&) = delete;
  Cipher& operator=(const Cipher&) = delete;
  ~Cipher() {
    EVP_CIPHER_free(blowfish);
    if (legacy) OSSL_PROVIDER_unload(legacy);
    OSSL_LIB_CTX_free(library);
  }
};

OpenfirePasswords::OpenfirePasswords(Cipher* cipher, Secret key) : cipher_(cipher), key_(std::move(key)) {}
OpenfirePasswords::OpenfirePasswords(OpenfirePasswords&& other) noexcept
    : cipher_(std::exchange(other.cipher_, nullptr)), key_(std::move(other.key_)) {}
OpenfirePasswords& OpenfirePasswords::operator=(OpenfirePasswords&& other) noexcept {
  std::swap(cipher_, other.cipher_);
  std::swap(key_, other.key_);
  return *this;
}
OpenfirePasswords::~OpenfirePasswords() { delete cipher_; }

Result<OpenfirePasswords, std::string> OpenfirePasswords::make(std::string_view password_key) {
  auto cipher = std::make_unique<Cipher>();
  cipher->library = OSSL_LIB_CTX_new();
  if (cipher->library) cipher->legacy = OSSL_PROVIDER_load(cipher->library, "legacy");
  if (cipher->legacy) cipher->blowfish = EVP_CIPHER_fetch(cipher->library, "BF-CBC", nullptr);
  if (!cipher->blowfish)
    return std::string(
        "this machine's OpenSSL has no Blowfish, which Openfire's passwords need; install its legacy "
        "provider (Debian: libssl3, file ossl-modules/legacy.so)");
  std::array<unsigned char, 20> digest{};
  unsigned int size = 0;
  if (EVP_Digest(password_key.data(), password_key.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1)
    return std::string("this machine's OpenSSL has no SHA-1, which Openfire's passwords need");
  Secret key(std::string_view(reinterpret_cast<const char*>(digest.data()), size));
  Secret::wipe(digest.data(), digest.size());
  return OpenfirePasswords(cipher.release(), std::move(key));
}

std::optional<Secret> OpenfirePasswords::decrypt(std::string_view encrypted_hexadecimal) const {
  if (encrypted_hexadecimal.size() > 2 * most_encrypted_bytes) return std::nullopt;
  const auto raw = from_hex(encrypted_hexadecimal);
  if (!raw || raw->size() < 2 * blowfish_block || raw->size() % blowfish_block != 0) return std::nullopt;
  const auto bytes = [](std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); };
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(EVP_CIPHER_CTX_new(),
                                                                                &EVP_CIPHER_CTX_free);
  std::string plain(raw->size(), '\0'), text;
  auto* out = reinterpret_cast<unsigned char*>(plain.data());
  int first = 0, last = 0;
  // The length of the key first, then the key: it is longer than the cipher's usual 16 bytes.
  const bool good = context && EVP_DecryptInit_ex2(context.get(), cipher_->blowfish, nullptr, nullptr, nullptr) == 1 &&
                    EVP_CIPHER_CTX_set_key_length(context.get(), static_cast<int>(key_.size())) == 1 &&
                    EVP_DecryptInit_ex2(context.get(), nullptr, bytes(key_.view()), bytes(*raw), nullptr) == 1 &&
                    EVP_DecryptUpdate(context.get(), out, &first, bytes(*raw) + blowfish_block,
                                      static_cast<int>(raw->size() - blowfish_block)) == 1 &&
                    EVP_DecryptFinal_ex(context.get(), out + first, &last) == 1;
  text.reserve(2 * raw->size());  // so that it never moves
  const bool is_text =
      good && utf8_of(std::string_view(plain).substr(0, static_cast<std::size_t>(first + last)), text) && !text.empty();
  std::optional<Secret> password;
  if (is_text) password.emplace(text);
  Secret::wipe(plain);
  Secret::wipe(text);
  return password;
}

std::string openfire_group_digest(std::string_view group) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(group.data(), group.size(), digest.data(), &size, EVP_md5(), nullptr) != 1) return {};
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (unsigned int i = 0; i < size; ++i) {
    out += digits[digest[i] >> 4];
    out += digits[digest[i] & 15];
  }
  return out;
}

}  // namespace ferry
