#include "tools/ferry-replay/tcp_half.h"

#include <algorithm>

namespace ferry::intake {

void TcpHalf::segment(std::uint32_t seq, std::string_view bytes, std::uint64_t missing, std::int64_t time,
                      std::uint64_t offset, const Take& take) {
  if (!known_) begin(seq);
  if (!bytes.empty() || missing != 0) deliver(place(seq), bytes, missing, time, offset, take);
  while (!early_.empty() && time - early_.begin()->second.time > limit::early_time) skip(take);
}

void TcpHalf::deliver(std::uint64_t at, std::string_view bytes, std::uint64_t missing, std::int64_t time,
                      std::uint64_t offset, const Take& take) {
  if (at + bytes.size() + missing <= at_) return;  // seen
  if (at > at_) {
    Early& kept = early_[at];
    if (kept.bytes.size() >= bytes.size() && !kept.bytes.empty()) return;
    early_bytes_ += bytes.size() - kept.bytes.size();
    kept = {std::string(bytes), missing, time, offset};
    while (early_.size() > limit::early_segments || early_bytes_ > limit::early_bytes) skip(take);
    return;
  }
  const std::size_t seen = std::min<std::uint64_t>(at_ - at, bytes.size());
  const std::uint64_t passed = at_ - at - seen;  // of what is missing
  bytes.remove_prefix(seen);
  advance(bytes.size());
  if (!bytes.empty()) take(bytes, 0, time, offset + seen);
  if (missing > passed) {
    advance(missing - passed);
    take({}, missing - passed, time, offset + seen + bytes.size());
  }
  drain(take);
}

void TcpHalf::drain(const Take& take) {
  while (!early_.empty() && early_.begin()->first <= at_) {
    auto node = early_.extract(early_.begin());
    const Early& e = node.mapped();
    early_bytes_ -= e.bytes.size();
    deliver(node.key(), e.bytes, e.missing, e.time, e.offset, take);
  }
}

void TcpHalf::skip(const Take& take) {
  const auto& [at, first] = *early_.begin();
  const std::uint64_t missing = at - at_;
  advance(missing);
  take({}, missing, first.time, first.offset);
  drain(take);
}

void TcpHalf::flush(const Take& take) {
  while (!early_.empty()) skip(take);
}

}  // namespace ferry::intake
