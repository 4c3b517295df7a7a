// Files that may be compressed with zstd, as streams in bounded memory. Nothing else sees <zstd.h>.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace ferry {

// One instance is one file being read, decompressed where its first bytes or its name (.zst) say that it is zstd.
class ZstdFileReader {
 public:
  // Memory that a compressed file may ask for: 32 MiB. zstd takes 2 MiB by default and 8 MiB at -19; only --ultra and
  // --long ask for more.
  static constexpr int max_window_log = 25;

  explicit ZstdFileReader(const std::string& path);  // "-": stdin
  ~ZstdFileReader();
  ZstdFileReader(const ZstdFileReader&) = delete;
  ZstdFileReader& operator=(const ZstdFileReader&) = delete;

  std::size_t read(char* to, std::size_t size);  // bytes; 0: the end, or what wrong() says
  const std::string& wrong() const;              // it cannot be opened, read or decompressed; cut off
  std::uint64_t bytes_read() const;              // of the file as it is
  std::uint64_t bytes_total() const;             // 0: unknown (no regular file)

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// One instance is one file being written, mode 0600, compressed where its name ends in .zst.
class ZstdFileWriter {
 public:
  // path: "-" is stdout. append: to what is there, if it is not compressed.
  explicit ZstdFileWriter(const std::string& path, bool append = false);
  ~ZstdFileWriter();  // closes
  ZstdFileWriter(const ZstdFileWriter&) = delete;
  ZstdFileWriter& operator=(const ZstdFileWriter&) = delete;

  void write(std::string_view bytes);
  void flush();                      // everything written so far can be read from the file, whatever comes
  void close();                      // and ends the compression; nothing can be written after it
  const std::string& wrong() const;  // why it stopped writing; what is written then goes nowhere
  std::uint64_t size() const;        // bytes of the file and of what waits to be compressed or written

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ferry
