// The contact lists of accounts of the legacy server, where its server lets us write them (privilege.h): somebody's
// new address is put there beside the old one, with the same name, groups and subscription, so that nobody is asked;
// and what was there before is put back on the way back.
//
// Accounts take turns, their contacts a bounded number in a step. What is written is in the account's journal before it
// is sent. Nothing else is stored: whose old contacts are not through (AccountRecord::copied) starts anew after a crash
// or a lost session, and whoever is on the new address's list by then is through. One instance serves all accounts.
#pragma once

#include <deque>

#include "gateway/brain/account_journal.h"
#include "gateway/brain/privilege.h"
#include "gateway/brain/roster.h"

namespace ferry {

class ContactLists {
 public:
  static constexpr Duration step_time = 100;       // ms between steps
  static constexpr std::size_t most_begun = 10;    // contacts in one step, of all accounts together
  static constexpr std::size_t window = 32;        // contacts under way
  static constexpr std::size_t max_accounts = 16;  // whose contacts are gone through at a time

  using Find = std::function<Account*(const std::string& bare)>;
  ContactLists(World& world, Roster& roster, Privilege& privilege, AccountJournal& journal, Find find)
      : world_(world), roster_(roster), privilege_(privilege), journal_(journal), find_(std::move(find)) {}

  // The account's old contacts are to be gone through: turn() is called, now or when it is its turn.
  void enqueue(Account& account);
  bool writes(const Jid& contact) const;  // are contacts like this one not asked?
  // After turn(): these items of the old list are driven, then over() is called. Or forget().
  void drive(const Account& account, std::deque<Element> items);
  void forget(const Account& account);

  std::function<void(Account&)> turn;
  std::function<void(Account&, const Element& item)> ask_instead;
  std::function<void(Account&, std::size_t driven)> over;

  // What undoes a write: of here_ns, for put_back(). Again and again is as good as once.
  static Element undo_of(const Jid& contact, const Jid& address, const Element* before);
  void put_back(const Element& inverse, Privilege::Then then);

  void on_time();
  std::optional<Instant> next_deadline() const;

 private:
  struct Driven {
    std::uint64_t turn = 0;  // answers to an earlier one's questions are nobody's
    std::deque<Element> todo;
    std::size_t open = 0, driven = 0;
  };
  struct Step;  // one contact under way
  Driven* still(const Step& step);
  bool on(const Account& account) const;
  void take_turns();
  void begin(const std::string& bare, Driven& driven);
  void found(Step step, const Element& query);
  void verify(Step step);
  void finish(const Step& step);
  void again(const Step& step);    // the link was lost: whatever is known of this contact is asked anew
  void instead(const Step& step);  // asks them
  void end(const Step& step);
  Account* account_of(const Step& step);
  User* user_of(const Step& step);
  std::size_t room() const;  // for so many more contacts under way

  World& world_;
  Roster& roster_;
  Privilege& privilege_;
  AccountJournal& journal_;
  Find find_;
  std::set<std::string> waiting_;  // accounts, by bare JID
  std::map<std::string, Driven> driven_;
  std::string last_;  // whose contact was begun last
  std::uint64_t turns_ = 0;
  Instant step_at_ = 0;
};

}  // namespace ferry
