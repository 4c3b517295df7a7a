// The handshake of XEP-0114, section 3: the lower-case hexadecimal SHA-1 of stream id and secret.
#pragma once

#include <string>
#include <string_view>

namespace ferry {

// Empty if the crypto library refuses SHA-1 (a FIPS policy): then there is no component protocol.
std::string handshake_digest(std::string_view stream_id, std::string_view secret);

}  // namespace ferry
