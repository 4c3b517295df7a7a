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

std::optional<double> quantile_ms(std::vector<std::int64_t> times, double quantile) {
  if (times.empty()) return std::nullopt;
  const auto at = static_cast<std::ptrdiff_t>(quantile * static_cast<double>(times.size() - 1));
  std::nth_element(times.begin(), times.begin() + at, times.end());
  return static_cast<double>(times[static_cast<std::size_t>(at)]) / 1e6;
}

Score::Score(std::size_t count, std::size_t fan) : fan_(fan), sent_at_(count), seen_(count * fan), latest_(fan) {
  std::random_device chance;
  marker_ = "run " + padded(chance() % 100'000'000) + " message ";
  latencies_.reserve(count * fan);
}

std::string Score::body(std::size_t seq, std::size_t bytes) const {
  static constexpr std::string_view words =
      " Where are you? The meeting has moved to the large room on the third floor.";
  std::string out = marker_ + padded(seq);
  while (out.size() < bytes) out += words.substr(0, bytes - out.size());
  return out;
}

std::optional<std::size_t> Score::arrived(std::string_view text, std::size_t receiver) {
  const std::size_t at = text.find(marker_);
  std::size_t seq = sent_at_.size();
  if (at != std::string_view::npos) {
    const std::string_view number = text.substr(at + marker_.size(), digits);
    std::from_chars(number.data(), number.data() + number.size(), seq);
  }
  if (seq >= sent_at_.size()) {
    ++foreign_;
    return std::nullopt;
  }
  if (seen_[seq * fan_ + receiver % fan_]++ != 0) {
    ++doubled_;
    return std::nullopt;
  }
  ++arrivals_;
  std::size_t& latest = latest_[receiver % fan_];
  if (seq < latest) ++disordered_;
  latest = std::max(latest, seq);
  last_arrival_ = steady_ns();
  latencies_.push_back(last_arrival_ - sent_at_[seq]);
  return seq;
}

Score Score::again(std::size_t fan) const {
  Score out(sent_at_.size(), fan);
  out.marker_ = marker_;
  out.sent_at_ = sent_at_;
  return out;
}

std::optional<double> Score::latency_ms(double quantile) const { return quantile_ms(latencies_, quantile); }

}  // namespace ferry::bench
