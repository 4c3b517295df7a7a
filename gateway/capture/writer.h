// Writes a capture (record.h): JSON lines, zstd where the name ends in .zst.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "gateway/capture/record.h"

namespace ferry {

// One line of a capture, without the newline; and the header's. What is no UTF-8 becomes U+FFFD, but for payloads. A
// record whose line the reader would refuse (reader.h: max_line) becomes damage that says so.
std::string capture_line(const Record& record);
std::string capture_header(const std::string& source, bool redacted);

// One instance is one capture file being written, mode 0600. Not flushed before flush() or the end.
class CaptureWriter {
 public:
  struct Settings {
    std::string path;          // "-": stdout
    std::string source;        // for the header
    bool redacted = true;      // for the header
    std::uint64_t rotate = 0;  // bytes; 0: never. A full file becomes NAME.1 (the older NAME.2 …), keep of them
    unsigned keep = 4;
    bool append = false;  // true: what is there stays; a compressed file, which cannot go on, becomes NAME.1
  };
  explicit CaptureWriter(Settings settings);
  ~CaptureWriter();
  CaptureWriter(const CaptureWriter&) = delete;
  CaptureWriter& operator=(const CaptureWriter&) = delete;

  void write(const Record& record);
  void flush();
  // Empty, or why it stopped writing (disk full, no such directory); writes are dropped then.
  const std::string& wrong() const;
  std::uint64_t records() const;  // written, if nothing went wrong

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ferry
