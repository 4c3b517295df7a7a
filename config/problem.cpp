#include "config/problem.h"

namespace ferry {

std::string format_problem(const Problem& problem) {
  return (problem.info ? "note: " : "") + problem.where + ": " + problem.text;
}

}  // namespace ferry
