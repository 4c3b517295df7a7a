// The only file that knows libzstd.
#include "gateway/capture/zstd_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

namespace ferry {
namespace {

constexpr std::size_t piece_bytes = 128 * 1024;
constexpr int level = 1;  // half the time of the default one; records repeat themselves so much that it saves as much
constexpr std::string_view zstd_magic = "\x28\xB5\x2F\xFD";

bool is_zstd_name(std::string_view path) { return path.size() > 4 && path.substr(path.size() - 4) == ".zst"; }

// Of a file; "-": the descriptor that the process was given, which stays open.
class Descriptor {
 public:
  Descriptor(const std::string& path, int flags, int standard) {
    if (path == "-") {
      fd_ = standard;
      return;
    }
    fd_ = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
    owned_ = fd_ >= 0;
    if (fd_ < 0) fault_ = std::strerror(errno);
  }
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  std::size_t read(char* to, std::size_t size) {
    for (;;) {
      const ssize_t got = ::read(fd_, to, size);
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno == EINTR) continue;
      fault_ = std::strerror(errno);
      return 0;
    }
  }
  void write(std::string_view bytes) {
    while (!bytes.empty() && fault_.empty()) {
      const ssize_t put = ::write(fd_, bytes.data(), bytes.size());
      if (put > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(put));
      } else if (put == 0 || errno != EINTR) {
        fault_ = std::strerror(put == 0 ? ENOSPC : errno);
      }
    }
  }
  void close() {
    if (!std::exchange(owned_, false)) return;
    if (::close(fd_) != 0 && fault_.empty() && errno != EINTR) fault_ = std::strerror(errno);
  }
  std::uint64_t size() const {
    struct stat found {};
    if (fd_ < 0 || ::fstat(fd_, &found) != 0 || !S_ISREG(found.st_mode)) return 0;
    return static_cast<std::uint64_t>(found.st_size);
  }
  const std::string& fault() const { return fault_; }

 private:
  int fd_ = -1;
  bool owned_ = false;
  std::string fault_;
};

struct FreeDecompressor {
  void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
};
struct FreeCompressor {
  void operator()(ZSTD_CStream* stream) const { ZSTD_freeCStream(stream); }
};

}  // namespace

struct ZstdFileReader::Impl {
  std::string name;
  Descriptor file;
  std::vector<char> in = std::vector<char>(piece_bytes);
  ZSTD_inBuffer input{in.data(), 0, 0};
  std::unique_ptr<ZSTD_DStream, FreeDecompressor> stream;  // nullptr: the file is as it is
  bool inside = false;                                     // a frame that has not ended
  bool more = false;                                       // the decompressor holds what did not fit
  std::uint64_t bytes = 0, total = 0;
  std::string wrong;

  explicit Impl(const std::string& path)
      : name(path == "-" ? "stdin" : path), file(path, O_RDONLY, STDIN_FILENO), total(file.size()) {
    if (!file.fault().empty()) {
      fail(file.fault());
      return;
    }
    // A pipe may give its first bytes one by one.
    while (input.size < zstd_magic.size() && fill(input.size)) {}
    if (!wrong.empty()) return;
    const bool magic = std::string_view(in.data(), input.size).substr(0, zstd_magic.size()) == zstd_magic;
    if (!magic && (!is_zstd_name(path) || input.size == 0)) return;
    stream.reset(ZSTD_createDStream());
    ZSTD_DCtx_setParameter(stream.get(), ZSTD_d_windowLogMax, max_window_log);
  }

  void fail(const std::string& why) { wrong = name + ": " + why; }

  bool fill(std::size_t keep) {
    const std::size_t got = file.read(in.data() + keep, in.size() - keep);
    input = {in.data(), keep + got, 0};
    bytes += got;
    if (!file.fault().empty()) fail(file.fault());
    return got > 0;
  }

  std::size_t plain(char* to, std::size_t size) {
    if (input.pos == input.size && !fill(0)) return 0;
    const std::size_t length = std::min(size, input.size - input.pos);
    std::memcpy(to, in.data() + input.pos, length);
    input.pos += length;
    return length;
  }

