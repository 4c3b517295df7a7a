#include "gateway/brain/untold.h"

#include <algorithm>

namespace ferry {

void Untold::open(Seq seq) {
  from_ = from_ == 0 ? seq : std::min(from_, seq);
  late_.erase(late_.lower_bound(from_), late_.end());
}

void Untold::add(Seq seq) {
  if (covers(seq)) return;
  if (late_.size() >= max_late && !late_.contains(seq)) return open(seq);
  late_.insert(seq);
}

std::optional<Seq> Untold::take_late() {
  if (late_.empty()) return std::nullopt;
  return late_.extract(late_.begin()).value();
}

}  // namespace ferry
