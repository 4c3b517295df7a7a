
#include "tools/ferry-replay/report_sections.h"
#include "translators/values/instant.h"

namespace ferry::report {

double share_of(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

std::string at_least(bool more) { return more ? "at least: the bound of what is counted one by one was reached" : ""; }

std::string utc_text(std::int64_t time_us, bool date) {
  if (time_us <= 0) return {};
  const std::string text = format_instant(time_us / 1'000);  // 2026-11-20T09:01:02.345Z
  return date ? text.substr(0, 10) + " " + text.substr(11, 5) : text.substr(11, 5);
}

std::string in_words(Verdict verdict) {
  switch (verdict) {
    case Verdict::whole:
      return "carried whole";
    case Verdict::served:
      return "answered here";
    case Verdict::loss:
      return "carried with loss";
    case Verdict::none:
      return "not carried";
  }
  return {};
}

ReportSection summary_section(const Analysis& a, const CaptureFacts& capture) {
  ReportSection s{"summary", "Summary"};
  std::int64_t people = 0, programs = 0, people_none = 0;
  for (const auto& gap : a.gaps.ranked()) {
    if (!gap.value->people) ++programs;
    if (gap.value->people) ++(gap.value->verdict == Verdict::none ? people_none : people);
  }
  s.notes.push_back("Every stanza was carried by the gateway's own translators, XMPP to MQTT and back, and compared.");
  s.facts = {
      {"stanzas", "Stanzas", a.stanzas, ReportUnit::count, {}},
      {"users", "Users", a.people.users(), ReportUnit::count, at_least(a.people.more_users())},
      {"conversations", "Conversations", a.people.conversations().size(), ReportUnit::count,
       a.people.conversations().more() ? at_least(true) : "pairs of users who wrote to each other"},
      {"streams", "Streams", a.hours.streams(), ReportUnit::count, {}},
      {"from", "From", utc_text(a.hours.first(), true), ReportUnit::text, "UTC"},
      {"to", "To", utc_text(a.hours.last(), true), ReportUnit::text, "UTC"},
      {"bytes", "Bytes of stanzas", a.bytes, ReportUnit::bytes, {}},
      {"damaged", "Records that could not be read", a.damaged + a.unreadable, ReportUnit::count, {}},
      {"people_none", "Gaps that people notice: not carried", people_none, ReportUnit::count, "kinds of stanza"},
      {"people_loss", "Gaps that people notice: a loss", people, ReportUnit::count, "kinds of content"},
      {"programs", "Gaps that only programs notice", programs, ReportUnit::count, "kinds of content"},
      {"source", "Made from", capture.source, ReportUnit::text,
       capture.redacted ? "redacted: names and texts are pseudonyms" : "not redacted: examples below are"},
  };
  if (a.publishes > 0) s.facts.push_back({"publishes", "Publishes (not judged)", a.publishes, ReportUnit::count, {}});
  if (a.other_elements > 0)
    s.facts.push_back({"elements", "Of streams and log-ins, no stanzas", a.other_elements, ReportUnit::count, {}});
  ReportTable fates{"fates", "What becomes of the stanzas",
                    "Carried whole: as it was. Answered here: the gateway answers, or MQTT needs nothing of the kind. "
                    "Carried with loss: something of it does not arrive, see the gaps. Not carried: its sender gets an "
                    "error."};
  fates.columns = {
      {"fate", "Fate"}, {"stanzas", "Stanzas", ReportUnit::count}, {"share", "Share", ReportUnit::percent}};
  for (std::size_t v = 0; v < verdicts; ++v)
    fates.rows.push_back({in_words(static_cast<Verdict>(v)), a.by_verdict[v], share_of(a.by_verdict[v], a.stanzas)});
  fates.charts.push_back({ReportChart::Kind::bars, "Stanzas by what becomes of them", 0, {1}});
  s.tables.push_back(std::move(fates));
  return s;
}

ReportSection damage_section(const Analysis& a) {
  ReportSection s{"damage", "What could not be read"};
  s.notes.push_back("Nothing below is in any other figure. Damage that the importer met is a record of the capture.");
  ReportTable t{"damages", "Damage"};
  t.columns = {{"text", "What was expected, or is wrong"},
               {"records", "Records", ReportUnit::count},
               {"line", "First line", ReportUnit::count}};
  for (const auto& d : a.damages.ranked())
    t.rows.push_back({d.name, d.value->count, static_cast<std::int64_t>(d.value->first_line)});
  s.tables.push_back(std::move(t));
  return s;
}

ReportDocument readiness_report(const Analysis& a, const CaptureFacts& capture) {
  ReportDocument d{"Readiness report", "What Ferry would carry, and what it would lose, of " + capture.path};
  d.sections = {summary_section(a, capture), gaps_section(a),  traffic_section(a), clients_section(a),
                people_section(a),           hours_section(a), bytes_section(a),   advice_section(a)};
  if (a.damaged + a.unreadable > 0) d.sections.push_back(damage_section(a));
  d.sections.push_back(operations_section());
  return d;
}

}  // namespace ferry::report
