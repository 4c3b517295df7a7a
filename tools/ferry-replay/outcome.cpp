#include "tools/ferry-replay/outcome.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "translators/values/xml.h"

namespace ferry::replay {
namespace {

std::string escaped(const std::string& text) {
  std::string legal, out;
  for (const char c : text) legal += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? '?' : c;
  append_escaped(out, is_xml_text(legal) ? legal : std::string("(text that XML cannot say)"));
  return out;
}

}  // namespace

std::string for_people(std::string text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7F) text[i] = '?';
    const bool more = c == 0xC2 && i + 1 < text.size();  // U+0080 to U+009F
    if (more && (static_cast<unsigned char>(text[i + 1]) & 0xE0U) == 0x80) text.replace(i, 2, "?");
  }
  return text;
}

std::string write_junit(const std::string& path, const std::string& suite, const std::vector<Check>& checks) {
  const auto failures = std::count_if(checks.begin(), checks.end(), [](const Check& c) { return !c.failure.empty(); });
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n<testsuite name=\"" + escaped(suite) +
                    "\" tests=\"" + std::to_string(checks.size()) + "\" failures=\"" + std::to_string(failures) +
                    "\">\n";
  for (const Check& check : checks) {
    out += "<testcase classname=\"" + escaped(suite) + "\" name=\"" + escaped(check.name) + "\"";
    if (check.failure.empty()) {
      out += "/>\n";
      continue;
    }
    out += "><failure message=\"" + escaped(check.failure.substr(0, check.failure.find('\n'))) + "\">" +
           escaped(check.failure) + "</failure></testcase>\n";
  }
  out += "</testsuite>\n</testsuites>\n";
  std::ofstream file(path, std::ios::binary);
  file << out;
  file.close();
  return file ? std::string() : path + " cannot be written: " + std::strerror(errno);
}

Progress::Progress(std::string title) : title_(std::move(title)), terminal_(::isatty(STDERR_FILENO) == 1) {}
Progress::~Progress() { clear(); }

void Progress::show(std::uint64_t done, std::uint64_t all) {
  constexpr unsigned calls_between = 64;
  if (!terminal_ || calls_++ % calls_between != 0) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + std::chrono::milliseconds(200);
  shown_ = true;
  if (all == 0) {
    std::fprintf(stderr, "\r%s %llu\033[K", title_.c_str(), static_cast<unsigned long long>(done));
  } else {
    constexpr std::size_t width = 40;
    const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(all));
    const auto full = static_cast<std::size_t>(part * width);
    std::fprintf(stderr, "\r%s [%s%s] %3d %%\033[K", title_.c_str(), std::string(full, '#').c_str(),
                 std::string(width - full, '.').c_str(), static_cast<int>(part * 100));
  }
  std::fflush(stderr);
}

void Progress::clear() {
  if (shown_) std::fputs("\r\033[K", stderr);
  shown_ = false;
}

}  // namespace ferry::replay
