// What the gateway subscribes to: no filter covers another, or the broker might deliver twice.
#include <algorithm>
#include <set>

#include "config/table.h"
#include "translators/values/topic.h"

namespace ferry {
namespace {

// Does the filter match everything that the other one does?
bool covers(std::string_view filter, std::string_view other) {
  const auto a = topic_levels(filter);
  const auto b = topic_levels(other);
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[i] == "#") return i <= b.size();
    if (i >= b.size() || b[i] == "#" || (a[i] != "+" && a[i] != b[i])) return false;
  }
  return a.size() == b.size();
}

std::vector<std::string> without_covered(const std::set<std::string>& all) {
  // Only a filter with a wildcard can cover, and before the closing "/#" of user filters there are few of those.
  std::vector<std::string_view> wide;
  const auto wild_inside = [](std::string_view f) {
    const std::size_t at = f.find_first_of("+#");
    return at != std::string_view::npos && !(f.size() > 5 && at == f.size() - 1 && f.substr(at - 5) == "/out/#");
  };
  for (const std::string& filter : all)
    if (wild_inside(filter)) wide.push_back(filter);
  std::vector<std::string> out;
  for (const std::string& filter : all)
    if (std::none_of(wide.begin(), wide.end(), [&](std::string_view w) { return w != filter && covers(w, filter); }))
      out.push_back(filter);
  return out;
}

}  // namespace

// An exact row whose topic has a name in it subscribes to the filter of its template: a million of them are one filter.
std::vector<std::string> MappingTable::user_filters() const {
  std::set<std::string> all;
  state_->each([&](const Row& row) {
    if (row.kind == RowKind::user) all.insert(topic_template(row, state_->root).filter() + "/out/#");
  });
  return without_covered(all);
}

std::vector<std::string> MappingTable::feed_filters() const {
  std::set<std::string> all;
  state_->each([&](const Row& row) {
    if (row.kind != RowKind::feed) return;
    all.insert(is_pattern(row) ? topic_template(row, state_->root).filter() : state_->topic_of(row));
  });
  return without_covered(all);
}

}  // namespace ferry
