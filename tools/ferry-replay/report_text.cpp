#include <algorithm>
#include <cmath>

#include "tools/ferry-replay/report_document.h"

namespace ferry::report {
namespace {

constexpr std::size_t page_width = 100, least_column = 10, column_gap = 2;

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }

std::size_t shown_width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

// The bytes of the first `width` characters.
std::size_t prefix_of(std::string_view text, std::size_t width) {
  std::size_t at = 0;
  for (std::size_t seen = 0; at < text.size(); ++at)
    if (begins_character(text[at]) && seen++ == width) break;
  return at;
}

// Breaks at blanks; what has none is broken where the line ends.
std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  while (shown_width(text) > width) {
    std::size_t end = prefix_of(text, width);
    const std::size_t blank = text.substr(0, end + 1).rfind(' ');
    const bool at_blank = blank != std::string_view::npos && blank > end / 3;
    if (at_blank) end = blank;
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(at_blank ? end + 1 : end);
  }
  lines.emplace_back(text);
  return lines;
}

std::string flat(std::string text) {  // what would break a line, or move the cursor of a terminal
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return text;
}

void add_wrapped(std::string& out, std::string_view text, std::string_view indent) {
  for (const std::string& line : wrapped(flat(std::string(text)), page_width - indent.size()))
    out.append(indent).append(line).append("\n");
}

bool is_number(ReportUnit unit) { return unit != ReportUnit::text && unit != ReportUnit::code; }

// The widths that make the table fit: what is widest gives way first, numbers never.
std::vector<std::size_t> fit(std::vector<std::size_t> widths, const std::vector<bool>& may_shrink) {
  const auto total = [&] {
    std::size_t sum = 0;
    for (const std::size_t w : widths) sum += w + column_gap;
    return sum;
  };
  while (total() > page_width) {
    std::size_t widest = widths.size();
    for (std::size_t c = 0; c < widths.size(); ++c)
      if (may_shrink[c] && widths[c] > least_column && (widest == widths.size() || widths[c] > widths[widest]))
        widest = c;
    if (widest == widths.size()) break;
    --widths[widest];
  }
  return widths;
}

void add_line(std::string& out, const std::vector<std::vector<std::string>>& cells,
              const std::vector<std::size_t>& widths, const std::vector<bool>& right) {
  std::size_t height = 1;
  for (const auto& cell : cells) height = std::max(height, cell.size());
  for (std::size_t line = 0; line < height; ++line) {
    std::string row;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      const std::string part = line < cells[c].size() ? cells[c][line] : std::string();
      const std::size_t shown = shown_width(part), pad = widths[c] > shown ? widths[c] - shown : 0;
      row.append(column_gap, ' ');
      if (right[c]) row.append(pad, ' ');
      row.append(part);
      if (!right[c]) row.append(pad, ' ');
    }
    row.erase(row.find_last_not_of(' ') + 1);
    out.append(row).append("\n");
  }
}

