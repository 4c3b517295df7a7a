#include "gateway/passwords/scram_keys.h"

#include "gateway/passwords/crypto.h"
#include "translators/values/jid_prep.h"

namespace ferry {
namespace {

crypto::Digest digest_of(ScramHash hash) {
  switch (hash) {
    case ScramHash::sha1:
      return crypto::Digest::sha1;
    case ScramHash::sha256:
      return crypto::Digest::sha256;
    case ScramHash::sha512:
      break;
  }
  return crypto::Digest::sha512;
}

Secret stored_key_of(ScramHash hash, std::string_view salted_password) {
  const Secret client_key = crypto::hmac(digest_of(hash), salted_password, "Client Key");
  return crypto::digest(digest_of(hash), client_key.view());
}

bool fits(const ScramKeys& keys, std::string_view password) {
  const Secret salted = crypto::pbkdf2(digest_of(keys.hash), password, keys.salt, keys.iterations);
  return crypto::equal(stored_key_of(keys.hash, salted.view()).view(), keys.stored_key.view());
}

}  // namespace

std::string_view mechanism_name(ScramHash hash) {
  switch (hash) {
    case ScramHash::sha1:
      return "SCRAM-SHA-1";
    case ScramHash::sha256:
      return "SCRAM-SHA-256";
    case ScramHash::sha512:
      break;
  }
  return "SCRAM-SHA-512";
}

std::optional<ScramHash> scram_hash(std::string_view mechanism) {
  for (const ScramHash hash : scram_hashes)
    if (mechanism_name(hash) == mechanism) return hash;
  return std::nullopt;
}

std::size_t key_bytes(ScramHash hash) { return hash == ScramHash::sha1 ? 20 : hash == ScramHash::sha256 ? 32 : 64; }

std::string problem_of(const ScramKeys& keys) {
  const std::size_t size = key_bytes(keys.hash);
  const auto is = [&](std::size_t n) { return std::to_string(n) + " bytes, not " + std::to_string(size); };
  if (keys.stored_key.size() != size) return "the stored key has " + is(keys.stored_key.size());
  if (keys.server_key.size() != size) return "the server key has " + is(keys.server_key.size());
  if (keys.salt.empty()) return "there is no salt";
  if (keys.salt.size() > most_salt_bytes) return "the salt has more than " + std::to_string(most_salt_bytes) + " bytes";
  if (keys.iterations < least_iterations) return "there are no iterations";
  if (keys.iterations > most_iterations)
    return "there are more than " + std::to_string(most_iterations) + " iterations";
  return {};
}

Secret saslprep(std::string_view password) {
  auto prepared = jid_prep::saslprep(password);
  if (!prepared || prepared->empty()) return Secret(password);
  Secret out(*prepared);
  Secret::wipe(*prepared);
  return out;
}

Result<ScramKeys, std::string> derive(ScramHash hash, std::string_view password, std::string_view salt,
                                      std::uint32_t iterations) {
  if (password.empty()) return std::string("the password is empty");
  if (password.size() > most_password_bytes)
    return "the password has more than " + std::to_string(most_password_bytes) + " bytes";
  ScramKeys keys{hash, salt.empty() ? crypto::random_bytes(own_salt_bytes) : std::string(salt), iterations,
                 Secret(std::string(key_bytes(hash), '\0')), Secret(std::string(key_bytes(hash), '\0'))};
  if (std::string wrong = problem_of(keys); !wrong.empty()) return wrong;
  const Secret salted = crypto::pbkdf2(digest_of(hash), saslprep(password).view(), keys.salt, iterations);
  keys.stored_key = stored_key_of(hash, salted.view());
  keys.server_key = crypto::hmac(digest_of(hash), salted.view(), "Server Key");
  return keys;
}

bool verify(const ScramKeys& keys, std::string_view password) {
  if (!problem_of(keys).empty() || password.empty() || password.size() > most_password_bytes) return false;
  const Secret prepared = saslprep(password);
  bool right = fits(keys, password);
  if (prepared.view() != password) right = static_cast<int>(fits(keys, prepared.view())) | static_cast<int>(right);
  return right;
}

}  // namespace ferry
