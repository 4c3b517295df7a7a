// One account of the legacy server whose owner moves, as the brain has it: what is stored, and what is true as long as
// its session is up.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>

#include "gateway/brain/account_records.h"
#include "gateway/brain/member.h"
#include "gateway/brain/xmpp_outbox.h"
#include "translators/room.h"

namespace ferry {

// What is kept as seen where another client of an account has confirmed this message to whom it came from (XEP-0184).
inline std::uint64_t digest_of_answer(std::string_view peer, std::string_view id) {
  return digest_of("answer\n" + std::string(peer) + '\n' + std::string(id));
}

struct Account : Member {
  Account(AccountRecord r, RoomLink& way) : Member(r.jid, way), record(std::move(r)) {}

  AccountRecord record;
  // user (of Member): dual, moved, and while it goes back: whose MQTT subtree it is
  bool unsaved = false;  // counts that the records do not have yet

  std::unique_ptr<User> early;  // before that: who is refused, and how often (early.cpp)

  // ---- the session
  bool wanted = false, up = false;
  bool archive = false, blocking = false;  // what the server offers
  bool caught_up = false;                  // what was missed has come
  bool gap = false;                        // … but for what the next log-in asks for: the archive's place stays there
  std::optional<Jid> full;                 // our own address, while up
  Instant up_since = 0;
  std::set<std::string> others;  // resources of the owner's other clients
  std::string presence;          // as the link has it; empty: unavailable
  std::deque<Seq> queued;        // rows of the outbox that wait for the session, in order
  std::deque<XmppOutbox::Sent> in_flight;
  bool in_doubt = false;    // the server may have some of the queued ones: its archive comes first
  std::string later_place;  // of the archive, once nothing is in flight
  std::string place;        // … which the record has at place_due (session_bridge.h); empty: it has
  std::optional<Instant> place_due;
  std::set<std::string> unsure_requests;  // contacts whose request to subscribe nobody has repeated yet
  std::optional<Instant> settle_at;       // then what nobody has confirmed is not so
  std::optional<Instant> lost_at;         // the session went down; contacts are shown for a while yet
  // Why the session is down, as its link says it. Not in the record and no error of the account's: one mistake is
  // everybody's, and one mend mends all of them; thousands of records would be written for it, twice.
  std::string why_down;

  // For people. On the way back what is in its way says what to do; why is the session's word.
  std::string trouble() const {
    if (why_down.empty() || record.trouble.empty()) return why_down.empty() ? record.trouble : why_down;
    return record.state == AccountState::back ? record.trouble + "; the session: " + why_down : why_down;
  }

  // ---- the roster as the server tells it, by bare JID: digests of what a client would be shown
  std::map<std::string, std::uint64_t> seen_roster;
  bool roster_known = false;  // in this session

  // ---- rooms (session_rooms.h)
  std::map<std::string, room::Bookmark, std::less<>> bookmarks;  // while they are asked for
  int bookmarks_open = 0;                                        // questions whose answers have not come
  bool bookmarks_whole = true;                                   // no answer was missing

  // ---- transitions
  bool active = false;  // the driver has given it its turn
  bool named = false;   // it was started by its own name: it goes on though its cohort stands still
  Instant active_since = 0;
  enum class Drain { not_yet, asked, over } drain = Drain::not_yet;  // back: the server has nothing for us any more
  std::int64_t undoing = 0;
  std::size_t undo_open = 0;  // answers and acknowledgements that the write being undone waits for
  std::optional<Instant> retry_at;
  std::optional<Instant> hidden_at;  // back: the broker was told to keep nothing of the user

  // Does it matter to the session whether somebody is there?
  bool takes_part() const { return record.state == AccountState::dual || record.state == AccountState::moved; }
  // Does what the session hears reach the user's subtree?
  bool carries() const { return takes_part() || (record.state == AccountState::back && user); }
  // What is retained does not once the subtree was told to be empty: a push still on its way would stay there for ever.
  bool shows() const { return carries() && !hidden_at; }
};

}  // namespace ferry
