#include "tools/ferry-replay/import_input.h"

#include <algorithm>
#include <cstring>

namespace ferry::intake {
namespace {

constexpr std::size_t beginning_size = 65'536, block_size = 262'144;

}  // namespace

std::string_view Input::beginning() {
  if (!given_) {
    given_ = true;
    ahead_.resize(beginning_size);
    std::size_t filled = 0;
    for (std::size_t n = 1; n > 0 && filled < ahead_.size(); filled += n)
      n = read_(ahead_.data() + filled, ahead_.size() - filled);
    ahead_.resize(filled);
  }
  return ahead_;
}

std::string_view Input::refill() {
  block_.resize(block_size);
  const std::size_t ahead = std::min(ahead_.size(), block_.size());
  std::copy_n(ahead_.begin(), ahead, block_.begin());
  ahead_.erase(0, ahead);
  return {block_.data(), ahead != 0 ? ahead : read_(block_.data(), block_.size())};
}

std::size_t Input::read(char* to, std::size_t size) {
  if (left_.empty()) left_ = refill();
  const std::size_t n = std::min(size, left_.size());
  std::copy_n(left_.begin(), n, to);
  left_.remove_prefix(n);
  position_ += n;
  return n;
}

std::string_view Input::block() {
  const std::string_view all = left_.empty() ? refill() : left_;
  left_ = {};
  position_ += all.size();
  return all;
}

Input input_of(std::string_view text, std::size_t piece) {
  return Input([text, piece](char* to, std::size_t size) mutable {
    const std::size_t n = std::min({size, piece, text.size()});
    std::memcpy(to, text.data(), n);
    text.remove_prefix(n);
    return n;
  });
}

}  // namespace ferry::intake
