// Messages that failed after they were accepted: they keep their row, with payload and reason, for an administrator to
// look at, requeue or drop (ferryctl outbox), and so that a repeated id hears the same answer again.
//
// Kept for another limits.message-ttl, at most limits.dead-letters of them; then the oldest loses its payload and is
// only the ledger's. One instance serves all users.
#pragma once

#include "gateway/brain/world.h"

namespace ferry {

class DeadLetters {
 public:
  explicit DeadLetters(World& world) : world_(world) {}

  void start() { count_ = world_.records.count_dead(); }
  // The row has failed. keep: with its payload. False: it had failed before.
  bool bury(const MessageRecord& row, const StanzaError& reason, bool keep = true);
  // Its payload goes; a bare stanza wholly.
  void drop(const MessageRecord& row);
  void removed(const MessageRecord& row) { count_ -= is_dead(row); }  // the row is gone from the records
  std::int64_t count() const { return count_; }

  static bool is_dead(const MessageRecord& row) { return row.state == MessageState::failed && row.bytes > 0; }

 private:
  World& world_;
  std::int64_t count_ = 0;
};

// A reason as the records keep it, and back.
std::string reason_text(const StanzaError& reason);
StanzaError reason_of(std::string_view text);

}  // namespace ferry
