// A report as a document: sections of notes, facts and tables, some of them drawn as charts. It knows nothing of XMPP.
// Three writers make text, JSON and HTML of the same document, so that a figure is the same in all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ferry::report {

// What a column holds, which decides how people see it: 1,234 or 1.2 MB or 12.3 % or 0.25×. JSON has the plain number.
enum class ReportUnit { text, code, count, bytes, percent, ratio };

using ReportCell = std::variant<std::string, std::int64_t, double>;

struct ReportColumn {
  std::string key, title;  // key: the field's name in JSON
  ReportUnit unit = ReportUnit::text;
  std::string links_to = {};  // a table: the cell's value leads to its row of that value in the first column
  bool below = false;         // long: in the text form it stands under its row
};

// Drawn from the columns of its table: one label, some series.
struct ReportChart {
  enum class Kind { bars, columns };  // bars lie, one a row; columns stand, along a time
  Kind kind = Kind::bars;
  std::string title;
  std::size_t label = 0;
  std::vector<std::size_t> series = {};
  bool stacked = true;  // false: beside each other
};

struct ReportTable {
  std::string id, title, note = {};
  std::vector<ReportColumn> columns = {};
  std::vector<std::vector<ReportCell>> rows = {};
  std::vector<ReportChart> charts = {};
  std::size_t text_rows = 40;  // of the text form, which says how many it leaves out
};

struct ReportFact {
  std::string key, title;
  ReportCell value;
  ReportUnit unit = ReportUnit::count;
  std::string note = {};
};

struct ReportSection {
  std::string id, title;
  std::vector<std::string> notes = {};
  std::vector<ReportFact> facts = {};
  std::vector<ReportTable> tables = {};
  std::string config = {};  // lines of a configuration file
};

struct ReportDocument {
  std::string title, subtitle;
  std::vector<ReportSection> sections = {};
};

std::string report_cell(const ReportCell& cell, ReportUnit unit);  // for people
std::string report_text(const ReportDocument& document);           // within 100 columns
std::string report_json(const ReportDocument& document);
std::string report_html(const ReportDocument& document);  // one page, nothing outside of it, no script

// Of report_html: one chart as inline SVG.
std::string report_svg(const ReportTable& table, const ReportChart& chart, const std::string& id);
std::string_view report_css();
std::string report_escaped(std::string_view text);  // for HTML and SVG; what is no XML text becomes '?'

}  // namespace ferry::report
