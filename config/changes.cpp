#include "config/changes.h"

#include "config/keys.h"

namespace ferry {

std::vector<std::string> changed_keys(const Options& before, const Options& after) {
  std::vector<std::string> changed;
  for (const Key& key : keys())
    if (value_text(key, before) != value_text(key, after)) changed.push_back(flag_name(key));
  return changed;
}

}  // namespace ferry
