#include "gateway/links/publish_queue.h"

#include <algorithm>
#include <utility>

namespace ferry {

void PublishQueue::push(Publish p) {
  if (p.retain) {
    const auto it = latest_.find(p.topic);
    if (p.token == 0 && it != latest_.end()) {
      Publish& waiting = entries_[it->second - first_];
      bytes_ = bytes_ - size_of(waiting) + size_of(p);
      waiting = std::move(p);
      return;
    }
    // One with a token must not be overtaken by what comes later, so it ends the merging of what came before.
    if (p.token != 0 && it != latest_.end()) latest_.erase(it);
  } else if (p.token == 0 && (entries_.size() >= (p.qos == 0 ? most_volatile : most_entries) || bytes_ >= most_bytes)) {
    ++dropped_;
    return;
  }
  if (p.retain && p.token == 0) latest_[p.topic] = first_ + entries_.size();
  bytes_ += size_of(p);
  entries_.push_back(std::move(p));
}

Publish PublishQueue::pop() {
  Publish p = std::move(entries_.front());
  entries_.pop_front();
  bytes_ -= size_of(p);
  if (p.retain) {
    const auto it = latest_.find(p.topic);
    if (it != latest_.end() && it->second == first_) latest_.erase(it);
  }
  ++first_;
  return p;
}

void PublishQueue::link_lost() {
  const auto worthless = [](const Publish& p) { return p.token == 0 && !p.retain; };
  dropped_ += static_cast<std::uint64_t>(std::count_if(entries_.begin(), entries_.end(), worthless));
  std::erase_if(entries_, [&](const Publish& p) { return worthless(p) || p.ends_with_link; });
  rebuild_index();
}

void PublishQueue::put_back(std::vector<Publish> publishes) {
  std::erase_if(publishes, [&](const Publish& p) { return p.retain && p.token == 0 && latest_.contains(p.topic); });
  entries_.insert(entries_.begin(), std::make_move_iterator(publishes.begin()),
                  std::make_move_iterator(publishes.end()));
  rebuild_index();
}

void PublishQueue::rebuild_index() {
  latest_.clear();
  bytes_ = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Publish& p = entries_[i];
    bytes_ += size_of(p);
    if (!p.retain) continue;
    if (p.token == 0)
      latest_[p.topic] = first_ + i;
    else
      latest_.erase(p.topic);
  }
}

}  // namespace ferry
