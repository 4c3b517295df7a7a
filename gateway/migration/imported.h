// Imported accounts in the store: written by an import, read by what moves people and by the export.
//
// Importing again replaces an account, a group or a room as a whole; one that is gone from the source stays. Each
// account is a transaction, so that a gateway that runs waits for none, and a crash leaves whole accounts.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/migration/account.h"
#include "gateway/store/database.h"

namespace ferry {

class ImportedWriter final : public AccountVisitor {
 public:
  // Of one account, after everything else of it is committed; not called for accounts without keys. password: empty
  // where the source has none in the clear.
  using KeepKeys =
      std::function<void(const AccountHead& head, const std::vector<ScramKeys>& keys, const Secret& password)>;
  // database: of this version of the store (schema.h). next: sees the same after this, which is where problems go.
  ImportedWriter(Database& database, KeepKeys keep_keys, AccountVisitor& next, Instant now);
  ~ImportedWriter() override;

  void begin_account(const AccountHead& head) override;
  void keys(const ScramKeys& keys) override;
  void password(std::string_view password) override { password_ = Secret(password); }
  void contact(const RosterEntry& entry) override;
  void request(const SubscriptionRequest& request) override;
  void message(const StoredMessage& message) override;
  void piece(const AccountPiece& piece) override;
  void end_account() override;
  void group(const SharedGroup& group) override;
  void room(const ImportedRoom& room) override;
  void problem(const ImportProblem& problem) override { next_.problem(problem); }
  bool wants_shared_contacts() const override { return false; }  // the groups are kept: imported_contacts() makes them

 private:
  struct Statements;
  Database& database_;
  KeepKeys keep_keys_;
  AccountVisitor& next_;
  Instant now_;
  std::unique_ptr<Statements> s_;
  std::optional<AccountHead> head_;
  std::vector<ScramKeys> keys_;
  Secret password_;
  std::int64_t account_ = 0, place_ = 0;
};

// Visits what was imported: groups, accounts by JID (or only that one) with their contacts, those of shared groups
// recomputed among them, and rooms. keys_of: from the vault; may be empty.
using KeysOf = std::function<std::vector<ScramKeys>(const Jid& jid)>;
void visit_imported(Database& database, AccountVisitor& visitor, const KeysOf& keys_of,
                    const std::optional<Jid>& only = std::nullopt);

// The accounts that were imported, in the order of their JIDs; group: only its members. Disabled ones are left out.
std::vector<std::string> imported_jids(Database& database, const std::string& group = {});

}  // namespace ferry
