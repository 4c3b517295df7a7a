// What a server keeps of a password for SCRAM (RFC 5802, RFC 7677): enough to verify it, not enough to log in with it.
//
// The same keys stand in Openfire, ejabberd, Prosody and XEP-0227, each in its own encoding; here everything is bytes.
//
//   ScramKeys keys{ScramHash::sha1, salt_bytes, 4096, Secret(stored_bytes), Secret(server_bytes)};
//   if (std::string wrong = problem_of(keys); !wrong.empty()) …
//   if (verify(keys, password)) …
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/passwords/secret.h"
#include "translators/values/result.h"

namespace ferry {

enum class ScramHash : std::uint8_t { sha1, sha256, sha512 };
inline constexpr std::array<ScramHash, 3> scram_hashes{ScramHash::sha1, ScramHash::sha256, ScramHash::sha512};

std::string_view mechanism_name(ScramHash hash);  // "SCRAM-SHA-1"
std::optional<ScramHash> scram_hash(std::string_view mechanism);
std::size_t key_bytes(ScramHash hash);  // 20, 32, 64

// What is believed of other people's keys and of clients. Each iteration costs the verifier: 4096 are about 2 ms.
inline constexpr std::uint32_t least_iterations = 1, most_iterations = 1'000'000;
inline constexpr std::size_t most_salt_bytes = 256;
inline constexpr std::size_t most_password_bytes = 1024;
// Of keys that are made here. RFC 5802 section 5.1 and RFC 7677 section 4 ask for at least so many.
inline constexpr std::uint32_t own_iterations = 4096;
inline constexpr std::size_t own_salt_bytes = 24;  // as Openfire's

struct ScramKeys {
  ScramHash hash = ScramHash::sha1;
  std::string salt;
  std::uint32_t iterations = 0;
  Secret stored_key, server_key;

  ScramKeys copy() const { return {hash, salt, iterations, stored_key.copy(), server_key.copy()}; }
};

// Empty: fit for use. Otherwise what is wrong: length of a key, no salt (real dumps have such rows), iterations.
std::string problem_of(const ScramKeys& keys);

// SASLprep (RFC 4013). A password that it forbids, or that is no UTF-8, comes back as it is: old servers took it so.
Secret saslprep(std::string_view password);

// From a password as a person types it. derive() applies SASLprep, which is what SCRAM clients do; salt: fresh by
// default. Empty password, over most_password_bytes, wrong salt or iterations: an error, which never says the password.
Result<ScramKeys, std::string> derive(ScramHash hash, std::string_view password, std::string_view salt = {},
                                      std::uint32_t iterations = own_iterations);

// Is it the password? As it is (Openfire knows no SASLprep), then prepared, where that differs. The time depends on the
// iterations and not on what differs; keys that problem_of() refuses verify nothing.
bool verify(const ScramKeys& keys, std::string_view password);

}  // namespace ferry
