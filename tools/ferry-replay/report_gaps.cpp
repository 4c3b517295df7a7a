#include "tools/ferry-replay/report_gaps.h"

namespace ferry::report {

bool Gaps::add(const Finding& finding, const std::vector<Digest>& users, std::optional<Digest> pair) {
  Gap& gap = gaps_.at(finding.what);
  if (gap.count == 0) {
    gap.verdict = finding.verdict;
    gap.people = finding.people;
    gap.why = finding.why;
  }
  ++gap.count;
  for (const Digest user : users) gap.users.add(user, sets_);
  if (pair) gap.pairs.add(*pair, sets_);
  return gap.examples.size() < most_examples;
}

void Gaps::add_example(const Finding& finding, std::uint64_t line, std::string xml) {
  Gap& gap = gaps_.at(finding.what);
  if (gap.examples.size() < most_examples) gap.examples.push_back({line, std::move(xml)});
}

}  // namespace ferry::report
