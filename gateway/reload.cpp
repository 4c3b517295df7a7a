#include "gateway/reload.h"

#include <algorithm>
#include <utility>

#include "config/changes.h"
#include "gateway/links/link_event.h"

namespace ferry {

MappingTable make_table(const Options& options) {
  return MappingTable(options.broker.root, options.broker.username,
                      options.config_file.empty() ? "route" : options.config_file);
}

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

void Reload::operator()() {
  p_.service.reloading();
  apply();
  p_.service.ready();
}

void Reload::apply() {
  Problems problems;
  const Options fresh = load(argc_, argv_, process_environment(), problems);
  MappingTable table = make_table(p_.running);
  fill_table(table, all_rows(fresh, p_.records, problems), problems);
  for (const Problem& p : problems)
    say(p.info ? LogLine::Level::info : LogLine::Level::error,
        "event=reload.problem text=" + log_value(format_problem(p)));
  if (any_error(problems))
    return say(LogLine::Level::error, "event=reload.refused advice=" + log_value("everything stays as it was"));
  p_.table = std::move(table);
  p_.running.log = fresh.log;
  p_.log.set_level(fresh.log.level);
  p_.brain.on_table_changed(p_.clock.now());
  say(LogLine::Level::info, "event=reload.done rows=" + std::to_string(p_.table.size()));
  std::string keys;
  for (const std::string& key : changed_keys(p_.running, fresh)) keys += (keys.empty() ? "" : ",") + key;
  if (!keys.empty())
    say(LogLine::Level::warning,
        "event=reload.needs-restart keys=" + keys + " advice=" + log_value("these apply from the next start on"));
}

void Reload::say(LogLine::Level level, std::string text) { p_.log.write({level, std::move(text)}, p_.clock.now()); }

}  // namespace ferry
