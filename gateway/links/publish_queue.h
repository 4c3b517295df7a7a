// Publishes that wait for their turn in front of the MQTT client, which takes only so many unacknowledged ones.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/brain/effects.h"

namespace ferry {

// One instance is one queue, first in, first out, but for retained publishes without a token: of each topic only the
// last value counts, so a later one takes the place of one that waits. That bounds a storm of presence by the number of
// topics.
class PublishQueue {
 public:
  // Beyond these, what nobody waits for (no token, not retained) is dropped and counted. What has a token is
  // bounded by the brain.
  static constexpr std::size_t most_volatile = 10'000;  // entries, QoS 0
  static constexpr std::size_t most_entries = 200'000;  // entries, QoS 1
  static constexpr std::size_t most_bytes = 256U << 20;

  void push(Publish publish);
  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }
  std::size_t bytes() const { return bytes_; }
  const Publish& front() const { return entries_.front(); }
  Publish pop();
  void link_lost();  // only tokens and retained values are worth keeping, but for what ends with the link
  // To the front, in this order; of a retained topic only what has no later value.
  void put_back(std::vector<Publish> publishes);
  std::uint64_t dropped() const { return dropped_; }

  static std::size_t size_of(const Publish& p) { return p.topic.size() + p.payload.size(); }

 private:
  void rebuild_index();

  std::deque<Publish> entries_;
  std::uint64_t first_ = 0;                                // number of entries_.front(); numbers only grow
  std::unordered_map<std::string, std::uint64_t> latest_;  // topic -> number of the waiting retained value
  std::size_t bytes_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace ferry
