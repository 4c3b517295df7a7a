// What the senders of messages have not heard yet: echoes and receipts that wait because the broker takes less than
// comes, or is away. The records know what there is to tell, so it costs next to nothing to wait.
#pragma once

#include <optional>
#include <set>

#include "gateway/brain/records.h"

namespace ferry {

// One instance keeps it for all users: everything from one message on, and single receipts of older ones.
class Untold {
 public:
  static constexpr std::size_t max_late = 50'000;  // older messages; beyond, all since the next is told again

  bool empty() const { return from_ == 0 && late_.empty(); }
  bool covers(Seq seq) const { return from_ != 0 && seq >= from_; }  // it is told with its turn, echo and all
  Seq from() const { return from_; }                                 // 0: no such message

  void open(Seq seq);                     // all from here on
  void advance(Seq seq) { from_ = seq; }  // those before it were told
  void close() { from_ = 0; }             // all were told
  void add(Seq seq);                      // its state changed
  std::optional<Seq> take_late();         // the next of the older messages: it is being told now

 private:
  Seq from_ = 0;
  std::set<Seq> late_;  // older than from_
};

}  // namespace ferry
