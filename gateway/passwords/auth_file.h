// The file that the broker's plugin decides by: who may log in, with which keys, and who reads and writes what.
//
// Written by ferryctl from the mapping table and the store's credentials (gateway/store/auth_export.h), read by the
// plugin, which may run as another user and need not see the store. Text; keys are sealed with a key that is derived
// from the vault's (broker_purpose), so that the broker holds nothing that opens the store. Lines:
//
//   ferry-auth 1
//   fake 24 4096                      what keys that nobody has look like: bytes of salt, iterations
//   gateway NAME                      the gateway's own user
//   own read|readwrite FILTER         its topics
//   status TOPIC
//   base im/v1/u/%u                   everybody reads BASE/in/# and writes BASE/out/#
//   people N                          then N lines, sorted by their first field:
//   LOGIN <TAB> JID <TAB> BASE|- <TAB> MECHANISM=SEALED|ask ...
//   end N                             without it the file is cut off
//
// A person is found by binary search in the file: nothing is loaded, so a replaced file is in use at once.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/acl.h"
#include "gateway/passwords/vault.h"

namespace ferry {

inline constexpr std::string_view broker_purpose = "ferry broker file";  // of Vault::derived()
inline constexpr std::size_t most_auth_line = 8192, most_auth_field = 1024;
inline constexpr std::size_t most_auth_head = 4U << 20;

struct BrokerRules {
  std::string gateway, status;
  std::vector<std::pair<bool, std::string>> own;  // may write, filter
  std::vector<std::string> bases;                 // with %u
};
enum class Reach { read, write, subscribe };
// base: the person's own from their line; empty: none. As Mosquitto decides by the ACL file, but for two things: a
// subscription is granted only where its messages could be read, and a name with '/' has no topics by a pattern.
bool grants(const BrokerRules& rules, std::string_view login, std::string_view base, Reach reach,
            std::string_view topic);

class AuthFile;

// Writes. What cannot stand in the file (control characters, over the limits) is left out and counted.
class AuthFileText {
 public:
  AuthFileText(const AccessRules& rules, const Vault& vault) : rules_(rules), vault_(vault.derived(broker_purpose)) {}
  void add_keys(const std::string& login, std::string_view jid, const ScramKeys& keys);
  void add_ask(const std::string& login, std::string_view jid);
  // As `before` has them there, for this JID and of these kinds, sealed with whatever it is: of whom nothing else is
  // added. nullopt: nothing; otherwise whether all of it is sealed with this vault's newest key.
  std::optional<bool> keep(const std::string& login, std::string_view jid, const std::set<ScramHash>& kinds,
                           const AuthFile& before);
  std::size_t people() const { return people_.size(); }
  bool has(std::string_view login) const { return people_.contains(login); }
  std::size_t left_out() const { return left_out_; }
  std::string text() const;

 private:
  struct Line {
    std::string jid, credentials;
  };
  Line* line(const std::string& login, std::string_view jid);
  const AccessRules& rules_;
  Vault vault_;
  std::map<std::string, Line, std::less<>> people_;
  std::map<std::pair<std::size_t, std::uint32_t>, std::size_t> shapes_;  // salt and iterations: how many have them
  std::size_t left_out_ = 0;
};

struct AuthPerson {
  std::string jid, base;
  bool ask = false;
  std::vector<std::pair<ScramHash, std::string>> sealed;
};

class AuthFile {
 public:
  static Result<AuthFile, std::string> open(const std::string& path);
  ~AuthFile();
  AuthFile(AuthFile&& other) noexcept;
  AuthFile& operator=(AuthFile&& other) noexcept;

  bool replaced() const;  // another file stands at the path now
  std::optional<AuthPerson> find(std::string_view login) const;
  std::set<std::string> key_ids() const;  // of the vault's keys that people's are sealed with
  const BrokerRules& rules() const { return rules_; }
  std::size_t fake_salt_bytes() const { return fake_salt_bytes_; }
  std::uint32_t fake_iterations() const { return fake_iterations_; }
  std::size_t people() const { return people_; }

 private:
  AuthFile() = default;
  std::string read_head();
  bool head_line(std::string_view line);
  std::string read_at(std::int64_t offset, std::size_t size) const;
  static AuthPerson person_of(const std::vector<std::string_view>& fields);

  std::string path_;
  int fd_ = -1;
  BrokerRules rules_;
  std::size_t fake_salt_bytes_ = own_salt_bytes;
  std::uint32_t fake_iterations_ = own_iterations;
  std::size_t people_ = 0;
  std::int64_t begin_ = 0, end_ = 0;  // of the people's lines
};

}  // namespace ferry
