// One direction of a TCP connection put in order: retransmissions dropped, overlaps cut, early segments kept for a
// while, what never comes passed over.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "tools/ferry-replay/import_parts.h"

namespace ferry::intake {

// One instance is one direction of one connection.
class TcpHalf {
 public:
  // bytes: the next ones; or missing, if that is not 0: so many are not there.
  using Take =
      std::function<void(std::string_view bytes, std::uint64_t missing, std::int64_t time, std::uint64_t offset)>;

  void begin(std::uint32_t seq) { known_ = true, first_ = next_ = seq; }  // of the first byte, behind SYN
  bool known() const { return known_; }
  bool began_with(std::uint32_t seq) const { return known_ && first_ == seq; }

  void segment(std::uint32_t seq, std::string_view bytes, std::uint64_t missing, std::int64_t time,
               std::uint64_t offset, const Take& take);
  void end_at(std::uint32_t seq) { ends_ = true, end_ = place(seq); }  // FIN stands there
  bool ended() const { return ends_ && at_ >= end_; }
  void flush(const Take& take);  // nothing comes any more

 private:
  struct Early {
    std::string bytes;
    std::uint64_t missing;
    std::int64_t time;
    std::uint64_t offset;
  };
  // Where a sequence number stands, counted from the first: they wrap around after 4 GiB.
  std::uint64_t place(std::uint32_t seq) const {
    return at_ + static_cast<std::uint64_t>(std::int64_t{static_cast<std::int32_t>(seq - next_)});
  }
  void deliver(std::uint64_t at, std::string_view bytes, std::uint64_t missing, std::int64_t time, std::uint64_t offset,
               const Take& take);
  void advance(std::uint64_t n) { at_ += n, next_ += static_cast<std::uint32_t>(n); }
  void drain(const Take& take);
  void skip(const Take& take);  // what stands before the first early one never comes

  bool known_ = false, ends_ = false;
  std::uint32_t first_ = 0, next_ = 0;         // sequence numbers
  std::uint64_t at_ = std::uint64_t{1} << 32;  // where next_ stands; what is before the beginning has a place too
  std::uint64_t end_ = 0;
  std::map<std::uint64_t, Early> early_;
  std::size_t early_bytes_ = 0;
};

}  // namespace ferry::intake
