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
  std::set<std::string> shut_out;     // who would log in with what is unreadable, and has nothing else; by login
};

// `vault`: the store's; the file is sealed with what is derived from it. `addresses`: of people who have got another
// one, by their old bare JID; the old password opens it, unless it has its own. Throws StoreFailure.
AuthExport auth_export(const MappingTable& table, const Options& options, Credentials& credentials, const Vault& vault,
                       const std::map<std::string, Jid>& addresses = {});

// Who is in the file and can log in, and could no more if this one took its place, as their keys cannot be read: a
// vault that is lost must not take from the broker what it has. No file, or a broken one: nobody.
std::size_t locked_out(const AuthExport& fresh, const std::string& file);

// Sealed again with the vault's first key where they were not: how many. Throws StoreFailure.
Result<std::size_t, std::string> reseal(Credentials& credentials, const Vault& vault, Instant now);

}  // namespace ferry
