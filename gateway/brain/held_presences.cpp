#include "gateway/brain/held_presences.h"

#include <algorithm>

namespace ferry {

std::string HeldPresences::key_of(UserKey user, std::string_view bare) {
  std::string key = std::to_string(user);
  key.append("/").append(bare);
  return key;
}

std::size_t HeldPresences::size_of(const Said& said) {
  constexpr std::size_t overhead = 128;
  return overhead + said.from.str().size() + said.availability.status.size();
}

bool HeldPresences::has(UserKey user, std::string_view bare) const {
  return !queue_.empty() && pairs_.contains(key_of(user, bare));
}

bool HeldPresences::put(UserKey user, Said said) {
  const std::string key = key_of(user, said.from.bare_view());
  const auto it = pairs_.find(key);
  if (it != pairs_.end()) {
    // The older one of the same resource goes, and so does everything older than what the account as a whole says.
    std::erase_if(it->second.said, [&](const Said& old) {
      const bool same =
          old.probe == said.probe && (old.from == said.from || (!said.probe && !said.from.has_resource()));
      if (same) {
        --entries_;
        bytes_ -= size_of(old);
      }
      return same;
    });
  }
  const std::size_t more = size_of(said);
  if (entries_ >= max_entries || bytes_ + more > max_bytes) return false;
  if (it != pairs_.end() && it->second.said.size() >= max_of_one_sender) return false;
  ++entries_;
  bytes_ += more;
  if (it != pairs_.end()) {
    it->second.said.push_back(std::move(said));
    return true;
  }
  queue_.push_back(key);
  Pair pair{user, {}};
  pair.said.push_back(std::move(said));
  pairs_.emplace(key, std::move(pair));
  return true;
}

std::optional<HeldPresences::Pair> HeldPresences::take() {
  if (queue_.empty()) return std::nullopt;
  const auto it = pairs_.find(queue_.front());
  queue_.pop_front();
  Pair pair = std::move(it->second);
  pairs_.erase(it);
  entries_ -= pair.said.size();
  for (const Said& said : pair.said) bytes_ -= size_of(said);
  return pair;
}

void HeldPresences::clear() {
  pairs_.clear();
  queue_.clear();
  entries_ = bytes_ = 0;
}

}  // namespace ferry
