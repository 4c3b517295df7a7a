// Presences and probes from XMPP whose senders are over their rate: they are taken later, and of each resource the
// latest counts, so that presence ends true however fast it changed.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gateway/brain/records.h"
#include "translators/presence.h"

namespace ferry {

// One instance keeps them for all users: a queue of pairs of user and sender, each with what the sender said last.
class HeldPresences {
 public:
  static constexpr std::size_t max_entries = 100'000;   // presences and probes
  static constexpr std::size_t max_bytes = 16U << 20;   // of these, about
  static constexpr std::size_t max_of_one_sender = 64;  // resources of one sender, for one user
  struct Said {
    Jid from;                             // full
    bool probe;                           // else:
    presence::Availability availability;  // what it says
  };
  struct Pair {
    UserKey user = 0;
    std::vector<Said> said;  // in order
  };

  bool put(UserKey user, Said said);  // false: no room
  bool has(UserKey user, std::string_view bare) const;
  std::optional<Pair> take();  // who waits longest
  bool empty() const { return queue_.empty(); }
  std::size_t size() const { return entries_; }
  void clear();

 private:
  static std::string key_of(UserKey user, std::string_view bare);
  static std::size_t size_of(const Said& said);

  std::unordered_map<std::string, Pair> pairs_;
  std::deque<std::string> queue_;  // keys
  std::size_t entries_ = 0, bytes_ = 0;
};

}  // namespace ferry
