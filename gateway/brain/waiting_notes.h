// in/waiting: a note that something has come for a user of whom no device is there, for whoever wakes phones (push).
//
// It says from whom and when, never what; it is retained until a device of the user's is available. Who comes back
// within `first` needs none. A note is a state, not a list: what comes within `again` of the last one is told after
// that, the latest alone. What the broker has from before a restart goes with the first device that appears. One
// instance serves all users.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "gateway/brain/world.h"

namespace ferry {

class WaitingNotes {
 public:
  static constexpr Duration first = 2 * second;
  static constexpr Duration again = 10 * second;      // between two notes to one user
  static constexpr std::size_t notes_per_batch = 32;  // in one tick

  explicit WaitingNotes(World& world) : world_(world) {}

  void came(const User& user, const Jid& from, bool group);  // whoever is there needs no note
  void somebody_there(const User& user);
  void forget(const User& user);  // the broker keeps nothing of the user
  void broker_up();               // it may have lost what it kept
  void work();                    // some of what is due
  std::optional<Instant> next_deadline() const;

 private:
  struct Note {
    std::string json;
    Instant told = 0, due = 0;  // 0: not yet; not to be told
  };
  void make_due(UserKey key, Note& note, Instant at);
  void erase(UserKey key);

  World& world_;
  std::map<UserKey, Note> notes_;
  std::set<std::pair<Instant, UserKey>> due_;  // of these, those to be told, and not before
  std::set<UserKey> clear_;                    // of whom the broker keeps no note, as far as we know
};

}  // namespace ferry
