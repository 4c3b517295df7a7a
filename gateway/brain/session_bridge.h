// Between an account's session on the legacy server and its owner's MQTT subtree: what the server says to the account
// goes into the same machines that serve people of our own domain, but the server stays the owner of the roster, the
// subscriptions and the archive. One instance serves all accounts.
#pragma once

#include "gateway/brain/delivery.h"
#include "gateway/brain/presences.h"
#include "gateway/brain/roster.h"
#include "gateway/brain/session_iqs.h"
#include "gateway/brain/session_outbox.h"
#include "gateway/brain/session_rooms.h"
#include "gateway/brain/session_shadow.h"

namespace ferry {

// The id of the link's own request for the roster, at each log-in.
inline constexpr std::string_view session_roster_id = "ferry-roster";

class SessionBridge {
 public:
  static constexpr Duration settle_time = 5 * second;    // for presence and requests after the server was told ours
  static constexpr Duration grace = 3 * second;          // a session may be away this long before anyone notices
  static constexpr Duration repeats_time = 60 * second;  // after a log-in servers repeat what was not acknowledged
  static constexpr Duration seen_time = 14 * 24 * 3600 * second;  // how long a message is recognised
  // What comes into an archive may come after others with newer ids (account_session.h): the next log-in begins to read
  // where this one was so long ago, and what is then read again is known.
  static constexpr Duration late_time = 10 * second;
  static constexpr std::size_t max_others = 32;  // clients of one account

  SessionBridge(World& world, Roster& roster, Presences& presences, Delivery& delivery, SessionIqs& iqs,
                SessionOutbox& outbox, SessionShadow& shadow, SessionRooms& session_rooms, Rooms& rooms)
      : world_(world),
        roster_(roster),
        presences_(presences),
        delivery_(delivery),
        iqs_(iqs),
        outbox_(outbox),
        shadow_(shadow),
        session_rooms_(session_rooms),
        rooms_(rooms) {}

  // collected: this session has been available before it said that it is up, and heard who is there.
  void session_up(Account& account, bool resumed, bool collected);
  void caught_up(Account& account, std::string_view archive_id, bool complete);
  void sent(Account& account);  // the server has taken something
  void session_down(Account& account);
  void on_stanza(Account& account, Brain::SessionStanza came);
  std::function<void(Account&)> want, log_in_anew;
  std::function<void(Account&, Message)> forward;  // to whoever has a new address
  void on_time();
  std::optional<Instant> next_deadline() const;

  // session_roster.cpp
  void take_roster(Account& account, const Element& query, bool whole);
  void ask_roster(Account& account);
  // The user's contacts as they are against the server's whole roster; what differs is noted, and nothing is mended.
  std::size_t compare_roster(Account& account, const Element& query);

  // session_presence.cpp
  void tell_presence(Account& account);                    // the devices', where it is another than the server has
  static std::string presence_of(const Account& account);  // to log in with
  void take_part(Account& account);                        // from now on

 private:
  void message(Account& account, Message m, const Brain::SessionStanza& came);
  bool repeated(Account& account, const Message& m, const std::string& archive_id, bool may_repeat);
  void note_answers(Account& account, const Message& m);
  bool own_row(Account& account, const Message& m, Brain::SessionSource source);
  void move_on(Account& account, std::string_view archive_id);
  void keep_place(Account& account, std::string_view archive_id);
  void keep_later(Account& account);
  void presence(Account& account, const Presence& p);
  void iq(Account& account, const Stanza& s);
  void take_item(Account& account, const Element& item);
  void forget_contact(User& user, Contact& contact);
  void unsure(Account& account);
  void settle(Account& account);
  bool look(Account& account);  // false: nothing to wait for any more

  World& world_;
  Roster& roster_;
  Presences& presences_;
  Delivery& delivery_;
  SessionIqs& iqs_;
  SessionOutbox& outbox_;
  SessionShadow& shadow_;
  SessionRooms& session_rooms_;
  Rooms& rooms_;
  std::set<Account*> timed_;  // those with settle_at or lost_at; accounts outlive the bridge
  struct Place {
    Instant due;
    Account* account;
    std::string archive_id;
  };
  std::deque<Place> places_;  // one of each account that has a place; in the order of their time
};

}  // namespace ferry
