// What an import tells people while it runs, and at its end.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "tools/ferry-replay/import_sink.h"

namespace ferry::intake {

// One instance is one import. On a terminal, a line on stderr that is written anew twice a second.
class Progress {
 public:
  Progress(const Sink& sink, bool quiet);
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  // total: 0: unknown.
  void show(const std::string& file, std::uint64_t read, std::uint64_t total);
  void clear();

 private:
  const Sink& sink_;
  bool terminal_, shown_ = false;
  std::chrono::steady_clock::time_point next_;
};

void print_summary(const Sink& sink, bool redacted);

}  // namespace ferry::intake
