#include "tools/bench.d/load_score.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <random>

namespace ferry::bench {
namespace {

constexpr std::size_t digits = 8;

std::string padded(std::size_t n) {
  const std::string text = std::to_string(n);
  return std::string(digits - std::min(digits, text.size()), '0') + text;
}

}  // namespace

std::int64_t steady_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Score::Score(std::size_t count) : sent_at_(count), seen_(count) {
  std::random_device chance;
  marker_ = "run " + padded(chance() % 100'000'000) + " message ";
  latencies_.reserve(count);
}

std::string Score::body(std::size_t seq, std::size_t bytes) const {
  static constexpr std::string_view words =
      " Where are you? The meeting has moved to the large room on the third floor.";
  std::string out = marker_ + padded(seq);
  while (out.size() < bytes) out += words.substr(0, bytes - out.size());
  return out;
}

void Score::arrived(std::string_view text) {
  const std::size_t at = text.find(marker_);
  std::size_t seq = seen_.size();
  if (at != std::string_view::npos) {
    const std::string_view number = text.substr(at + marker_.size(), digits);
    std::from_chars(number.data(), number.data() + number.size(), seq);
  }
  if (seq >= seen_.size()) {
    ++foreign_;
    return;
  }
  if (seen_[seq]++ != 0) {
    ++doubled_;
    return;
  }
  ++arrivals_;
  last_arrival_ = steady_ns();
  latencies_.push_back(last_arrival_ - sent_at_[seq]);
}

double Score::latency_ms(double quantile) const {
  if (latencies_.empty()) return 0;
  std::vector<std::int64_t> sorted = latencies_;
  const auto at = static_cast<std::ptrdiff_t>(quantile * static_cast<double>(sorted.size() - 1));
  std::nth_element(sorted.begin(), sorted.begin() + at, sorted.end());
  return static_cast<double>(sorted[static_cast<std::size_t>(at)]) / 1e6;
}

}  // namespace ferry::bench
