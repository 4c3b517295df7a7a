#include "tools/ferryctl/import_domain.h"

#include "tools/ferryctl/print.h"

namespace ferry {
namespace {
constexpr std::size_t most_domains = 1'000;  // an export names them
}

void OneDomain::begin_account(const AccountHead& head) {
  const std::string domain(head.jid.domainpart());
  const bool other = !domain_.empty() && domain != domain_;
  came_ = came_ || !other;
  skips_ = other && leave_out_;
  if (other && (others_.size() < most_domains || others_.contains(domain))) ++others_[domain];
  if (!skips_) next_.begin_account(head);
}

void OneDomain::keys(const ScramKeys& keys) {
  if (!skips_) next_.keys(keys);
}
void OneDomain::password(std::string_view password) {
  if (!skips_) next_.password(password);
}
void OneDomain::contact(const RosterEntry& entry) {
  if (!skips_) next_.contact(entry);
}
void OneDomain::request(const SubscriptionRequest& request) {
  if (!skips_) next_.request(request);
}
void OneDomain::message(const StoredMessage& message) {
  if (!skips_) next_.message(message);
}
void OneDomain::piece(const AccountPiece& piece) {
  if (!skips_) next_.piece(piece);
}
void OneDomain::end_account() {
  if (!skips_) next_.end_account();
  skips_ = false;
}

bool OneDomain::say() const {
  for (const auto& [domain, number] : others_)
    complain(counted(number, "account is", "accounts are") + " of " + printable(domain) + ", and " + domain_ +
             " is the server whose accounts move ([component] server, or --domain): " +
             (leave_out_ ? "left out" : "--apply leaves them out") + "; if they are to come all the same: --domain " +
             printable(domain));
  return came_ || others_.empty();
}

}  // namespace ferry
