// What passwords need of libcrypto: crypto.cpp is the one file that knows it.
//
// A failure inside libcrypto (no memory, no randomness, a policy without SHA-1) throws std::runtime_error: nothing that
// depends on it may go on. Results that are secrets come as Secret.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/passwords/secret.h"

namespace ferry::crypto {

enum class Digest : std::uint8_t { sha1, sha256, sha512 };

Secret digest(Digest kind, std::string_view text);
Secret hmac(Digest kind, std::string_view key, std::string_view text);
Secret pbkdf2(Digest kind, std::string_view password, std::string_view salt, std::uint32_t iterations);
// A 32-byte key for one purpose, of a key that is uniformly random (RFC 5869 section 3.3: expand alone).
Secret subkey(std::string_view key, std::string_view purpose);

std::string random_bytes(std::size_t size);
bool equal(std::string_view a, std::string_view b);  // in a time that depends on the lengths alone

// AES-256-GCM. key: 32 bytes, nonce: 12, never twice with one key. What comes out is the text and 16 bytes of tag.
inline constexpr std::size_t key_size = 32, nonce_size = 12, tag_size = 16;
std::string encrypt(std::string_view key, std::string_view nonce, std::string_view bound, std::string_view text);
std::optional<Secret> decrypt(std::string_view key, std::string_view nonce, std::string_view bound,
                              std::string_view sealed);  // nullopt: not what this key sealed for `bound`

}  // namespace ferry::crypto
