// The only file that knows zlib.
#include "tools/ferry-replay/report_deflate.h"

#include <zlib.h>

#include <array>

namespace ferry::report {

struct DeflateStream::Impl {
  z_stream z{};
  bool good = deflateInit(&z, 6) == Z_OK;
  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() { deflateEnd(&z); }
};

DeflateStream::DeflateStream() : impl_(std::make_unique<Impl>()) {}
DeflateStream::~DeflateStream() = default;
DeflateStream::DeflateStream(DeflateStream&&) noexcept = default;
DeflateStream& DeflateStream::operator=(DeflateStream&&) noexcept = default;

std::size_t DeflateStream::write(std::string_view bytes) {
  if (!impl_->good || bytes.empty()) return bytes.size();
  std::array<unsigned char, 4096> buffer{};
  z_stream& z = impl_->z;
  z.next_in = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));  // NOLINT: zlib does not write to it
  z.avail_in = static_cast<unsigned>(bytes.size());
  std::size_t out = 0;
  do {
    z.next_out = buffer.data();
    z.avail_out = static_cast<unsigned>(buffer.size());
    if (deflate(&z, Z_SYNC_FLUSH) == Z_STREAM_ERROR) break;
    out += buffer.size() - z.avail_out;
  } while (z.avail_out == 0);
  return out;
}

}  // namespace ferry::report
