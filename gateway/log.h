// The log: one key=value line per event on standard error. Never a body, never a secret.
#pragma once

#include <string>
#include <string_view>

#include "config/options.h"
#include "gateway/brain/effects.h"
#include "translators/values/instant.h"

namespace ferry {

// One instance is the process's log: `ts=2026-11-20T10:00:00.000Z level=info event=link.up …`. Each line is one
// write(2).
class Log {
 public:
  explicit Log(LogLevel level, int fd = 2) : level_(level), fd_(fd) {}
  void write(const LogLine& line, Instant now);
  void plain(std::string_view line);  // as it is: the `ready ` line
  void set_level(LogLevel level) { level_ = level; }

 private:
  LogLevel level_;
  int fd_;
};

}  // namespace ferry
