#include <array>

#include "tools/ferry-replay/report_sections.h"

namespace ferry::report {
namespace {

constexpr std::size_t most_bins = 120;  // of the chart over time

struct SizeRange {
  std::int64_t least, most;
};
constexpr std::array size_ranges{SizeRange{0, 0},     SizeRange{1, 9},     SizeRange{10, 24},
                                 SizeRange{25, 49},   SizeRange{50, 99},   SizeRange{100, 199},
                                 SizeRange{200, 499}, SizeRange{500, 999}, SizeRange{1'000, 1'000'000'000}};

std::string range_name(const SizeRange& r) {
  if (r.least == r.most) return std::to_string(r.least);
  return r.most > 1'000'000 ? "1000 and more" : std::to_string(r.least) + " to " + std::to_string(r.most);
}

// Minutes of one column, so that the chart has few enough of them: a round number.
std::int64_t minutes_of_bin(std::int64_t span) {
  for (const std::int64_t width : {1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1'440, 10'080})
    if (span / width < static_cast<std::int64_t>(most_bins)) return width;
  return (span / static_cast<std::int64_t>(most_bins) / 10'080 + 1) * 10'080;
}

const std::vector<ReportColumn> kind_columns{{"message", "Messages", ReportUnit::count},
                                             {"presence", "Presences", ReportUnit::count},
                                             {"iq", "IQs", ReportUnit::count}};

}  // namespace

ReportSection people_section(const Analysis& a) {
  ReportSection s{"people", "People, rosters, presence"};
  const Spread rosters = a.people.rosters(), watchers = a.people.watchers();
  const auto spread = [&](const char* key, const std::string& title, const Spread& spread_of, std::string note) {
    const std::string k = key;
    s.facts.push_back(
        {k + "_median", title + ", median", spread_of.percentile(50), ReportUnit::count, std::move(note)});
    s.facts.push_back(
        {k + "_p95", title + ", 95 of 100 have at most", spread_of.percentile(95), ReportUnit::count, {}});
    s.facts.push_back({k + "_most", title + ", most", spread_of.most(), ReportUnit::count, {}});
  };
  spread("roster", "Contacts", rosters, "of " + std::to_string(rosters.all()) + " rosters that were seen");
  spread("watchers", "Watchers", watchers, "of " + std::to_string(watchers.all()) + " users whose presence went out");
  s.facts.push_back(
      {"copies", "Copies if all appear at once", watchers.sum(), ReportUnit::count, "one publish for each watcher"});
  s.facts.push_back({"devices_most", "Devices of one user, most", a.people.most_devices(), ReportUnit::count, {}});
  ReportTable sizes{"sizes", "Users by the size of their roster, and by their watchers"};
  sizes.columns = {{"size", "Contacts or watchers"},
                   {"rosters", "Users with such a roster", ReportUnit::count},
                   {"watched", "Users with so many watchers", ReportUnit::count}};
  if (rosters.all() + watchers.all() > 0)
    for (const SizeRange& r : size_ranges)
      sizes.rows.push_back({range_name(r), rosters.between(r.least, r.most), watchers.between(r.least, r.most)});
  sizes.charts.push_back(
      {ReportChart::Kind::bars, "Users by the size of their roster, and by their watchers", 0, {1, 2}, false});
  ReportTable domains{"domains", "Domains"};
  domains.columns = {{"domain", "Domain"},
                     {"users", "Users", ReportUnit::count},
                     {"online", "With a stream here", ReportUnit::count},
                     {"stanzas", "Stanzas from there", ReportUnit::count},
                     {"rooms", "Rooms"}};
  for (const auto& d : a.people.domains().ranked())
    domains.rows.push_back({d.name, d.value->users, d.value->stream_users, d.value->count,
                            std::string(d.value->rooms ? "yes: not carried" : "")});
  s.tables = {std::move(sizes), std::move(domains)};
  return s;
}

ReportSection hours_section(const Analysis& a) {
  ReportSection s{"time", "When"};
  const auto& minutes = a.hours.minutes();
  std::int64_t busiest_at = 0, streams_at = 0;
  Hours::Minute busiest, most_streams_minute;
  for (const auto& [at, m] : minutes) {
    if (m.all() > busiest.all()) busiest = m, busiest_at = at;
    if (m.streams > most_streams_minute.streams) most_streams_minute = m, streams_at = at;
  }
  s.facts = {
      {"busiest", "Busiest minute", utc_text(busiest_at * Hours::minute_us, true), ReportUnit::text, "UTC"},
      {"busiest_stanzas", "Stanzas in it", busiest.all(), ReportUnit::count, {}},
      {"busiest_bytes", "Bytes in it", busiest.bytes, ReportUnit::bytes, {}},
      {"streams_at_once", "Streams at once", a.hours.most_at_once(), ReportUnit::count,
       a.hours.ends_seen() ? "most, at " + utc_text(a.hours.most_at_once_time(), true)
                           : "no ends of streams are in the capture: all that began"},
      {"streams_active", "Streams active in one minute", most_streams_minute.streams, ReportUnit::count,
       streams_at > 0 ? "most, at " + utc_text(streams_at * Hours::minute_us, true) : ""},
  };
  if (a.hours.left_out() > 0)
    s.facts.push_back({"untimed", "Stanzas without a usable time", a.hours.left_out(), ReportUnit::count, {}});
  const std::int64_t first = minutes.empty() ? 0 : minutes.begin()->first;
  const std::int64_t last = minutes.empty() ? 0 : minutes.rbegin()->first;
  const std::int64_t width = minutes_of_bin(last - first + 1);
  std::map<std::int64_t, Hours::Minute> bins;
  std::array<Hours::Minute, 24> hours{};
  for (std::int64_t at = first / width; !minutes.empty() && at <= last / width; ++at) bins[at];
  for (const auto& [at, m] : minutes)
    for (Hours::Minute* into : {&bins[at / width], &hours[static_cast<std::size_t>(at / 60 % 24)]})
      for (std::size_t k = 0; k < 3; ++k) into->stanzas[k] += m.stanzas[k];
  const std::string each = width == 1 ? "minute" : std::to_string(width) + " minutes";
  ReportTable course{"minutes", "Stanzas per " + each};
  course.columns = {{"begins", "Begins (UTC)"}};
  course.columns.insert(course.columns.end(), kind_columns.begin(), kind_columns.end());
  course.text_rows = 12;
  const bool dates = last - first >= 1'440;
  for (const auto& [at, m] : bins)
    course.rows.push_back({utc_text(at * width * Hours::minute_us, dates), m.stanzas[0], m.stanzas[1], m.stanzas[2]});
  course.charts.push_back({ReportChart::Kind::columns, "Stanzas per " + each, 0, {1, 2, 3}});
  ReportTable by_hour{"hours", "Stanzas by hour of the day (UTC)"};
  by_hour.columns = {{"hour", "Hour"}};
  by_hour.columns.insert(by_hour.columns.end(), kind_columns.begin(), kind_columns.end());
  for (std::size_t h = 0; !minutes.empty() && h < hours.size(); ++h)
    by_hour.rows.push_back(
        {(h < 10 ? "0" : "") + std::to_string(h), hours[h].stanzas[0], hours[h].stanzas[1], hours[h].stanzas[2]});
  by_hour.text_rows = 24;
  by_hour.charts.push_back({ReportChart::Kind::columns, "Stanzas by hour of the day (UTC)", 0, {1, 2, 3}});
  s.tables = {std::move(course), std::move(by_hour)};
  return s;
}

}  // namespace ferry::report
