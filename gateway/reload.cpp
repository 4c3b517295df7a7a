#include "gateway/reload.h"

#include <algorithm>
#include <utility>

namespace ferry {

std::vector<Row> all_rows(const Options& options, Records& records, Problems& problems) {
  std::vector<Row> rows = route_rows(options);
  records.each_route([&](std::string_view text) {
    auto row = parse_row(text);
    if (!row) {
      problems.push_back({"store", "\"" + std::string(text) + "\": " + row.error()});
      return;
    }
    row->from_store = true;
    rows.push_back(*std::move(row));
  });
  return rows;
}

void fill_table(MappingTable& table, std::vector<Row> rows, Problems& problems) {
  const auto add = [&](const Problems& more) {
    for (const Problem& p : more)
      if (std::find(problems.begin(), problems.end(), p) == problems.end()) problems.push_back(p);
  };
  add(table.set_rows(std::move(rows)));
  add(table.check());
}

}  // namespace ferry
