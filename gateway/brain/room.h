// One room (XEP-0045) of one account, as the brain has it: what is stored, and what is true as long as the session is
// up.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "gateway/brain/account_records.h"
#include "gateway/brain/rate_limit.h"
#include "translators/values/error.h"

namespace ferry {

struct Occupant {
  std::string role, affiliation, jid;  // jid: the real one, where the room tells it
};

struct Room {
  explicit Room(RoomRecord r) : record(std::move(r)) {}

  RoomRecord record;
  enum class State {
    idle,     // not in it, and not asking
    joining,  // asked
    entered,  // in it; its history is coming
    joined,
    failed,
  } state = State::idle;
  std::string nick;                           // as we ask for it, or have it
  std::string subject, role, affiliation;     // as the room says
  std::string bookmark_password;              // of the bookmark: asked for anew at each log-in
  std::map<std::string, Occupant> occupants;  // by nick; with us
  std::optional<StanzaError> error;           // failed: why
  int nicks = 0;                              // that were tried
  int attempts = 0;                           // to join, since it last worked
  std::int64_t asks = 0;   // numbers the questions whether the history is over, and whether we are in
  std::int64_t heard = 0;  // when anything came from it (Instant)
  std::int64_t live = 0;   // when a message came as it was said (Instant)
  std::optional<std::int64_t> act_at, show_at, unreflected_at;  // its timers (Rooms)
  RateLimit stanzas, lines;  // one of our own people: of all that comes from it, of what is said there
  std::uint64_t shown = 0;   // digest of what the broker has; 0: nothing, as far as we know

  // Rows of the outbox that wait until we are in it, in order; and what the room has sent back because it did not know
  // us any more, sent again once.
  std::deque<std::int64_t> waiting, bounced;
  std::set<std::int64_t> resent;
  // Rows that the server has, and that the room has not given back to us yet: until when that is awaited (Instant). It
  // may send them back instead.
  std::map<std::int64_t, std::int64_t> unreflected;
  bool reflects = false;  // it has given back one of ours, under our id

  bool in() const { return state == State::entered || state == State::joined; }
  bool wanted() const { return record.wish == RoomWish::joined; }
  // It is not in vain to write to it: now, or when the next attempt to join has had its time.
  bool hopeful() const { return wanted() && (state != State::failed || (error && error->retry())); }
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;
};

}  // namespace ferry
