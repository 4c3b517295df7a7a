// The server's side of one SCRAM log-in (RFC 5802 section 5; SHA-256: RFC 7677), without I/O.
//
//   ScramServer login(ScramHash::sha1, find_keys, random_text);
//   step = login.first(client_first);    challenge: send step.send, go on
//   step = login.final(client_final);    accepted: send step.send; login.user() is who it is
//
// No channel binding: "p=" is refused, "y" is believed (we never offered -PLUS). An authorization identity must be the
// user's own name. A user without keys runs through the same steps, with keys that no password fits (FakeKeys), and
// ends with invalid-proof like a wrong password.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "gateway/passwords/scram_keys.h"

namespace ferry {

inline constexpr std::size_t most_scram_message_bytes = 4096;
inline constexpr std::size_t most_client_nonce_bytes = 512;

// Keys of users who have none: the same for the same name for as long as the secret is the same, so that asking twice
// tells nothing. They look like those of most users (`like`: length of the salt, iterations).
struct FakeKeys {
  Secret secret;
  std::size_t salt_bytes = own_salt_bytes;
  std::uint32_t iterations = own_iterations;
  ScramKeys keys(ScramHash hash, std::string_view user) const;
};

class ScramServer {
 public:
  // The keys of a user name (prepared, escapes undone), or a fake's.
  struct Found {
    ScramKeys keys;
    bool real = false;
  };
  using Find = std::function<Found(std::string_view user)>;

  enum class Outcome : std::uint8_t { challenge, accepted, refused };
  struct Step {
    Outcome outcome = Outcome::refused;
    std::string send;    // the server's message; refused: "e=…", which protocols without room for it leave out
    std::string reason;  // refused: RFC 5802's server-error-value, for the log
  };

  // nonce: ours, at least 18 random bytes in base64 (fresh_nonce()).
  ScramServer(ScramHash hash, Find find, std::string nonce);
  Step first(std::string_view client_first);
  Step final(std::string_view client_final);         // after first() gave a challenge; once
  const std::string& user() const { return user_; }  // after first(); to be believed once accepted

  static std::string fresh_nonce();

 private:
  enum class State : std::uint8_t { begun, challenged, over };
  Step refuse(std::string_view error);

  ScramHash hash_;
  Find find_;
  std::string nonce_;  // ours, then both
  State state_ = State::begun;
  std::string user_, gs2_, client_first_bare_, server_first_;
  Found found_;
};

}  // namespace ferry
