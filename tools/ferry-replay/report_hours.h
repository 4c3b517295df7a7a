// When: stanzas by minute and by hour of the day, and how many streams there were at once.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <unordered_map>

#include "gateway/capture/record.h"
#include "tools/ferry-replay/report_counts.h"
#include "translators/values/stanza.h"

namespace ferry::report {

class Hours {
 public:
  static constexpr std::int64_t minute_us = 60'000'000;
  struct Minute {
    std::array<std::int64_t, 3> stanzas{};  // by StanzaKind
    std::int64_t streams = 0;               // that said something
    std::int64_t bytes = 0;
    std::int64_t all() const { return stanzas[0] + stanzas[1] + stanzas[2]; }
  };

  void seen(const Record& record);  // every record: streams begin and end with them
  void stanza(const Record& record, StanzaKind kind, std::size_t bytes);

  const std::map<std::int64_t, Minute>& minutes() const { return minutes_; }  // by minutes since the epoch
  std::int64_t left_out() const { return left_out_; }                         // stanzas without a time, or beyond
  std::int64_t first() const { return first_; }                               // µs; 0: no times at all
  std::int64_t last() const { return last_; }
  std::int64_t streams() const { return static_cast<std::int64_t>(all_streams_); }
  std::int64_t most_at_once() const { return most_at_once_; }
  std::int64_t most_at_once_time() const { return most_at_once_time_; }
  bool ends_seen() const { return ends_ > 0; }

 private:
  Minute* minute(std::int64_t time);
  std::map<std::int64_t, Minute> minutes_;
  std::unordered_map<Digest, std::int64_t> open_;  // streams, and the last minute that they spoke in
  std::int64_t left_out_ = 0, first_ = 0, last_ = 0, most_at_once_ = 0, most_at_once_time_ = 0, ends_ = 0;
  std::int64_t all_streams_ = 0;
};

}  // namespace ferry::report
