#include "gateway/log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

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

// syslog(3)
char priority_of(LogLevel level) {
  switch (level) {
    case LogLevel::error:
      return '3';
    case LogLevel::warning:
      return '4';
    case LogLevel::info:
      return '6';
    case LogLevel::debug:
      break;
  }
  return '7';
}

bool is_journal(int fd) {
  const char* named = std::getenv("JOURNAL_STREAM");  // device:inode
  struct stat info {};
  return named && ::fstat(fd, &info) == 0 &&
         std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino) == std::string_view(named);
}

}  // namespace

Log::Log(LogLevel level, int fd) : level_(level), fd_(fd), journal_(is_journal(fd)) {}

void Log::write(const LogLine& line, Instant now) {
  const LogLevel level = level_of(line.level);
  if (level > level_) return;  // error < warning < info < debug
  if (journal_) lines_.append({'<', priority_of(level), '>'});
  plain("ts=" + format_instant(now) + " level=" + std::string(log_level_name(level)) + ' ' + line.text);
}

void Log::plain(std::string_view line) {
  const std::size_t start = lines_.size();
  lines_ += line;
  for (std::size_t i = start; i < lines_.size(); ++i)
    if (lines_[i] == '\n' || lines_[i] == '\r') lines_[i] = ' ';
  lines_ += '\n';
  if (lines_.size() >= most_bytes) flush();
}

void Log::flush() {
  std::string_view rest = lines_;
  while (!rest.empty()) {
    const ssize_t n = ::write(fd_, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) break;  // a log that cannot be written is nobody's to repair here
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  lines_.clear();
}

}  // namespace ferry
