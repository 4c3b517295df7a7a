// People who move to an address at the gateway's own domain instead of keeping their JID: their contacts are asked
// anew, by the new address, which says whose it was, or need not be (contact_lists.h); the old account says where its
// owner is (XEP-0283 Moved), and what still comes there is handed to the new one. Whatever was done for it is in the
// account's journal, and undone on the way back. One instance serves all such accounts.
#pragma once

#include "gateway/brain/account_journal.h"
#include "gateway/brain/contact_lists.h"
#include "gateway/brain/delivery.h"
#include "gateway/brain/roster.h"

namespace ferry {

class NewAddresses {
 public:
  using Find = std::function<Account*(const std::string& bare)>;
  NewAddresses(World& world, Roster& roster, Delivery& delivery, Privilege& privilege, AccountJournal& journal,
               SessionIqs& iqs, Find find);

  // Why nobody can have this address; nullopt: they can.
  std::optional<std::string> unfit(const Jid& address) const;
  void tie(const Account& account);  // the user at the new address knows whose it was
  void enter(Account& account);      // from now on the new address is in use
  void go_on(Account& account);      // the session is up: what is still to be done
  void message(Account& account, Message message);
  // Somebody of ours has the old address on their list and was asked by the new one: the new one takes its place.
  void followed(const User& mover, const User& contact);
  // One that is not the account's own server's to carry out, in its session.
  void undo(Account& account, const Element& inverse, SessionIqs::Then then);
  void left(Account& account);
  void on_time() { lists_.on_time(); }
  std::optional<Instant> next_deadline() const { return lists_.next_deadline(); }

  std::function<void(User&)> greet, forget;  // router: somebody is new, somebody goes

 private:
  void state(Account& account, bool open);
  void ask_list(Account& account);
  void copy(Account& account, const Element& query);
  void copied(Account& account, std::size_t unasked);
  std::optional<Jid> contact_of(const Account& account, const Element& item) const;
  bool copy_item(Account& account, User& user, const Element& item);
  void put_back(Account& account, const Element& inverse, SessionIqs::Then then);

  World& world_;
  Roster& roster_;
  Delivery& delivery_;
  AccountJournal& journal_;
  SessionIqs& iqs_;
  Find find_;
  ContactLists lists_;
};

}  // namespace ferry
