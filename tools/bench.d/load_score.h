// What became of the messages of one run: sent when, arrived when, lost, doubled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::bench {

constexpr std::int64_t second_ns = 1'000'000'000;
std::int64_t steady_ns();
std::optional<double> quantile_ms(std::vector<std::int64_t> times, double quantile);  // of nanoseconds; 1: the longest

// One instance is one run. Each message bears a marker in its body that no other run's has. `fan`: how many receivers
// each one has.
class Score {
 public:
  explicit Score(std::size_t count, std::size_t fan = 1);

  std::string body(std::size_t seq, std::size_t bytes) const;  // with the marker, filled up to `bytes`
  void sent(std::size_t seq, std::int64_t at) { sent_at_[seq] = at; }
  // Anything that may bear a marker. Receivers of one message differ modulo `fan`. Which message it was; none: no new
  // one
  std::optional<std::size_t> arrived(std::string_view text, std::size_t receiver = 0);

  Score again(std::size_t fan = 1) const;  // the same messages, at others: nothing has arrived yet

  std::size_t arrivals() const { return arrivals_; }  // of different messages, at different receivers
  std::size_t lost() const { return seen_.size() - arrivals_; }
  std::size_t doubled() const { return doubled_; }
  std::size_t foreign() const { return foreign_; }        // without a marker of this run
  std::size_t disordered() const { return disordered_; }  // came to their receiver after a later one
  std::int64_t last_arrival() const { return last_arrival_; }
  std::optional<double> latency_ms(double quantile) const;  // of what arrived; 1: the slowest

 private:
  std::size_t fan_;
  std::string marker_;
  std::vector<std::int64_t> sent_at_;
  std::vector<std::uint8_t> seen_;
  std::vector<std::size_t> latest_;  // of each receiver
  std::vector<std::int64_t> latencies_;
  std::size_t arrivals_ = 0, doubled_ = 0, foreign_ = 0, disordered_ = 0;
  std::int64_t last_arrival_ = 0;
};

}  // namespace ferry::bench
