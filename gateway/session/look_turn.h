// Whose turn it is to ask its archive what waits, among the sessions of one worker.
//
// A look is not always cheap: with what Debian installs, an archive of some thousand messages costs Prosody 0.1 s,
// during which it does nothing else, and ejabberd 0.02 s. So only a few are under way at a time, first come first
// served, and after one nobody asks for a hundred times as long as it took: looks take a few hundredths of a core of
// the server's at most, whatever its archives are like. Pure: the clock comes from outside. One instance is one
// worker's.
#pragma once

#include <algorithm>
#include <deque>

#include "gateway/links/poller.h"

namespace ferry {

class LookTurn {
 public:
  static constexpr std::size_t most = 5;                 // under way
  static constexpr Duration rest = 100;                  // times as long as the last one took
  static constexpr Duration given_up = 30 * second;      // no answer: somebody else's turn
  static constexpr Duration forgotten = 5 * second;      // who does not ask any more
  static constexpr Duration longest_rest = 10 * minute;  // an answer may have been late for another reason

  // Lines up; true: now, and then done() or nothing follows. Who waits asks again and again, or is forgotten.
  bool take(const void* who, Steady now) {
    std::erase_if(waiting_, [&](const Waiting& w) { return w.who != who && now - w.seen >= forgotten; });
    std::erase_if(begun_, [&](Steady at) { return now - at >= given_up; });
    auto it = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& w) { return w.who == who; });
    if (it == waiting_.end()) it = waiting_.insert(waiting_.end(), {who, now});
    it->seen = now;
    if (now < next_ || begun_.size() + static_cast<std::size_t>(it - waiting_.begin()) >= most) return false;
    waiting_.erase(it);
    begun_.push_back(now);
    return true;
  }
  void done(Steady begun, Steady now) {
    const auto it = std::find(begun_.begin(), begun_.end(), begun);
    if (it != begun_.end()) begun_.erase(it);
    next_ = std::max(next_, now + std::min(longest_rest, rest * (now - begun)));
  }

 private:
  struct Waiting {
    const void* who;
    Steady seen;
  };
  std::deque<Waiting> waiting_;  // first come, first served
  std::deque<Steady> begun_;
  Steady next_ = 0;
};

}  // namespace ferry
