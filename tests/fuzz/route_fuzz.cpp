// Any rows: parsing is a round trip, the table keeps its promise, and no check or explanation goes wrong.
// Input: rows, one a line; then look-ups of what is left of the last line.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "config/acl.h"
#include "config/mapping.h"
#include "config/text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  std::vector<Row> rows;
  const auto lines = split(input, '\n');
  for (const std::string_view line : lines) {
    const auto row = parse_row(line);
    if (!row || rows.size() > 20) continue;
    const auto again = parse_row(format_row(*row));
    if (!again || !(*again == *row)) std::abort();
    rows.push_back(*row);
  }
  MappingTable table("im/v1", "ferry");
  table.set_rows(rows);
  const bool sound = !any_error(table.check());
  for (const Row& row : rows) {
    const std::size_t star = row.jid.find('*');
    std::string name = row.jid;
    if (star != std::string::npos) name.replace(star, 1, "x");
    const auto jid = Jid::parse(name);
    const auto match = jid ? table.by_jid(*jid) : std::nullopt;
    if (!match || match->row->kind == RowKind::room || match->topic.find_first_of("+#") != std::string::npos) continue;
    const std::string topic = match->row->kind == RowKind::user ? match->topic + "/out/msg" : match->topic;
    const auto back = table.by_topic(topic);
    if (sound && (!back || !*back || (*back)->jid != jid->bare())) std::abort();
  }
  table.explain(lines.back());
  mosquitto_acl(table, Options());
  table.user_filters();
  table.feed_filters();
  for (const Row& row : rows) table.remove(row.jid);
  if (table.size() != 0) std::abort();
  return 0;
}
