// One stream as a compressing link would send it: zlib, each write flushed (XEP-0138 with zlib, level 6).
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace ferry::report {

class DeflateStream {
 public:
  DeflateStream();
  ~DeflateStream();
  DeflateStream(DeflateStream&&) noexcept;
  DeflateStream& operator=(DeflateStream&&) noexcept;
  std::size_t write(std::string_view bytes);  // how many leave

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ferry::report
