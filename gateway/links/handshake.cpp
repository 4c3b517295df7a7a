#include "gateway/links/handshake.h"

#include <openssl/evp.h>

#include <array>

namespace ferry {

std::string handshake_digest(std::string_view stream_id, std::string_view secret) {
  std::string input(stream_id);
  input += secret;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  if (EVP_Digest(input.data(), input.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) return {};
  static constexpr std::string_view hex = "0123456789abcdef";
  std::string out;
  for (unsigned int i = 0; i < size; ++i) {
    out += hex[digest[i] >> 4];
    out += hex[digest[i] & 15];
  }
  return out;
}

}  // namespace ferry
