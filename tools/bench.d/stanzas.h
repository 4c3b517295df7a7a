// The stanzas that the translator benchmark carries: what a company's server sends to a component on a usual day.
#pragma once

#include <string>
#include <vector>

namespace ferry::bench {

struct Sample {
  std::string name, xml;
};

std::vector<Sample> stanzas();

}  // namespace ferry::bench
