// The bytes of one file that is imported, in blocks, with a look at its beginning.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ferry::intake {

// One instance is one file being read, decompressed (gateway/capture/zstd_file.h).
class Input {
 public:
  // Puts up to size bytes at to; 0: the end, or wrong.
  using Read = std::function<std::size_t(char* to, std::size_t size)>;
  explicit Input(Read read) : read_(std::move(read)) {}

  std::string_view beginning();                  // up to 64 KiB, not taken
  std::string_view block();                      // the next ones, valid until the next call; empty: the end
  std::size_t read(char* to, std::size_t size);  // likewise, copied
  std::uint64_t position() const { return position_; }

 private:
  Read read_;
  std::string ahead_;  // read by beginning() and not taken yet
  bool given_ = false;
  std::string_view refill();
  std::vector<char> block_;
  std::string_view left_;  // of block_
  std::uint64_t position_ = 0;
};

// Of a text in memory, in pieces.
Input input_of(std::string_view text, std::size_t piece = 65'536);

}  // namespace ferry::intake
