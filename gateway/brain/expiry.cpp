#include "gateway/brain/expiry.h"

#include <algorithm>

namespace ferry {

void Expiry::on_time() {
  if (world_.now < at_) return;
  const bool more = head();
  const Instant walk_at = walk_ended_ + (walked_ == 0 ? rest() : step);
  if (!more && world_.now >= walk_at) {  // what the walk fails lives on, and would stand in the other's way
    walk();
    walk_ended_ = world_.now;
  }
  at_ = more ? world_.now : world_.now + step;
}

// After a round: a tenth of a message's life later is soon enough.
Duration Expiry::rest() const {
  return std::clamp(world_.options.limits.message_ttl * second / 10, step, longest_rest);
}

bool Expiry::head() {
  const auto first = world_.records.oldest(head_, 1);  // mostly it lives, and a page would be read for nothing
  if (first.empty()) return false;
  if (first.front().expires > world_.now) {
    head_ = first.front().seq - 1;
    return false;
  }
  const auto rows = world_.records.oldest(head_, head_page);
  for (const MessageRecord& row : rows) {
    if (row.expires > world_.now) {
      head_ = row.seq - 1;
      return false;
    }
    head_ = row.seq;
    handle_(row);
  }
  return rows.size() == head_page;
}

void Expiry::walk() {
  Seq last = walked_;
  for (const MessageRecord& row : world_.records.expired(world_.now, walked_, walk_page, last)) handle_(row);
  walked_ = last;
}

}  // namespace ferry
