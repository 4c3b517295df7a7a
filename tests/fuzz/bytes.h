// The bytes of a fuzzer as choices: each question takes one byte or two, and an end gives the first answer always.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace ferry::fuzz {

// One instance reads one input.
class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  bool more() const { return at_ < size_; }
  std::size_t below(std::size_t n) {
    std::size_t value = more() ? data_[at_++] : 0;
    if (n > 256 && more()) value = value << 8 | data_[at_++];
    return value % n;
  }
  bool one_in(std::size_t n) { return below(n) == n - 1; }
  template <class T, std::size_t n>
  const T& pick(const T (&words)[n]) {
    return words[below(n)];
  }
  // Some of the input itself.
  std::string_view raw(std::size_t most) {
    const std::size_t n = std::min(below(most + 1), size_ - at_);
    const std::string_view text(reinterpret_cast<const char*>(data_) + at_, n);
    at_ += n;
    return text;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_, at_ = 0;
};

inline void require(bool property) {
  if (!property) std::abort();
}
// With what was looked at, for whoever reads the report.
inline void require(bool property, std::string_view what, std::string_view seen = "") {
  if (property) return;
  std::fprintf(stderr, "broken: %.*s\n%.*s\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(seen.size()), seen.data());
  std::abort();
}

}  // namespace ferry::fuzz
