// out/req of a person whose account is on the legacy server: that server keeps the roster, the subscriptions, the card
// and the block list, so it is asked, and answers when it has answered. Each write is journalled with its inverse.
//
//   roster.add roster.update roster.remove  subscribe unsubscribe approve deny  block unblock blocked
//   profile.get profile.set
//
// The other requests are those of everybody (requests.h). One instance serves all accounts.
#pragma once

#include "gateway/brain/account_journal.h"
#include "gateway/brain/requests.h"

namespace ferry {

class SessionRequests {
 public:
  SessionRequests(World& world, Requests& requests, Roster& roster, AccountJournal& journal, SessionIqs& iqs)
      : world_(world), requests_(requests), roster_(roster), journal_(journal), iqs_(iqs) {}

  // False: not one of these.
  bool on_request(User& user, std::string_view name, JsonView payload, const Requests::Asked& asked);

 private:
  using Asked = Requests::Asked;
  using Handle = void (SessionRequests::*)(Account&, const Jid&, JsonView, const Asked&);
  struct Row {
    std::string_view name;
    Handle handle;
    bool changes, contact;  // contact: must be named
  };
  static const Row rows[];

  void roster_add(Account& account, const Jid& contact, JsonView r, const Asked& asked);
  void roster_update(Account& account, const Jid& contact, JsonView r, const Asked& asked);
  void roster_put(Account& account, const Jid& contact, JsonView r, const Asked& asked, bool must_exist);
  void roster_remove(Account& account, const Jid& contact, JsonView r, const Asked& asked);
  void subscribe(Account& account, const Jid& contact, JsonView r, const Asked& asked);
  void unsubscribe(Account& account, const Jid& contact, JsonView r, const Asked& asked);
  void approve(Account& account, const Jid& contact, JsonView r, const Asked& asked);
  void deny(Account& account, const Jid& contact, JsonView r, const Asked& asked);
  void block(Account& account, const Jid& contact, JsonView r, const Asked& asked);
  void unblock(Account& account, const Jid& contact, JsonView r, const Asked& asked);
  void put_block(Account& account, const Jid& contact, bool block, const Asked& asked);
  void blocked(Account& account, const Jid& contact, JsonView r, const Asked& asked);
  void profile_get(Account& account, const Jid& contact, JsonView r, const Asked& asked);
  void profile_set(Account& account, const Jid& contact, JsonView r, const Asked& asked);

  void presence(Account& account, const Jid& contact, std::string_view type, const std::string& text,
                const Inverse& inverse, const Asked& asked);
  void settle_wish(Account& account, const Jid& contact);  // it has been answered
  void tell(const Account& account, const Asked& asked, const Result<std::string>& answer);
  SessionIqs::Then done(const Asked& asked);  // the answer of an iq: {} or its error

  World& world_;
  Requests& requests_;
  Roster& roster_;
  AccountJournal& journal_;
  SessionIqs& iqs_;
};

}  // namespace ferry
