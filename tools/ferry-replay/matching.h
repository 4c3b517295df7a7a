// Compares what a live gateway sends with what it was expected to send, and measures how long each took.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <unordered_set>
#include <vector>

#include "tools/ferry-replay/departure.h"
#include "tools/ferry-replay/same.h"

namespace ferry::replay {

// One instance is one distribution of µs: sixteen buckets for each doubling, so a quantile is at most 6 % too high.
class Latency {
 public:
  void add(std::int64_t us);
  std::uint64_t count() const { return count_; }
  double quantile_ms(double part) const;  // 0 to 1; the upper end of its bucket
  double max_ms() const { return static_cast<double>(max_) / 1'000; }
  // Each doubling of ms that has any: upper end in ms, and how many.
  void each(const std::function<void(double upto_ms, std::uint64_t count)>& visit) const;

 private:
  static constexpr std::size_t parts = 16, doublings = 40;
  static std::size_t bucket_of(std::int64_t us);
  static double upper(std::size_t bucket);
  std::array<std::uint64_t, parts * doublings> buckets_{};
  std::uint64_t count_ = 0;
  std::int64_t max_ = 0;
};

// One instance is one live replay. In each channel (a topic, a recipient's stanzas) things are expected in their order.
class Matching {
 public:
  static constexpr std::size_t most_kept = 10'000;           // unexpected ones whose text is kept
  static constexpr std::size_t most_remembered = 1'000'000;  // arrivals, to know one that comes again
  static constexpr std::size_t looked_at = 1'000;            // expected ones of a channel, for one that came early
  static constexpr std::uint64_t shown_disorder = 20;        // whose text is kept
  static constexpr std::uint64_t no_cause = UINT64_MAX;

  struct Outcome {
    std::uint64_t expected = 0, matched = 0, lost = 0, different = 0, duplicates = 0, unexpected = 0, disorder = 0,
                  overtaken = 0;  // retained values that a later one replaced before they were sent
    bool good() const { return lost + different + duplicates + unexpected + disorder == 0; }
  };

  void began(Instant first_virtual, Instant first_real) { virtual_ = first_virtual, real_ = first_real; }
  void expect(std::uint64_t event, Departure departure);
  void sent(std::uint64_t event, std::int64_t us);
  void arrived(const std::string& channel, const std::string& text, std::int64_t us, Instant now);

  std::uint64_t open() const;  // expected, and neither here nor another one in its place
  std::uint64_t outstanding() const { return outstanding_; }
  std::uint64_t arrivals() const { return arrivals_; }
  const Latency& latency() const { return latency_; }
  // At the end. say: each difference and loss, as people read it.
  Outcome finish(const std::function<void(const std::string&)>& say);

 private:
  struct Expected {
    std::uint64_t event;
    Departure departure;
    Plain plain;
    bool passed = false;  // by one that was expected after it
  };
  struct Arrived {
    std::string text;
    Plain plain;
    std::int64_t us;
  };
  struct Channel {
    std::deque<Expected> expected;
    std::deque<Arrived> others;
    Plain last;  // retained value that came as expected
  };
  static bool replaced(const Channel& channel);
  bool match(Channel& channel, const Arrived& arrived);
  void measure(std::uint64_t event, std::int64_t us);
  Plain plain_of(const std::string& text, bool stanza, NowIs now) const;

  std::map<std::string, Channel> channels_;  // with anything open in them
  std::deque<std::int64_t> sent_;            // µs, by event from first_sent_; 0: not yet, or of no interest
  std::vector<std::string> disorder_;
  std::uint64_t first_sent_ = 0;
  std::unordered_set<std::uint64_t> seen_;
  std::deque<std::uint64_t> seen_order_;
  Partners partners_;
  Latency latency_;
  Outcome outcome_;
  std::uint64_t outstanding_ = 0, arrivals_ = 0;
  std::size_t kept_ = 0;
  Instant virtual_ = 0, real_ = 0;
};

}  // namespace ferry::replay
