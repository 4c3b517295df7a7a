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

// One instance is one run. Each message bears a marker in its body that no other run's has.
class Score {
 public:
  explicit Score(std::size_t count);

  std::string body(std::size_t seq, std::size_t bytes) const;  // with the marker, filled up to `bytes`
  void sent(std::size_t seq, std::int64_t at) { sent_at_[seq] = at; }
  void arrived(std::string_view text);  // anything that may bear a marker

  std::size_t arrivals() const { return arrivals_; }  // of different messages
  std::size_t lost() const { return seen_.size() - arrivals_; }
  std::size_t doubled() const { return doubled_; }
  std::size_t foreign() const { return foreign_; }  // without a marker of this run
  std::int64_t last_arrival() const { return last_arrival_; }
  double latency_ms(double quantile) const;  // of what arrived; 1: the slowest

 private:
  std::string marker_;
  std::vector<std::int64_t> sent_at_;
  std::vector<std::uint8_t> seen_;
  std::vector<std::int64_t> latencies_;
  std::size_t arrivals_ = 0, doubled_ = 0, foreign_ = 0;
  std::int64_t last_arrival_ = 0;
};

}  // namespace ferry::bench
