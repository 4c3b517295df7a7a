// What nobody took in time, and what the ledger need not know any longer: oldest first, a page at a time.
//
// Rows expire nearly in the order of seq, for every message lives equally long. So one walk stands at the oldest row
// and goes on at once while it finds expired ones. Another goes round through everything slowly, for the few that stand
// behind rows of a longer life: the limit was lowered, the clock went back, a dead letter. One instance serves all
// users.
#pragma once

#include <functional>

#include "gateway/brain/world.h"

namespace ferry {

class Expiry {
 public:
  static constexpr Duration step = 10 * second, longest_rest = 600 * second;
  static constexpr std::size_t head_page = 250;  // rows that a tick gives up: a few ms
  static constexpr std::size_t walk_page = 2'000;

  // handle: an expired row, without its payload; it goes, dies or, for the moment, stays.
  using Handle = std::function<void(const MessageRecord& row)>;
  Expiry(World& world, Handle handle) : world_(world), handle_(std::move(handle)) {}

  void start() { at_ = world_.now + step; }
  void on_time();
  Instant next_deadline() const { return at_; }

 private:
  bool head();  // true: there may be more
  void walk();
  Duration rest() const;

  World& world_;
  Handle handle_;
  Instant at_ = 0, walk_ended_ = 0;
  Seq head_ = 0;  // everything up to here has been dealt with, but for what the walk is for
  Seq walked_ = 0;
};

}  // namespace ferry
