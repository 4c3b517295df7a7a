#include "gateway/session/login_queue.h"

#include <algorithm>
#include <cmath>

namespace ferry {

double LoginQueue::burst() const { return std::max(1.0, per_second_ * burst_time); }

bool LoginQueue::full() const {
  constexpr double least = 4;
  return static_cast<double>(under_way_.size()) >= std::max(least, per_second_ * most_time);
}

double LoginQueue::allowance(Steady now) const {
  const double more = static_cast<double>(std::max<Steady>(0, now - looked_)) / second * per_second_;
  return std::min(burst(), tokens_ + more);
}

void LoginQueue::add(std::uint32_t session, Steady due) {
  remove(session);
  const Entry entry{due, ++order_, session};
  queue_.insert(entry);
  due_.emplace(session, entry);
}

void LoginQueue::remove(std::uint32_t session) {
  under_way_.erase(session);
  const auto found = due_.find(session);
  if (found == due_.end()) return;
  queue_.erase(found->second);
  due_.erase(found);
}

void LoginQueue::hurry(std::uint32_t session, Steady now) {
  const auto found = due_.find(session);
  if (found != due_.end() && found->second.due <= now) add(session, 0);
}

std::optional<std::uint32_t> LoginQueue::next(Steady now) {
  if (queue_.empty() || full() || queue_.begin()->due > now) return std::nullopt;
  tokens_ = allowance(now);
  looked_ = now;
  if (tokens_ < 1) return std::nullopt;
  tokens_ -= 1;
  const std::uint32_t session = queue_.begin()->session;
  remove(session);
  under_way_.insert(session);
  return session;
}

std::optional<Steady> LoginQueue::deadline(Steady now) const {
  if (queue_.empty() || full()) return std::nullopt;
  const double missing = 1 - allowance(now);
  const Steady token = missing <= 0 ? now : now + static_cast<Steady>(std::ceil(missing / per_second_ * second));
  return std::max(queue_.begin()->due, token);
}

}  // namespace ferry
