#include "tools/ferry-replay/import_progress.h"

#include <unistd.h>

#include <cstdio>

namespace ferry::intake {
namespace {

unsigned long long n(std::uint64_t count) { return count; }

}  // namespace

Progress::Progress(const Sink& sink, bool quiet) : sink_(sink), terminal_(!quiet && isatty(STDERR_FILENO) == 1) {}

void Progress::show(const std::string& file, std::uint64_t read, std::uint64_t total) {
  if (!terminal_ || std::chrono::steady_clock::now() < next_) return;
  next_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
  shown_ = true;
  std::fprintf(stderr, "\r\033[K%s: %llu MB", file.c_str(), n(read / 1'000'000));
  if (total != 0) std::fprintf(stderr, " of %llu (%llu %%)", n(total / 1'000'000), n(read * 100 / total));
  std::fprintf(stderr, ", %llu stanzas, %llu damaged places", n(sink_.counts.stanzas), n(sink_.counts.damages));
  std::fflush(stderr);
}

void Progress::clear() {
  if (shown_) std::fputs("\r\033[K", stderr);
  shown_ = false;
}

void print_summary(const Sink& sink, bool redacted) {
  const Sink::Counts& c = sink.counts;
  for (const std::string& line : sink.damage_lines()) std::fprintf(stderr, "%s\n", line.c_str());
  if (c.damages > sink.damage_lines().size())
    std::fprintf(stderr, "and %llu more\n", n(c.damages - sink.damage_lines().size()));
  std::fprintf(stderr, "%llu stanzas", n(c.stanzas));
  if (c.publishes != 0) std::fprintf(stderr, ", %llu publishes", n(c.publishes));
  std::fprintf(stderr, " of %llu streams; damaged places: %llu (%llu bytes)\n", n(c.streams), n(c.damages),
               n(c.damaged_bytes));
  if (c.duplicates + c.other_lines + c.other_packets + c.opaque_bytes != 0)
    std::fprintf(stderr,
                 "passed over: %llu lines and %llu packets of something else, %llu lines that repeat a stanza, "
                 "%llu encrypted or compressed bytes\n",
                 n(c.other_lines), n(c.other_packets), n(c.duplicates), n(c.opaque_bytes));
  if (!redacted) std::fputs("not redacted: it holds whatever the files held, passwords too\n", stderr);
}

}  // namespace ferry::intake
