// What an import brings and what it does not, account by account as it is read, then a table.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "gateway/migration/account.h"

namespace ferry {

class MigrateReport final : public AccountVisitor {
 public:
  // applied: says "came" in the stead of "would come".
  MigrateReport(bool json, bool applied);

  void begin_account(const AccountHead& head) override;
  void keys(const ScramKeys& keys) override;
  void password(std::string_view password) override { now_.clear = !password.empty(); }
  void contact(const RosterEntry& entry) override;
  void request(const SubscriptionRequest& request) override;
  void message(const StoredMessage& message) override;
  void piece(const AccountPiece& piece) override;
  void end_account() override;
  void group(const SharedGroup& group) override;
  void room(const ImportedRoom& room) override;
  void problem(const ImportProblem& problem) override;

  void finish(bool complete);  // the table; JSON: the end of the document
  bool said_anything() const { return said_; }
  std::int64_t with_keys() const { return with_keys_; }
  std::int64_t with_keys_only() const { return with_keys_only_; }  // no password in the clear
  void quiet_accounts() { quiet_ = true; }                         // only the table and the problems

 private:
  struct Now {  // the account whose turn it is
    std::string jid, name, source;
    bool disabled = false, inside = false, clear = false;  // clear: the source has the password itself
    std::vector<std::string> mechanisms;
    std::int64_t contacts = 0, shared = 0, requests = 0, messages = 0;
    std::map<std::string, std::int64_t> pieces;
    std::vector<ImportProblem> problems;
    std::int64_t more_problems = 0;
  };
  void print_account() const;
  void json_account();

  bool json_, applied_, quiet_ = false, said_ = false;
  bool first_ = true;  // no account was written
  std::string rooms_, others_json_;
  std::int64_t others_ = 0, with_keys_ = 0, with_keys_only_ = 0;
  Now now_;
  std::map<std::string, std::int64_t> totals_;
  std::map<std::string, std::int64_t> weights_;
};

}  // namespace ferry
