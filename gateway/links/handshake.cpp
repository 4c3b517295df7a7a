#include "gateway/links/handshake.h"

#include <stdexcept>

#include "gateway/passwords/crypto.h"
#include "translators/values/base64.h"

namespace ferry {

std::string handshake_digest(std::string_view stream_id, std::string_view secret) {
  const Secret input(std::string(stream_id).append(secret));
  try {
    return to_hex(crypto::digest(crypto::Digest::sha1, input.view()).view());
  } catch (const std::runtime_error&) { return {}; }
}

}  // namespace ferry
