// Writes XEP-0227 1.1 as it is visited. Constant memory but for one account's roster.
//
// Not in XEP-0227, and so left out: rooms, shared groups (their contacts are written as contacts), names and e-mail
// addresses of the old server's user table (the vCard has them), the time of the last log-in.
#pragma once

#include <cstdio>
#include <string>

#include "gateway/migration/account.h"

namespace ferry {

class Xep0227Writer final : public AccountVisitor {
 public:
  // next: sees the same after this; problems go there.
  Xep0227Writer(std::FILE* file, AccountVisitor& next) : file_(file), next_(next) {}
  bool finish();  // false: something could not be written

  void begin_account(const AccountHead& head) override;
  void keys(const ScramKeys& keys) override;
  void contact(const RosterEntry& entry) override;
  void request(const SubscriptionRequest& request) override;
  void message(const StoredMessage& message) override;
  void piece(const AccountPiece& piece) override;
  void end_account() override;
  void group(const SharedGroup& group) override { next_.group(group); }
  void room(const ImportedRoom& room) override { next_.room(room); }
  void problem(const ImportProblem& problem) override { next_.problem(problem); }

 private:
  void write(std::string_view text);
  void close_messages();
  std::FILE* file_;
  AccountVisitor& next_;
  std::string host_, roster_;
  bool begun_ = false, in_messages_ = false, good_ = true;
};

}  // namespace ferry
