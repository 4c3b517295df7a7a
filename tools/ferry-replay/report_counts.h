// Counting in bounded memory. What does not fit is counted as such: a report says "at least", it does not guess.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace ferry::report {

inline constexpr std::size_t most_users = 1'000'000;        // counted one by one
inline constexpr std::size_t most_set_entries = 2'000'000;  // of all sets together: pairs, users of a gap …
inline constexpr std::size_t most_names = 256;              // of one table: namespaces, gaps, clients, domains
inline constexpr std::size_t most_streams = 1'000'000;
inline constexpr std::size_t most_minutes = 100'000;       // 69 days
inline constexpr std::size_t most_examples = 3;            // of one gap
inline constexpr std::size_t most_rate_entries = 100'000;  // people within one second or minute
inline constexpr std::size_t most_pending = 65'536;        // requests that wait for their answers

using Digest = std::uint64_t;
inline Digest digest(std::string_view text) { return std::hash<std::string_view>{}(text); }
inline Digest mix(Digest a, Digest b) {
  return (a ^ (b + 0x9e3779b97f4a7c15ULL + (a << 12U) + (a >> 4U))) * 0xff51afd7ed558ccdULL;
}

// What all sets of a report may hold together.
class Budget {
 public:
  explicit Budget(std::size_t most) : left_(most) {}
  bool take() { return left_ > 0 && left_-- > 0; }
  bool spent() const { return left_ == 0; }

 private:
  std::size_t left_;
};

// How many different ones. Exact until the budget is spent; then at least so many.
class Distinct {
 public:
  bool add(Digest d, Budget& budget) {
    if (set_.contains(d)) return false;
    if (!budget.take()) {
      more_ = true;
      return false;
    }
    return set_.insert(d).second;
  }
  std::int64_t size() const { return static_cast<std::int64_t>(set_.size()); }
  bool more() const { return more_; }

 private:
  std::unordered_set<Digest> set_;
  bool more_ = false;
};

// Things by name, up to a number of names; the others share one. T has `std::int64_t count`.
template <class T>
class Tally {
 public:
  explicit Tally(std::size_t most = most_names) : most_(most) {}
  T& at(std::string_view name) {
    const auto it = index_.find(std::string(name));
    if (it != index_.end()) return entries_[it->second].second;
    if (entries_.size() >= most_) {
      ++left_out_;
      return rest_;
    }
    index_.emplace(name, entries_.size());
    return entries_.emplace_back(std::string(name), T{}).second;
  }
  struct Ranked {
    std::string name;
    const T* value;
  };
  // The most frequent first; of the same number the one that came first, so that other names give the same order.
  std::vector<Ranked> ranked() const {
    std::vector<Ranked> out;
    for (const auto& [name, value] : entries_) out.push_back({name, &value});
    std::stable_sort(out.begin(), out.end(),
                     [](const Ranked& a, const Ranked& b) { return a.value->count > b.value->count; });
    if (left_out_ > 0) out.push_back({"(others)", &rest_});
    return out;
  }
  std::size_t size() const { return entries_.size(); }

 private:
  std::size_t most_;
  std::vector<std::pair<std::string, T>> entries_;
  std::unordered_map<std::string, std::size_t> index_;
  T rest_{};
  std::uint64_t left_out_ = 0;
};

// The most that anybody did within one window of time. Time that goes back begins a window anew.
class Peak {
 public:
  explicit Peak(std::int64_t window_us) : window_(window_us) {}
  void add(Digest who, std::int64_t time_us) {
    const std::int64_t now = time_us / window_;
    if (now != current_) {
      counts_.clear();
      current_ = now;
    }
    if (counts_.size() >= most_rate_entries && !counts_.contains(who)) return;
    most_ = std::max(most_, ++counts_[who]);
  }
  std::int64_t most() const { return most_; }

 private:
  std::int64_t window_, current_ = -1, most_ = 0;
  std::unordered_map<Digest, std::int64_t> counts_;
};

// Numbers, by how many there are of each up to a bound: median, 95 of 100, most.
class Spread {
 public:
  void add(std::int64_t value) {
    const auto at = static_cast<std::size_t>(std::clamp<std::int64_t>(value, 0, 20'000));
    if (counts_.size() <= at) counts_.resize(at + 1);
    ++counts_[at];
    ++all_;
    sum_ += value;
    most_ = std::max(most_, value);
  }
  std::int64_t all() const { return all_; }
  std::int64_t sum() const { return sum_; }
  std::int64_t most() const { return most_; }
  std::int64_t between(std::int64_t least, std::int64_t most) const {  // both included; 20,000 and more are one
    std::int64_t n = 0;
    for (std::size_t v = 0; v < counts_.size(); ++v)
      if (static_cast<std::int64_t>(v) >= least && static_cast<std::int64_t>(v) <= most) n += counts_[v];
    return n;
  }
  // The smallest value that so many percent are not above.
  std::int64_t percentile(int percent) const {
    std::int64_t seen = 0;
    for (std::size_t v = 0; v < counts_.size(); ++v)
      if ((seen += counts_[v]) * 100 >= all_ * percent) return static_cast<std::int64_t>(v);
    return 0;
  }

 private:
  std::vector<std::int64_t> counts_;
  std::int64_t all_ = 0, sum_ = 0, most_ = 0;
};

}  // namespace ferry::report
