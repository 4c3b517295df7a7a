// Who may log in when: at a configured rate, each account not before its time, and not more at once than a server that
// has trouble can finish. Pure: the clock comes from outside.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "gateway/links/poller.h"

namespace ferry {

// One instance stages the log-ins of one server. First come, first served among those whose time has come.
class LoginQueue {
 public:
  static constexpr double burst_time = 0.2;  // s: as many as the rate gives in this time may start at once, at least 1

  // Without a bound, all log-ins to a server that is slower than the rate end by their time limits, and none gets in.
  static constexpr double most_time = 0.5;  // s: of the rate, so many may be under way, at least 4

  explicit LoginQueue(double per_second) : per_second_(per_second > 0 ? per_second : 1) {}
  void add(std::uint32_t session, Steady due);    // once more: the new time counts; it is not under way
  void remove(std::uint32_t session);             // from those that wait and those that are under way
  void hurry(std::uint32_t session, Steady now);  // before all others, unless its time has not come
  void done(std::uint32_t session) { under_way_.erase(session); }
  std::optional<std::uint32_t> next(Steady now);     // who may log in now; it is under way
  std::optional<Steady> deadline(Steady now) const;  // when next() is worth asking again; none: after a done()
  std::size_t size() const { return due_.size(); }

 private:
  double burst() const;
  bool full() const;
  double allowance(Steady now) const;

  double per_second_;
  double tokens_ = 1e9;  // capped by burst() at the first look
  Steady looked_ = 0;
  std::uint64_t order_ = 0;
  struct Entry {
    Steady due;
    std::uint64_t order;
    std::uint32_t session;
    friend auto operator<=>(const Entry&, const Entry&) = default;
  };
  std::set<Entry> queue_;
  std::unordered_map<std::uint32_t, Entry> due_;
  std::unordered_set<std::uint32_t> under_way_;
};

}  // namespace ferry
