#include "tools/ferry-replay/report_counts.h"

#include <gtest/gtest.h>

#include "tools/ferry-replay/report_document.h"
#include "translators/values/json.h"

namespace ferry {
namespace report_counts_test {

using report::ReportUnit;

struct Number {
  std::int64_t count = 0;
};

TEST(ReportCounts, TheMostFrequentFirstAndOfTheSameNumberTheEarlier) {
  report::Tally<Number> tally(3);
  for (const char* name : {"zebra", "ape", "ape", "bear", "cat", "dog", "zebra"}) ++tally.at(name).count;
  const auto ranked = tally.ranked();
  ASSERT_EQ(ranked.size(), 4U);
  EXPECT_EQ(ranked[0].name, "zebra");
  EXPECT_EQ(ranked[1].name, "ape");
  EXPECT_EQ(ranked[2].name, "bear");
  EXPECT_EQ(ranked[3].name, "(others)");
  EXPECT_EQ(ranked[3].value->count, 2);
}

TEST(ReportCounts, ASetSaysWhenItsBudgetIsSpent) {
  report::Budget budget(2);
  report::Distinct set;
  EXPECT_TRUE(set.add(1, budget));
  EXPECT_FALSE(set.add(1, budget));
  EXPECT_TRUE(set.add(2, budget));
  EXPECT_FALSE(set.more());
  EXPECT_FALSE(set.add(3, budget));
  EXPECT_EQ(set.size(), 2);
  EXPECT_TRUE(set.more());
}

TEST(ReportCounts, ThePeakOfOneInAWindow) {
  report::Peak peak(1'000'000);
  for (const std::int64_t t : {0, 1, 999'999, 1'000'000, 1'000'001}) peak.add(7, t);
  peak.add(8, 1'000'002);
  EXPECT_EQ(peak.most(), 3);
}

TEST(ReportCounts, PercentilesByHand) {
  report::Spread spread;
  for (int n = 1; n <= 100; ++n) spread.add(n);
  EXPECT_EQ(spread.percentile(50), 50);
  EXPECT_EQ(spread.percentile(95), 95);
  EXPECT_EQ(spread.most(), 100);
  EXPECT_EQ(spread.sum(), 5'050);
  EXPECT_EQ(spread.between(10, 24), 15);
  EXPECT_EQ(report::Spread().percentile(50), 0);
}

TEST(ReportCounts, FiguresForPeople) {
  const auto shown = [](auto value, ReportUnit unit) { return report::report_cell(value, unit); };
  EXPECT_EQ(shown(std::int64_t{1'234'567}, ReportUnit::count), "1,234,567");
  EXPECT_EQ(shown(std::int64_t{999}, ReportUnit::count), "999");
  EXPECT_EQ(shown(12.34, ReportUnit::percent), "12.3 %");
  EXPECT_EQ(shown(0.254, ReportUnit::ratio), "0.25×");
}

report::ReportDocument document_of(const std::string& text) {
  report::ReportTable table{"t", "A table"};
  table.columns = {{"name", "Name"}, {"number", "Number", ReportUnit::count}, {"more", "More", ReportUnit::code}};
  table.rows = {{text, std::int64_t{5}, text}, {std::string("b"), std::int64_t{7}, std::string()}};
  table.charts.push_back({report::ReportChart::Kind::bars, "A chart", 0, {1}});
  table.charts.push_back({report::ReportChart::Kind::columns, "Another", 0, {1}});
  report::ReportSection section{"s", "A section", {"A note of " + text}};
  section.facts = {{"fact", "A fact", 0.5, ReportUnit::ratio, {}}};
  section.tables = {table};
  return {"Title", text, {section}};
}

TEST(ReportCounts, TextStaysWithinThePage) {
  for (const std::string& text :
       {std::string("short"), std::string(500, 'x'), std::string("wörter ") + std::string(300, ' ') + "ende",
        std::string("line\nbreak\x1b[31m red")}) {
    const std::string out = report::report_text(document_of(text));
    std::size_t width = 0;
    for (const char c : out) {
      if ((static_cast<unsigned char>(c) & 0xc0U) != 0x80U) ++width;
      if (c == '\n') width = 0;
      EXPECT_LE(width, 101U);
      EXPECT_NE(c, '\x1b');
    }
  }
}

TEST(ReportCounts, JsonIsJsonAndHtmlIsEscaped) {
  const auto document = document_of("<b onclick=\"x\">'&\x01");
  const auto json = JsonDocument::parse(report::report_json(document));
  ASSERT_TRUE(json.ok());
  const auto section = json->root()["sections"]["s"];
  EXPECT_EQ(section["facts"]["fact"].number(), 0.5);
  EXPECT_EQ(section["tables"]["t"].size(), 2U);
  const std::string html = report::report_html(document);
  EXPECT_EQ(html.find("<b onclick"), std::string::npos);
  EXPECT_EQ(html.find('\x01'), std::string::npos);
  EXPECT_NE(html.find("&lt;b onclick=&quot;x&quot;&gt;&#39;&amp;?"), std::string::npos);
}

}  // namespace report_counts_test
}  // namespace ferry
