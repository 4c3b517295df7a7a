#include "gateway/brain/queues.h"

namespace ferry {
namespace {

bool fits(const Load& load, std::size_t bytes, std::uint64_t most_rows, std::uint64_t most_bytes) {
  return static_cast<std::uint64_t>(load.rows) < most_rows &&
         static_cast<std::uint64_t>(load.bytes) + bytes <= most_bytes;
}

}  // namespace

Queues::Room Queues::room(Way way, UserKey user, std::size_t bytes, bool message) const {
  const auto reserve = [&](std::uint64_t limit) { return message ? limit : limit + limit / 8 + 1; };
  if (!fits(of(way), bytes, reserve(limits_.outbox_rows), reserve(limits_.outbox_bytes))) return Room::outbox_full;
  if (message && user != 0 && !fits(of(way, user), bytes, limits_.user_outbox_rows, limits_.user_outbox_bytes))
    return Room::share_full;
  return Room::enough;
}

Load Queues::of(Way way, UserKey user) const {
  const auto it = users_.find(user);
  return it == users_.end() ? Load{} : it->second[static_cast<std::size_t>(way)];
}

void Queues::add(Way way, UserKey user, std::int64_t rows, std::int64_t bytes) {
  const auto at = static_cast<std::size_t>(way);
  for (Load* load : {&all_[at], &users_[user][at]}) {
    load->rows += rows;
    load->bytes += bytes;
  }
}

void Queues::forget(UserKey user) {
  const auto it = users_.find(user);
  if (it == users_.end()) return;
  for (std::size_t way = 0; way < all_.size(); ++way) {
    all_[way].rows -= it->second[way].rows;
    all_[way].bytes -= it->second[way].bytes;
  }
  users_.erase(it);
}

void Queues::read(Records& records, const std::function<void(UserKey, std::int64_t)>& visit) {
  all_ = {};
  users_.clear();
  records.each_queued([&](const QueuedRecord& q) {
    add(q.way, q.user, q.rows, q.bytes);
    if (q.state == MessageState::waiting && visit) visit(q.user, q.rows);
  });
}

}  // namespace ferry
