// The table of credentials of a store, through a connection of its own: ferryd need not run, need not be stopped, and
// does not notice. What is stored is sealed (gateway/passwords/vault.h); nothing here can read it.
//
// One instance is one connection. Writes stand in transactions of their own unless begin() and commit() hold several
// together (an importer: some thousand at a time; ferryd waits at most 2 s for the lock, so keep each one short).
// Calls throw StoreFailure (database.h).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/passwords/vault.h"
#include "gateway/store/database.h"
#include "translators/values/instant.h"

namespace ferry {

struct CredentialRecord {
  std::string jid;  // bare, normalised
  CredentialKind kind = CredentialKind::scram_sha1;
  std::string sealed;  // empty: CredentialKind::ask
  std::string source;  // who put it there: "openfire", "ferryctl", "login"
  Instant changed = 0;
};

class Credentials {
 public:
  // The store must exist and be of this ferryd's version (ferryd, or a ferryctl command that changes, brings it there).
  static Result<std::unique_ptr<Credentials>, StoreError> open(const std::string& store_path);

  void begin() { database_->begin(); }
  void commit() { database_->commit(); }
  void rollback() noexcept { database_->rollback(); }

  // Replaces the same kind of the same owner; keys or a password of an owner end the owner's `ask`.
  void put(const Jid& owner, CredentialKind kind, std::string_view sealed, std::string_view source, Instant now);
  bool remove(const Jid& owner);                       // everything of the owner; false: there was nothing
  bool remove(const Jid& owner, CredentialKind kind);  // one kind
  std::vector<CredentialRecord> of(const Jid& owner);
  // All, by owner and kind, without holding them all; `visit` may not write.
  void each(const std::function<void(const CredentialRecord&)>& visit);
  std::int64_t count();

 private:
  explicit Credentials(std::unique_ptr<Database> database);
  std::unique_ptr<Database> database_;
  Statement put_, remove_, remove_kind_, of_, each_;
};

}  // namespace ferry
