// The sections of a readiness report, each made of what an analysis knows.
#pragma once

#include <string>

#include "tools/ferry-replay/report_analysis.h"
#include "tools/ferry-replay/report_document.h"

namespace ferry::report {

struct CaptureFacts {
  std::string path, source;
  bool redacted = true;
};

ReportSection summary_section(const Analysis& a, const CaptureFacts& capture);
ReportSection gaps_section(const Analysis& a);
ReportSection traffic_section(const Analysis& a);
ReportSection clients_section(const Analysis& a);
ReportSection people_section(const Analysis& a);
ReportSection hours_section(const Analysis& a);
ReportSection bytes_section(const Analysis& a);
ReportSection advice_section(const Analysis& a);
ReportSection damage_section(const Analysis& a);
ReportSection operations_section();  // of no capture

ReportDocument readiness_report(const Analysis& a, const CaptureFacts& capture);

// Small tools that the sections share.
double share_of(std::int64_t part, std::int64_t whole);  // per cent
std::string at_least(bool more);                         // a note for a figure that stopped at its bound
std::string utc_text(std::int64_t time_us, bool date);   // "2026-11-20 09:01", "09:01"; empty: unknown
std::string in_words(Verdict verdict);

}  // namespace ferry::report
