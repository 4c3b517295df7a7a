// Openfire's reversible passwords: ofUser.encryptedPassword, Blowfish-CBC under the property passwordKey.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gateway/passwords/secret.h"
#include "translators/values/result.h"

namespace ferry {

// One instance is the key of one server.
class OpenfirePasswords {
 public:
  // Error: this machine's libcrypto has no Blowfish, and what to install.
  static Result<OpenfirePasswords, std::string> make(std::string_view password_key);
  OpenfirePasswords(OpenfirePasswords&&) noexcept;
  OpenfirePasswords& operator=(OpenfirePasswords&&) noexcept;
  ~OpenfirePasswords();

  // The password in UTF-8; nothing: this key did not make it.
  std::optional<Secret> decrypt(std::string_view encrypted_hexadecimal) const;

 private:
  struct Cipher;
  OpenfirePasswords(Cipher* cipher, Secret key);
  Cipher* cipher_;
  Secret key_;
};

// The resource of a JID that stands for a whole group: MD5 of its name, hexadecimal.
std::string openfire_group_digest(std::string_view group);

}  // namespace ferry
