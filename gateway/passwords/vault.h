// Credentials at rest: encrypted and authenticated with the keys of one key file (AES-256-GCM).
//
// A sealed credential names the key (key id), has a nonce of its own, and is bound to its owner and kind: moved to
// another user's row it opens no more. Its bytes: 1 version (1), 4 key id, 12 nonce, the text, 16 tag.
//
// The key file ([vault] key-file, mode 0600): lines "ID KEY" in hexadecimal, 8 and 64 digits; '#' begins a comment.
// The first line seals, all open: to rotate, put a new line first (ferryctl vault init --rotate), seal everything
// again, and drop the old line.
//
//   auto vault = Vault::open(options.vault.key_file);          // Result<Vault, Problem>
//   credentials.put(jid, CredentialKind::scram_sha1, vault->seal(jid, keys), "openfire"); (gateway/store/credentials.h)
//   auto keys = vault->open_keys(jid, CredentialKind::scram_sha1, sealed);
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/problem.h"
#include "gateway/passwords/scram_keys.h"
#include "gateway/passwords/secret.h"
#include "translators/values/jid.h"

namespace ferry {

// Kinds are stored by name, and part of what is authenticated: names never change.
enum class CredentialKind : std::uint8_t {
  scram_sha1,    // "SCRAM-SHA-1"
  scram_sha256,  // "SCRAM-SHA-256"
  scram_sha512,  // "SCRAM-SHA-512"
  password,      // "password": the password itself, only with [vault] keep-passwords = true
  ask,           // "ask": nothing is kept yet, the legacy server is asked at the first log-in; seals nothing
};
std::string_view credential_kind_name(CredentialKind kind);
std::optional<CredentialKind> credential_kind(std::string_view name);
CredentialKind kind_of(ScramHash hash);
std::optional<ScramHash> hash_of(CredentialKind kind);

inline constexpr std::size_t most_vault_keys = 16;

class Vault {
 public:
  // Where a key file comes from, and so what helps where it is missing or does not do. in_use: something is sealed
  // already (gateway/store/sealed.h), and a new key would open nothing of it. broker: made of the store's, no copy.
  enum class Source { unused, in_use, broker };

  // Error: missing, empty, open to group or others, not of this form; with the line, never with its content.
  static Result<Vault, Problem> open(const std::string& key_file, Source source = Source::unused);
  static Result<Vault, Problem> parse(std::string_view text, const std::string& name,
                                      Source source = Source::unused);  // a key of this process alone; tests
  // The text of a new key file with one fresh key; before: an older file's text, whose keys still open.
  static Secret new_key_file(std::string_view before = {});

  // For another program that is to see keys but nothing else of the vault (the broker's plugin): its keys are derived
  // from these, with the same ids, and none of these can be had from them.
  Vault derived(std::string_view purpose) const;
  // Where it is made of a new key-file because the old one is lost, so that it has no key of `older`: with those below
  // its own, as what people log in with is sealed with them until all of it is made anew. Otherwise itself, and with
  // those that something is sealed with still, by their ids.
  Vault after_loss(const Vault& older, const std::set<std::string>& in_use = {}) const;
  static std::string key_id_of(std::string_view sealed);  // empty: it is cut off
  Secret key_file_text() const;
  Secret derived_secret(std::string_view purpose) const;  // 32 bytes, of the key that seals

  // What is sealed is the owner's bare JID's. Kinds of keys for keys, kind password for a password.
  std::string seal(const Jid& owner, const ScramKeys& keys) const;
  std::string seal_password(const Jid& owner, std::string_view password) const;
  // Errors say why (another key, altered, of somebody else, cut off), never what.
  Result<ScramKeys, std::string> open_keys(const Jid& owner, CredentialKind kind, std::string_view sealed) const;
  Result<Secret, std::string> open_password(const Jid& owner, std::string_view sealed) const;

  // The same for any name and text; the name is not looked at, only authenticated.
  std::string seal_text(std::string_view owner, std::string_view kind, std::string_view text) const;
  Result<Secret, std::string> open_text(std::string_view owner, std::string_view kind, std::string_view sealed) const;

  bool sealed_with_newest(std::string_view sealed) const;  // false: seal it again before the old key goes
  const std::string& newest_id() const { return keys_.front().id; }
  std::size_t keys() const { return keys_.size(); }

 private:
  struct Key {
    std::string id;  // 4 bytes
    Secret bytes;    // 32
  };
  Vault(std::vector<Key> keys, Source source) : keys_(std::move(keys)), source_(source) {}
  std::vector<Key> keys_;  // never empty
  Source source_;
};

// ScramKeys as text, for what seals them: "iterations,salt,stored,server" with base64, and back.
Secret scram_keys_text(const ScramKeys& keys);
Result<ScramKeys, std::string> scram_keys_of(ScramHash hash, std::string_view text);

}  // namespace ferry
