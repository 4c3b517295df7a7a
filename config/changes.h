// What differs between two sets of options: for a reload.
#pragma once

#include <string>
#include <vector>

#include "config/options.h"

namespace ferry {

// The keys ("limits.user-rate") whose values differ; routes are no key.
std::vector<std::string> changed_keys(const Options& before, const Options& after);

}  // namespace ferry
