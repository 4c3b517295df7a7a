// Compares the output of a run with the one of an earlier run, and says for people what differs and why.
#pragma once

#include <cstdint>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "tools/ferry-replay/departure.h"
#include "tools/ferry-replay/same.h"

namespace ferry::replay {

// One instance is one comparison. Both sides are read once, in the order of the capture's lines; lines that differ in
// generated ids alone, each id always in the same one, are not a difference (a message more or less shifts all that
// come after it).
class Golden {
 public:
  static constexpr std::size_t most_cause = 600;  // of a stanza shown

  // say: gets the text of each difference, at most `show` of them.
  Golden(const std::string& path, std::size_t show, std::function<void(const std::string&)> say);
  const std::string& wrong() const { return wrong_; }

  // What left because of this line of the capture (and until the next one), all of it. cause: its text.
  void compare(std::uint64_t line, const std::string& cause, const std::vector<std::string>& actual);
  void finish();

  std::uint64_t differences() const { return differences_; }  // lines of the capture
  std::uint64_t other_ids() const { return other_ids_; }      // output lines that differ in ids alone

 private:
  void miss();
  bool peek();  // is there another expected line? then it is in next_
  void differ(std::uint64_t line, const std::string& cause, const std::vector<std::string>& expected,
              const std::vector<std::string>& actual);

  std::ifstream in_;
  std::string path_, wrong_;
  std::size_t show_;
  std::function<void(const std::string&)> say_;
  bool have_ = false;
  std::string next_;
  std::uint64_t next_line_ = 0, number_ = 0;
  std::uint64_t differences_ = 0, other_ids_ = 0;
  Partners partners_;
};

// Two departures as people compare them: "- …" and "+ …", and which members of the payload differ. nullptr: none.
std::string difference(const Departure* expected, const Departure* actual);

}  // namespace ferry::replay
