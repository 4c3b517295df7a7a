// Who may do how much: the rates of one MQTT user, of XMPP users and domains, and of what one of them writes to the
// log.
//
// Token buckets (rate_limit.h); the figures come from the configuration. What is over a rate hears an error where one
// is legal, and is counted; an error is never answered with an error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "config/options.h"
#include "gateway/brain/rate_limit.h"
#include "translators/values/jid.h"

namespace ferry {

// One instance counts for one MQTT user.
struct UserRates {
  // A refusal is told this many times as often as what it refuses may happen; then it is only counted.
  static constexpr std::uint32_t answered_refusals = 20;

  RateLimit messages, acts, presences, requests, subscriptions;
  RateLimit refusals;        // of publishes whose id is known
  RateLimit blind_refusals;  // of others: with the id "-"
  RateLimit request_refusals;
  RateLimit busy_refusals;  // of all, while an eighth of broker.queue-entries waits: others wait behind them
  static constexpr std::uint32_t busy_rate = 1, busy_burst = 10;
  Instant presence_told_until = 0;  // the client knows that it is over its rate
};

// Everybody who sends from XMPP, by bare JID, and every foreign domain. One instance counts for all of them.
//
// Two generations bound it: when the younger one is full, or old, it becomes the older one, and the former older one is
// forgotten. Who was not heard of for so long has a full bucket anyway, or gets it that once.
class Senders {
 public:
  static constexpr std::size_t generation = 50'000;  // senders; there are two generations
  static constexpr Duration generation_time = 60 * second;

  // May this one pass? wish: to subscribe. foreign: of neither our own nor the server's domain.
  bool take(const Jid& from, bool foreign, bool wish, Instant now, const Options::Limits& limits);
  std::size_t size() const { return young_.size() + old_.size(); }

 private:
  struct Sender {
    RateLimit stanzas, wishes;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
  };
  using Table = std::unordered_map<std::string, Sender, Hash, std::equal_to<>>;
  Sender& sender(std::string_view key, Instant now);

  Table young_, old_;
  Instant since_ = 0;  // of the younger generation
};

}  // namespace ferry
