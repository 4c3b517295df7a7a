// The same payloads as CBOR (RFC 8949), for users whose row says format=cbor. libcbor underneath, seen by cbor.cpp
// alone.
#pragma once

#include <string>
#include <string_view>

#include "translators/values/result.h"

namespace ferry {

// json must be a JSON text of ours; maps and strings get definite lengths. Errors: bad-request (not JSON, an integer
// beyond 64 bits signed).
Result<std::string> json_to_cbor(std::string_view json);

// Errors: bad-request (not CBOR, trailing bytes, a map key that is no text, byte strings, tags, undefined, deeper than
// 64, a float that is not finite). The text that comes back is JSON; whether a key is
// there twice is JsonDocument's to say.
Result<std::string> cbor_to_json(std::string_view bytes);

}  // namespace ferry