  std::size_t decompressed(char* to, std::size_t size) {
    ZSTD_outBuffer out{to, size, 0};
    while (out.pos == 0) {
      if (input.pos == input.size && !more && !fill(0)) {
        if (wrong.empty() && inside) fail("the compressed data is cut off");
        return 0;
      }
      const std::size_t rest = ZSTD_decompressStream(stream.get(), &out, &input);
      if (ZSTD_isError(rest)) {
        fail(std::string("the compressed data is damaged: ") + ZSTD_getErrorName(rest));
        return out.pos;
      }
      inside = rest != 0;
      more = out.pos == out.size;
    }
    return out.pos;
  }
};

ZstdFileReader::ZstdFileReader(const std::string& path) : impl_(std::make_unique<Impl>(path)) {}
ZstdFileReader::~ZstdFileReader() = default;

std::size_t ZstdFileReader::read(char* to, std::size_t size) {
  if (!impl_->wrong.empty() || size == 0) return 0;
  return impl_->stream ? impl_->decompressed(to, size) : impl_->plain(to, size);
}

const std::string& ZstdFileReader::wrong() const { return impl_->wrong; }
std::uint64_t ZstdFileReader::bytes_read() const { return impl_->bytes; }
std::uint64_t ZstdFileReader::bytes_total() const { return impl_->total; }

struct ZstdFileWriter::Impl {
  std::string name;
  Descriptor file;
  std::unique_ptr<ZSTD_CStream, FreeCompressor> stream;  // nullptr: the file is as what is written
  std::string waiting;                                   // not compressed or written yet
  std::vector<char> out;
  std::uint64_t bytes = 0;  // of the file
  bool closed = false;
  std::string wrong;

  Impl(const std::string& path, bool append)
      : name(path == "-" ? "stdout" : path),
        file(path, O_WRONLY | O_CREAT | (append && !is_zstd_name(path) ? O_APPEND : O_TRUNC), STDOUT_FILENO) {
    look();
    if (path != "-") bytes = file.size();
    if (!is_zstd_name(path)) return;
    stream.reset(ZSTD_createCStream());
    ZSTD_CCtx_setParameter(stream.get(), ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(stream.get(), ZSTD_c_checksumFlag, 1);
    out.resize(ZSTD_CStreamOutSize());
  }

  void look() {
    if (wrong.empty() && !file.fault().empty()) wrong = name + ": " + file.fault();
  }

  void put(std::string_view text) {
    file.write(text);
    bytes += text.size();
    look();
  }

  void pass_on(ZSTD_EndDirective mode) {
    if (wrong.empty()) pass(waiting, mode);
    waiting.clear();  // its memory is used again
  }

  void pass(std::string_view text, ZSTD_EndDirective mode) {
    if (!stream) return put(text);
    ZSTD_inBuffer input{text.data(), text.size(), 0};
    for (bool done = false; !done && wrong.empty();) {
      ZSTD_outBuffer output{out.data(), out.size(), 0};
      const std::size_t rest = ZSTD_compressStream2(stream.get(), &output, &input, mode);
      if (ZSTD_isError(rest)) {
        wrong = name + ": " + ZSTD_getErrorName(rest);
        return;
      }
      put({out.data(), output.pos});
      done = mode == ZSTD_e_continue ? input.pos == input.size : rest == 0;
    }
  }
};

ZstdFileWriter::ZstdFileWriter(const std::string& path, bool append) : impl_(std::make_unique<Impl>(path, append)) {}
ZstdFileWriter::~ZstdFileWriter() { close(); }

void ZstdFileWriter::write(std::string_view bytes) {
  if (!impl_->wrong.empty() || impl_->closed) return;
  impl_->waiting += bytes;
  if (impl_->waiting.size() >= piece_bytes) impl_->pass_on(ZSTD_e_continue);
}

void ZstdFileWriter::flush() {
  if (!impl_->closed) impl_->pass_on(ZSTD_e_flush);
}

void ZstdFileWriter::close() {
  if (std::exchange(impl_->closed, true)) return;
  impl_->pass_on(ZSTD_e_end);
  impl_->file.close();
  impl_->look();
}

const std::string& ZstdFileWriter::wrong() const { return impl_->wrong; }
std::uint64_t ZstdFileWriter::size() const { return impl_->bytes + impl_->waiting.size(); }

}  // namespace ferry
