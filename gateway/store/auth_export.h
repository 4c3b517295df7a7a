// The broker's auth file (gateway/passwords/auth_file.h), made of the mapping table and the store's credentials.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>

#include "config/options.h"
#include "gateway/passwords/auth_file.h"
#include "gateway/store/credentials.h"

namespace ferry {

struct AuthExport {
  std::string text;
  std::size_t people = 0;             // who can log in
  std::set<std::string> without_row;  // who has credentials, and no user row covers the JID
  std::size_t unreadable = 0;         // sealed with another key, or damaged
  std::size_t left_out = 0;           // names that do not fit
  std::string first_unreadable = {};  // JID and why, for people
  // Who would log in with what is unreadable, and has nothing else, by JID: with what the file before has, or not at
  // all.
  std::set<std::string> kept, shut_out;
  bool of_two_keys = false;  // what was kept is not sealed with the key that the rest is
};

// `vault`: the store's; the file is sealed with what is derived from it. `addresses`: of people who have got another
// one, by their old bare JID; the old password opens it, unless it has its own. `before`: the file that this one takes
// the place of; a vault that is lost must not take from the broker what it has. Throws StoreFailure.
AuthExport auth_export(const MappingTable& table, const Options& options, Credentials& credentials, const Vault& vault,
                       const std::map<std::string, Jid>& addresses = {}, const AuthFile* before = nullptr);

// Sealed again with the vault's first key where they were not: how many. Throws StoreFailure.
Result<std::size_t, std::string> reseal(Credentials& credentials, const Vault& vault, Instant now);

}  // namespace ferry
