#include "gateway/brain/limits.h"

namespace ferry {

Senders::Sender& Senders::sender(std::string_view key, Instant now) {
  if (const auto it = young_.find(key); it != young_.end()) return it->second;
  if (young_.size() >= generation || now >= since_ + generation_time) {
    old_ = std::exchange(young_, {});
    since_ = now;
  }
  Sender known;
  if (const auto it = old_.find(key); it != old_.end()) {
    known = it->second;
    old_.erase(it);
  }
  return young_.emplace(std::string(key), known).first->second;
}

bool Senders::take(const Jid& from, bool foreign, bool wish, Instant now, const Options::Limits& limits) {
  if (limits.peer_rate == 0 && limits.domain_rate == 0 && limits.subscription_rate == 0) return true;
  Sender& one = sender(from.bare_view(), now);
  if (!one.stanzas.take(now, limits.peer_rate, limits.peer_burst)) return false;
  if (wish && !one.wishes.take(now, limits.subscription_rate, limits.subscription_burst)) return false;
  if (!foreign || limits.domain_rate == 0) return true;
  const std::string domain = "@" + std::string(from.domainpart());  // nobody's JID
  return sender(domain, now).stanzas.take(now, limits.domain_rate, limits.domain_burst);
}

}  // namespace ferry
