// The log: one key=value line per event on standard error. Never a body, never a secret.
#pragma once

#include <string>
#include <string_view>

#include "config/options.h"
#include "gateway/brain/effects.h"
#include "translators/values/instant.h"

namespace ferry {

// One instance is the process's log: `ts=2026-11-20T10:00:00.000Z level=info event=link.up …`. Lines are kept until
// flush(), which the tick calls once: one write(2) for all of them.
//
// Where the descriptor is the journal's (sd-daemon(3), $JOURNAL_STREAM), each line begins with its priority, `<4>` for
// a warning, which the journal takes away again: `journalctl -p warning` works.
class Log {
 public:
  static constexpr std::size_t most_bytes = 256 * 1024;  // then they are written at once

  explicit Log(LogLevel level, int fd = 2);
  ~Log() { flush(); }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void write(const LogLine& line, Instant now);
  void plain(std::string_view line);  // as it is: the `ready ` line
  void flush();
  void set_level(LogLevel level) { level_ = level; }

 private:
  LogLevel level_;
  int fd_;
  bool journal_;
  std::string lines_;
};

}  // namespace ferry
