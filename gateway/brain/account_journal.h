// The journal of what is written to the old server in an account's name, each write with what undoes it, written down
// before it is sent. One instance serves all accounts.
//
// Undoing goes from the latest to the first. Every inverse restores what was there just before its write, and may be
// carried out again: a crash, a lost session or a missing answer repeats the one that was under way. A subscription
// that was given up comes back by the contact alone (RFC 6121 section 3): such a write is lasting, whatever was undone
// of it.
#pragma once

#include "gateway/brain/session_iqs.h"
#include "gateway/brain/session_outbox.h"

namespace ferry {

// Of writes and inverses that are not the old server's to carry out, but ours.
inline constexpr std::string_view here_ns = "urn:ferry:here:0";

// What undoes a write, and what of it only the contact can: to let us see them (again), to wish to see us.
struct Inverse {
  std::vector<Element> stanzas;
  bool agree = false, ask = false;
  bool answers = false;  // ask: the wish waited at the server, and was answered
};

// Of a journal's write that its contact has a part in undoing.
struct NeedOfContact {
  std::string contact;
  std::string_view has_to;  // for people
};
std::optional<NeedOfContact> need_of_contact(const WriteRecord& write);

// What a contact does for somebody whose way back needed them.
enum class Amends { agree, ask };

class AccountJournal {
 public:
  AccountJournal(World& world, SessionIqs& iqs, SessionOutbox& outbox) : world_(world), iqs_(iqs), outbox_(outbox) {}

  // What undoes a write; computed from what is known before it.
  static Inverse undo_set(const Contact* contact, const Jid& jid);          // name and groups of an item
  static Inverse undo_remove(const Contact* contact, const Jid& jid);       // of an item
  static Inverse undo_subscribe(const Contact* contact, const Jid& jid);    // we asked to see them
  static Inverse undo_unsubscribe(const Contact* contact, const Jid& jid);  // we stopped watching them
  static Inverse undo_approve(const Contact* contact, const Jid& jid);      // we let them see us
  static Inverse undo_deny(const Contact* contact, const Jid& jid);         // we stopped that
  // The contact has an account of ours as well, has gone back, and the account has to do this for all to be as it was:
  // no change of its own, and its own way back leaves it.
  bool is_amends(const Account& account, const Jid& contact, Amends amends);
  static Element roster_set(const Jid& jid, std::string_view name, const std::vector<std::string>& groups);
  static Element roster_remove(const Jid& jid);

  // An iq: carried out when its result comes; then_ hears of it. A presence: through the outbox, so it is as good as
  // done.
  void write_iq(Account& account, Element iq, const Inverse& inverse, bool by_person, SessionIqs::Then then);
  void write_presence(Account& account, const Element& presence, const Inverse& inverse, bool by_person);

  // What was done here for the account, and what undoes it; both are of here_ns.
  void note(Account& account, const Element& forward, const Element& inverse);
  // The same, where carrying it out takes time: planned until end() says what became of it.
  std::int64_t begin(Account& account, const Element& forward, const Element& inverse);
  void end(Account& account, std::int64_t number, WriteState state);
  // Carries such an inverse out; then_ hears of it as of an iq.
  std::function<void(Account& account, const Element& inverse, SessionIqs::Then then)> undo_here;

  // Undoes one more write, if none is under way. False: nothing is left to undo.
  bool undo(Account& account);
  void on_sent(Account& account, std::int64_t number);
  static void session_down(Account& account) { account.undo_open = 0; }

 private:
  std::int64_t plan(Account& account, const Element& forward, std::string inverse, bool by_person, WriteState state);
  void lasts(Account& account, std::int64_t number, std::string_view why, std::string_view contact = {});
  void undone_part(Account& account, std::int64_t number);

  World& world_;
  SessionIqs& iqs_;
  SessionOutbox& outbox_;
};

}  // namespace ferry
