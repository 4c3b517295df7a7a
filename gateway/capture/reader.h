// Reads a capture (record.h) as a stream: one record at a time, in bounded memory.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "gateway/capture/record.h"

namespace ferry {

// One instance is one capture being read.
class CaptureReader {
 public:
  static constexpr std::size_t max_line = 4U << 20;  // bytes; a longer one is damage

  // path: a file, decompressed where it is zstd; "-": stdin. On failure wrong() says what (no such file, not a
  // capture).
  explicit CaptureReader(const std::string& path);
  ~CaptureReader();
  CaptureReader(const CaptureReader&) = delete;
  CaptureReader& operator=(const CaptureReader&) = delete;

  // The next record; nothing at the end. A line that cannot be read comes as CapturedDamage (line, what was expected),
  // on the stream "-"; so does the end of a compressed file that is cut off. A record without a time has that of the
  // one before. Captures that were put together (cat) are one.
  std::optional<Record> next();
  const std::string& wrong() const;   // empty: all is well
  bool redacted() const;              // as its header says; of captures put together: all of them
  const std::string& source() const;  // what the header says it was made from ("ferryd", "openfire-debugger" …)
  std::uint64_t line() const;         // of what next() gave last, from 1 (the header's)
  std::uint64_t bytes_read() const;   // of the file, compressed (progress)
  std::uint64_t bytes_total() const;  // 0: unknown (stdin)

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ferry