// A line of little columns, for a chart over time.
std::string sparkline(const ReportTable& table, const ReportChart& chart) {
  static constexpr std::string_view levels[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr std::size_t most = page_width - 4;
  std::vector<double> sums;
  for (const auto& row : table.rows) {
    double sum = 0;
    for (const std::size_t c : chart.series)
      if (const auto* whole = std::get_if<std::int64_t>(&row[c])) sum += static_cast<double>(*whole);
    sums.push_back(sum);
  }
  const double top = sums.empty() ? 0 : *std::max_element(sums.begin(), sums.end());
  if (top <= 0) return {};
  const std::size_t each = (sums.size() + most - 1) / most;
  std::string out = "  ";
  for (std::size_t at = 0; at < sums.size(); at += each) {
    double highest = 0;
    for (std::size_t i = at; i < std::min(at + each, sums.size()); ++i) highest = std::max(highest, sums[i]);
    out.append(highest <= 0 ? " " : levels[std::min<std::size_t>(7, static_cast<std::size_t>(highest / top * 7.999))]);
  }
  return out + "\n";
}

void add_table(std::string& out, const ReportTable& table) {
  add_wrapped(out, table.title, "");
  if (table.rows.empty()) return void(out.append("  none\n\n"));
  for (const ReportChart& chart : table.charts)
    if (chart.kind == ReportChart::Kind::columns) out.append(sparkline(table, chart));
  std::vector<std::size_t> shown, widths;
  std::vector<bool> right, may_shrink;
  std::vector<std::vector<std::string>> head;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (table.columns[c].below) continue;
    shown.push_back(c);
    right.push_back(is_number(table.columns[c].unit));
    may_shrink.push_back(!right.back());
    std::size_t width = 0;
    for (const std::string& word : wrapped(table.columns[c].title, right.back() ? 10 : page_width))
      width = std::max(width, shown_width(word));
    for (const auto& row : table.rows) width = std::max(width, shown_width(report_cell(row[c], table.columns[c].unit)));
    widths.push_back(width);
  }
  widths = fit(std::move(widths), may_shrink);
  for (std::size_t i = 0; i < shown.size(); ++i) head.push_back(wrapped(table.columns[shown[i]].title, widths[i]));
  add_line(out, head, widths, right);
  std::vector<std::vector<std::string>> rule;
  for (const std::size_t width : widths) rule.push_back({std::string(width, '-')});
  add_line(out, rule, widths, right);
  std::size_t rows = 0;
  for (const auto& row : table.rows) {
    if (++rows > table.text_rows) break;
    std::vector<std::vector<std::string>> cells;
    for (std::size_t i = 0; i < shown.size(); ++i)
      cells.push_back(wrapped(flat(report_cell(row[shown[i]], table.columns[shown[i]].unit)), widths[i]));
    add_line(out, cells, widths, right);
    for (std::size_t c = 0; c < table.columns.size(); ++c)
      if (table.columns[c].below) add_wrapped(out, flat(report_cell(row[c], table.columns[c].unit)), "        ");
  }
  if (table.rows.size() > table.text_rows)
    out.append("  and ").append(std::to_string(table.rows.size() - table.text_rows)).append(" more: --json, --html\n");
  if (!table.note.empty()) add_wrapped(out, table.note, "  ");
  out.append("\n");
}

void add_heading(std::string& out, const std::string& title, char line) {
  out.append(title).append("\n").append(std::string(shown_width(title), line)).append("\n\n");
}

}  // namespace

std::string report_text(const ReportDocument& document) {
  std::string out;
  add_heading(out, document.title, '=');
  if (!document.subtitle.empty()) {
    add_wrapped(out, flat(document.subtitle), "");
    out.append("\n");
  }
  for (const ReportSection& section : document.sections) {
    add_heading(out, section.title, '-');
    for (const std::string& note : section.notes) {
      add_wrapped(out, note, "");
      out.append("\n");
    }
    std::size_t width = 0;
    for (const ReportFact& fact : section.facts) width = std::max(width, shown_width(fact.title));
    for (const ReportFact& fact : section.facts) {
      const std::string value = flat(report_cell(fact.value, fact.unit));
      std::string line = "  " + fact.title + std::string(width - shown_width(fact.title) + 2, ' ') + value;
      if (!fact.note.empty()) line.append("  (").append(fact.note).append(")");
      if (shown_width(line) <= page_width) {
        out.append(line).append("\n");
        continue;
      }
      out.append("  ").append(fact.title).append(std::string(width - shown_width(fact.title) + 2, ' '));
      out.append(value).append("\n");
      add_wrapped(out, "(" + fact.note + ")", std::string(width + 4, ' '));
    }
    if (!section.facts.empty()) out.append("\n");
    for (const ReportTable& table : section.tables) add_table(out, table);
    if (!section.config.empty()) out.append(section.config).append("\n");
  }
  return out;
}

}  // namespace ferry::report
