#include <algorithm>

#include "tools/ferry-replay/report_sections.h"

namespace ferry::report {

ReportSection gaps_section(const Analysis& a) {
  ReportSection s{"gaps", "What would be lost"};
  s.notes.push_back(
      "Most frequent first. People: somebody would see that it is missing. Programs: only clients and servers would. "
      "Why: the translator by name and what it says that it loses, or the gateway's answer.");
  ReportTable gaps{"gaps", "Gaps, and whom they touch",
                   "A stanza with several gaps counts in each. Pairs: of users, their conversations."};
  gaps.columns = {{"gap", "No", ReportUnit::count, "examples"},
                  {"what", "What"},
                  {"fate", "Fate"},
                  {"who", "Who notices"},
                  {"stanzas", "Stanzas", ReportUnit::count},
                  {"users", "Users", ReportUnit::count},
                  {"conversations", "Pairs", ReportUnit::count},
                  {"why", "Why", ReportUnit::text, {}, true}};
  ReportTable examples{"examples", "Examples",
                       "Line: of the capture, from 1. A first example of each gap's stanzas, at most " +
                           std::to_string(most_examples) + "."};
  examples.columns = {{"gap", "Gap", ReportUnit::count, "gaps"},
                      {"line", "Line", ReportUnit::count},
                      {"stanza", "Stanza", ReportUnit::code}};
  std::int64_t n = 0;
  bool more = false;
  for (const auto& gap : a.gaps.ranked()) {
    const Gap& g = *gap.value;
    ++n;
    more = more || g.users.more() || g.pairs.more();
    gaps.rows.push_back({n, gap.name, in_words(g.verdict), std::string(g.people ? "people" : "programs"), g.count,
                         g.users.size(), g.pairs.size(), g.why});
    for (const Example& example : g.examples)
      examples.rows.push_back({n, static_cast<std::int64_t>(example.line), example.xml});
  }
  if (more) gaps.note += " Users and conversations of large gaps are at least so many: the sets' bound was reached.";
  gaps.charts.push_back({ReportChart::Kind::bars, "Stanzas of each gap", 1, {4}});
  s.tables = {std::move(gaps), std::move(examples)};
  return s;
}

ReportSection traffic_section(const Analysis& a) {
  ReportSection s{"traffic", "Stanzas by kind"};
  if (a.has_direction)
    s.notes.push_back("What a server received from one client and sent to another is two records, and counts as two.");
  const std::vector<ReportColumn> fates{{"whole", "Whole", ReportUnit::count},
                                        {"served", "Answered here", ReportUnit::count},
                                        {"loss", "With loss", ReportUnit::count},
                                        {"none", "Not carried", ReportUnit::count}};
  ReportTable types{"types", "By kind and type"};
  types.columns = {
      {"type", "Kind and type"}, {"stanzas", "Stanzas", ReportUnit::count}, {"bytes", "Bytes", ReportUnit::bytes}};
  types.columns.insert(types.columns.end(), fates.begin(), fates.end());
  for (const auto& type : a.types.ranked()) {
    const TypeCount& t = *type.value;
    types.rows.push_back(
        {type.name, t.count, t.bytes, t.by_verdict[0], t.by_verdict[1], t.by_verdict[2], t.by_verdict[3]});
  }
  types.charts.push_back(
      {ReportChart::Kind::bars, "Stanzas by kind and type, and what becomes of them", 0, {3, 4, 5, 6}});
  ReportTable spaces{"namespaces", "Payloads by namespace"};
  spaces.columns = {
      {"payload", "Payload"}, {"stanzas", "Stanzas", ReportUnit::count}, {"users", "Users", ReportUnit::count}};
  spaces.columns.insert(spaces.columns.end(), fates.begin(), fates.end());
  for (const auto& space : a.namespaces.ranked()) {
    const NamespaceCount& t = *space.value;
    spaces.rows.push_back(
        {space.name, t.count, t.users.size(), t.by_verdict[0], t.by_verdict[1], t.by_verdict[2], t.by_verdict[3]});
  }
  spaces.charts.push_back(
      {ReportChart::Kind::bars, "Payloads by namespace, and what becomes of them", 0, {3, 4, 5, 6}});
  s.tables = {std::move(types), std::move(spaces)};
  if (a.other_elements == 0) return s;
  ReportTable elements{"elements", "Of streams and log-ins", "No stanzas: not judged, and in no other figure."};
  elements.columns = {{"element", "Element"}, {"records", "Records", ReportUnit::count}};
  for (const auto& element : a.elements.ranked()) elements.rows.push_back({element.name, element.value->count});
  s.tables.push_back(std::move(elements));
  return s;
}

ReportSection clients_section(const Analysis& a) {
  ReportSection s{"clients", "Clients"};
  s.notes.push_back(
      "As clients announce themselves (XEP-0115) and answer for themselves (XEP-0092). What one of them sends is in "
      "the "
      "gaps; what it asks for is answered as the table of namespaces says.");
  const auto table = [](std::string id, std::string title, const Tally<ClientCount>& clients) {
    ReportTable t{std::move(id), std::move(title)};
    t.columns = {
        {"client", "Client"}, {"users", "Users", ReportUnit::count}, {"stanzas", "Stanzas", ReportUnit::count}};
    for (const auto& c : clients.ranked()) t.rows.push_back({c.name, c.value->users.size(), c.value->count});
    std::stable_sort(t.rows.begin(), t.rows.end(), [](const auto& l, const auto& r) {
      return std::get<std::int64_t>(l[1]) > std::get<std::int64_t>(r[1]);
    });
    t.charts.push_back({ReportChart::Kind::bars, t.title + ": users", 0, {1}});
    return t;
  };
  s.tables = {table("caps", "By the node of their capabilities", a.caps),
              table("versions", "By their version answers", a.versions)};
  return s;
}

}  // namespace ferry::report
