// How much waits: messages accepted for each link and not yet taken by the other side, by rows and bytes; all together,
// and each user's share of it, so that one cannot fill an outbox for all.
//
// The records hold the rows; this counts them in memory as they come and go, and is read from the records' indexes at
// the start. A user's share is what they have sent (to XMPP) or are to get (to MQTT). One instance counts for all.
#pragma once

#include <array>
#include <unordered_map>

#include "config/options.h"
#include "gateway/brain/records.h"

namespace ferry {

struct Load {
  std::int64_t rows = 0, bytes = 0;
};

class Queues {
 public:
  explicit Queues(const Options& options) : limits_(options.limits) {}

  enum class Room { enough, outbox_full, share_full };
  // For one more message. user 0 has no share. What is nobody's message (a subscription, a receipt) may take an eighth
  // more than the outbox's limit: nobody could be told, and messages must not crowd it out.
  Room room(Way way, UserKey user, std::size_t bytes, bool message = true) const;

  void joined(Way way, UserKey user, std::int64_t bytes) { add(way, user, 1, bytes); }
  void left(Way way, UserKey user, std::int64_t bytes) { add(way, user, -1, -bytes); }
  void forget(UserKey user);  // all that is theirs was removed
  // Counts anew. visit: what waits in state waiting, for one user.
  void read(Records& records, const std::function<void(UserKey, std::int64_t rows)>& visit = {});

  const Load& of(Way way) const { return all_[static_cast<std::size_t>(way)]; }
  Load of(Way way, UserKey user) const;

 private:
  using Loads = std::array<Load, 2>;  // by way
  void add(Way way, UserKey user, std::int64_t rows, std::int64_t bytes);

  const Options::Limits& limits_;
  Loads all_{};
  std::unordered_map<UserKey, Loads> users_;
};

}  // namespace ferry
