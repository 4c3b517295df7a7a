#include "gateway/log.h"

#include <unistd.h>

namespace ferry {
namespace {

LogLevel level_of(LogLine::Level level) {
  switch (level) {
    case LogLine::Level::debug:
      return LogLevel::debug;
    case LogLine::Level::info:
      return LogLevel::info;
    case LogLine::Level::warning:
      return LogLevel::warning;
    case LogLine::Level::error:
      break;
  }
  return LogLevel::error;
}

}  // namespace

void Log::write(const LogLine& line, Instant now) {
  const LogLevel level = level_of(line.level);
  if (level > level_) return;  // error < warning < info < debug
  plain("ts=" + format_instant(now) + " level=" + std::string(log_level_name(level)) + ' ' + line.text);
}

void Log::plain(std::string_view line) {
  std::string out(line);
  for (char& c : out)
    if (c == '\n' || c == '\r') c = ' ';
  out += '\n';
  // A log that cannot be written is nobody's to repair here.
  if (::write(fd_, out.data(), out.size()) < 0) return;
}

}  // namespace ferry
