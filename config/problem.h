// One mistake in what the administrator wrote, for people: where it stands and what is wrong with it.
// Problems are collected, never thrown: everything that is wrong is said at once.
#pragma once

#include <string>
#include <vector>

namespace ferry {

struct Problem {
  std::string where;  // "ferry.conf:12", "--broker.port", "FERRY_BROKER_PORT", "store" (a row added at run time)
  std::string text;   // what is wrong and what was expected; never a secret
  bool info = false;  // worth knowing, but nothing to refuse a start for

  friend bool operator==(const Problem&, const Problem&) = default;
};

using Problems = std::vector<Problem>;

// Does anything in it forbid a start (exit code 2)?
inline bool any_error(const Problems& problems) {
  for (const Problem& p : problems)
    if (!p.info) return true;
  return false;
}

// "ferry.conf:12: text", or "note: ferry.conf:12: text" for an info.
std::string format_problem(const Problem& problem);

}  // namespace ferry
