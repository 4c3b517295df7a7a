// What commands say at the end to other programs (JUnit XML), and meanwhile to people (a progress bar on a terminal).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace ferry::replay {

// One thing that was checked.
struct Check {
  std::string name;
  std::string failure;  // empty: it passed
};

// Empty: written. Otherwise why not.
std::string write_junit(const std::string& path, const std::string& suite, const std::vector<Check>& checks);

// A text of a capture as a terminal may be given it: what is no character of a line is '?'. A message could clear the
// screen otherwise, or say that all is well.
std::string for_people(std::string text);

// One instance is one bar on standard error; nothing at all where that is no terminal.
class Progress {
 public:
  explicit Progress(std::string title);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(std::uint64_t done, std::uint64_t all);  // all 0: unknown. Looks at the clock now and then only
  void clear();

 private:
  std::string title_;
  bool terminal_, shown_ = false;
  unsigned calls_ = 0;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace ferry::replay
