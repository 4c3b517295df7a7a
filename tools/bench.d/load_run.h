// One run of the generator: messages into one end, counted at the other.
#pragma once

#include <poll.h>

#include <vector>

#include "tools/bench.d/load_plan.h"
#include "tools/bench.d/load_score.h"

namespace ferry::bench {

constexpr std::int64_t patience = 20 * second_ns;        // without any arrival: the rest is lost
constexpr std::int64_t quiet_time = second_ns * 3 / 10;  // after the last arrival: what comes now is a double

struct Plan {
  std::size_t count = 0, window = 0, bytes = 0;
  double rate = 0;  // 0: closed loop
};

class Run {
 public:
  Run(Ends& ends, const Plan& plan);
  void go();

  const Score& score() const { return score_; }
  std::size_t echoes() const { return echoes_; }
  std::size_t lost() const { return score_.lost() + back_.lost(); }
  std::size_t doubled() const { return score_.doubled() + back_.doubled(); }
  std::size_t disordered() const { return score_.disordered() + back_.disordered(); }
  std::size_t receipts() const { return ends_.from->receipts - receipts_before_; }
  std::size_t errors() const;
  double seconds_to_arrival() const { return static_cast<double>(score_.last_arrival() - begin_) / 1e9; }
  double own_cpu_at_end() const { return own_cpu_at_end_; }                     // when seconds() ended
  double seconds() const { return static_cast<double>(last_ - begin_) / 1e9; }  // receipts and echoes too

 private:
  std::int64_t time_of_next() const;  // when message next_ should go, in an open loop
  bool due(std::int64_t now) const;
  void feed(std::int64_t now);
  void wait(std::int64_t now);

  Ends& ends_;
  Plan plan_;
  Score score_, back_;
  std::vector<pollfd> waiting_;
  std::size_t next_ = 0, echoes_ = 0, receipts_before_ = 0;
  std::int64_t begin_ = 0, last_ = 0;
  double own_cpu_at_end_ = 0;
};

}  // namespace ferry::bench
