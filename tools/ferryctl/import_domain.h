// Which accounts of an import come: those of the server whose accounts move. An export may have several hosts, and one
// of another server altogether is a mistake that is noticed late.
#pragma once

#include <map>
#include <string>

#include "config/options.h"
#include "gateway/migration/account.h"

namespace ferry {

class OneDomain final : public AccountVisitor {
 public:
  // said: --domain, which counts before [component] server; neither: all come. leave_out: false counts them only.
  OneDomain(const Options& options, const std::string& said, bool leave_out, AccountVisitor& next)
      : domain_(said.empty() ? options.component.server : said), leave_out_(leave_out), next_(next) {}

  void begin_account(const AccountHead& head) override;
  void keys(const ScramKeys& keys) override;
  void password(std::string_view password) override;
  void contact(const RosterEntry& entry) override;
  void request(const SubscriptionRequest& request) override;
  void message(const StoredMessage& message) override;
  void piece(const AccountPiece& piece) override;
  void end_account() override;
  void group(const SharedGroup& group) override { next_.group(group); }
  void room(const ImportedRoom& room) override { next_.room(room); }
  void problem(const ImportProblem& problem) override { next_.problem(problem); }
  bool wants_shared_contacts() const override { return next_.wants_shared_contacts(); }

  // Says who does not come, and why. False: nobody came, and others would have.
  bool say() const;

 private:
  std::string domain_;
  bool leave_out_, skips_ = false, came_ = false;
  AccountVisitor& next_;
  std::map<std::string, std::int64_t> others_;  // by domain
};

}  // namespace ferry
