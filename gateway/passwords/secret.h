// Text that must not outlive its use: wiped when it goes, moved and never copied by accident, printed by nobody.
//
// For passwords and keys. What std::string leaves behind when it grows or moves, this does not: the bytes stand in one
// block of the heap from the beginning to the end.
#pragma once

#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace ferry {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text) : bytes_(text.empty() ? nullptr : new char[text.size()]), size_(text.size()) {
    if (size_ > 0) std::memcpy(bytes_.get(), text.data(), size_);
  }
  ~Secret() { wipe(); }
  Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}
  Secret& operator=(Secret&& other) noexcept {
    if (this == &other) return *this;
    wipe();
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  Secret copy() const { return Secret(view()); }
  std::string_view view() const { return {bytes_.get(), size_}; }  // lives as long as this
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  void wipe() {
    wipe(bytes_.get(), size_);
    bytes_.reset();
    size_ = 0;
  }

  // Of a buffer of somebody else's; the compiler may not leave it out.
  static void wipe(void* bytes, std::size_t size) {
    if (bytes != nullptr && size > 0) ::explicit_bzero(bytes, size);
  }
  template <class Text>
  static void wipe(Text& text) {
    wipe(text.data(), text.size());
    text.clear();
  }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
};

}  // namespace ferry
