#include <array>
#include <cmath>
#include <cstdio>
#include <set>

#include "tools/ferry-replay/report_document.h"

namespace ferry::report {
namespace {

bool stands_right(ReportUnit unit) { return unit != ReportUnit::text && unit != ReportUnit::code; }

// The value as JSON has it: for whoever reads the page by program.
std::string raw_value(const ReportCell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  if (const auto* whole = std::get_if<std::int64_t>(&cell)) return std::to_string(*whole);
  std::array<char, 40> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.17g", std::get<double>(cell));
  return buffer.data();
}

std::string data_value(const ReportCell& cell) {
  if (std::holds_alternative<std::string>(cell)) return {};
  return " data-value=\"" + raw_value(cell) + "\"";
}

std::string anchor(const std::string& table, const ReportCell& cell) { return table + "-" + raw_value(cell); }

void add_html_row(std::string& out, const ReportTable& table, const std::vector<ReportCell>& row,
                  std::set<std::string>& anchors) {
  const std::string id = anchor(table.id, row.front());
  const bool whole = std::holds_alternative<std::int64_t>(row.front());
  out.append("<tr");
  if (whole && anchors.insert(id).second) out.append(" id=\"").append(id).append("\"");
  out.append(">");
  for (std::size_t c = 0; c < row.size() && c < table.columns.size(); ++c) {
    const ReportColumn& column = table.columns[c];
    const std::string tag = c == 0 ? "th" : "td";
    out.append("<").append(tag).append(c == 0 ? " scope=\"row\"" : "");
    if (stands_right(column.unit)) out.append(" class=\"n\"");
    if (column.unit == ReportUnit::code) out.append(" class=\"c\"");
    out.append(data_value(row[c])).append(">");
    const std::string shown = report_escaped(report_cell(row[c], column.unit));
    if (!column.links_to.empty())
      out.append("<a href=\"#").append(anchor(column.links_to, row[c])).append("\">").append(shown).append("</a>");
    else
      out.append(shown);
    out.append("</").append(tag).append(">");
  }
  out.append("</tr>\n");
}

void add_html_table(std::string& out, const ReportTable& table) {
  const std::string title = report_escaped(table.title);
  out.append("<h3 id=\"table-").append(table.id).append("\">").append(title).append("</h3>\n");
  std::size_t n = 0;
  for (const ReportChart& chart : table.charts) {
    if (table.rows.empty()) break;
    out.append("<figure>").append(report_svg(table, chart, table.id + "-chart" + std::to_string(++n)));
    out.append("<figcaption>").append(report_escaped(chart.title)).append("</figcaption></figure>\n");
  }
  if (table.rows.empty()) {
    out.append("<p class=\"note\" data-table=\"").append(table.id).append("\">None.</p>\n");
    return;
  }
  out.append("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"table-").append(table.id);
  out.append("\"><table data-table=\"").append(table.id).append("\"><caption>").append(title);
  out.append("</caption><thead><tr>");
  for (const ReportColumn& column : table.columns) {
    out.append("<th scope=\"col\" data-key=\"").append(column.key).append("\"");
    out.append(stands_right(column.unit) ? " class=\"n\">" : ">").append(report_escaped(column.title)).append("</th>");
  }
  out.append("</tr></thead><tbody>\n");
  std::set<std::string> anchors;
  for (const auto& row : table.rows) add_html_row(out, table, row, anchors);
  out.append("</tbody></table></div>\n");
  if (!table.note.empty()) out.append("<p class=\"note\">").append(report_escaped(table.note)).append("</p>\n");
}

void add_html_facts(std::string& out, const ReportSection& section) {
  if (section.facts.empty()) return;
  out.append("<dl class=\"facts\">");
  for (const ReportFact& fact : section.facts) {
    out.append("<div><dt>").append(report_escaped(fact.title)).append("</dt><dd data-fact=\"").append(fact.key);
    out.append("\"").append(data_value(fact.value)).append(">");
    out.append(report_escaped(report_cell(fact.value, fact.unit))).append("</dd>");
    if (!fact.note.empty()) out.append("<dd class=\"small\">").append(report_escaped(fact.note)).append("</dd>");
    out.append("</div>");
  }
  out.append("</dl>\n");
}

void add_html_section(std::string& out, const ReportSection& section) {
  out.append("<section id=\"").append(section.id).append("\" aria-labelledby=\"").append(section.id).append("-h\">");
  out.append("<h2 id=\"").append(section.id).append("-h\">").append(report_escaped(section.title)).append("</h2>\n");
  for (const std::string& note : section.notes) out.append("<p>").append(report_escaped(note)).append("</p>\n");
  add_html_facts(out, section);
  for (const ReportTable& table : section.tables) add_html_table(out, table);
  if (!section.config.empty())
    out.append("<pre tabindex=\"0\">").append(report_escaped(section.config)).append("</pre>\n");
  out.append("</section>\n");
}

}  // namespace

// The policy says in the page itself that it loads nothing and runs nothing.
std::string report_html(const ReportDocument& document) {
  std::string out = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  out.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
  out.append(
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n");
  out.append("<title>").append(report_escaped(document.title)).append("</title>\n<style>").append(report_css());
  out.append(
      "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">To the report</a>\n<header class=\"page\"><h1>");
  out.append(report_escaped(document.title)).append("</h1>\n");
  if (!document.subtitle.empty()) out.append("<p>").append(report_escaped(document.subtitle)).append("</p>\n");
  out.append("</header>\n<nav aria-label=\"Sections\"><ul>");
  for (const ReportSection& section : document.sections)
    out.append("<li><a href=\"#")
        .append(section.id)
        .append("\">")
        .append(report_escaped(section.title))
        .append("</a></li>");
  out.append("</ul></nav>\n<main id=\"main\" class=\"page\">\n");
  for (const ReportSection& section : document.sections) add_html_section(out, section);
  return out.append("</main>\n</body>\n</html>\n");
}

}  // namespace ferry::report
