// What the bridge does not carry as it is: each kind of it, how often, for whom, and where to look.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/ferry-replay/report_counts.h"
#include "tools/ferry-replay/report_verdict.h"

namespace ferry::report {

struct Example {
  std::uint64_t line = 0;  // of the capture
  std::string xml;
};

struct Gap {
  std::int64_t count = 0;  // stanzas
  Verdict verdict = Verdict::loss;
  bool people = false;
  std::string why;
  Distinct users, pairs;
  std::vector<Example> examples;
};

class Gaps {
 public:
  explicit Gaps(Budget& sets) : sets_(sets) {}

  // True: an example of it is wanted; add_example() with the same finding gives one.
  bool add(const Finding& finding, const std::vector<Digest>& users, std::optional<Digest> pair);
  void add_example(const Finding& finding, std::uint64_t line, std::string xml);
  std::vector<Tally<Gap>::Ranked> ranked() const { return gaps_.ranked(); }

 private:
  Budget& sets_;
  Tally<Gap> gaps_;
};

}  // namespace ferry::report
