#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "tools/ferry-replay/report_document.h"

namespace ferry::report {
namespace {

constexpr double svg_width = 880;
constexpr std::size_t most_bars = 24, label_characters = 54, colours = 5;

double number_of(const ReportCell& cell) {
  if (const auto* whole = std::get_if<std::int64_t>(&cell)) return static_cast<double>(*whole);
  const auto* real = std::get_if<double>(&cell);
  return real && std::isfinite(*real) ? *real : 0;
}

std::string place(double at) {
  std::array<char, 32> buffer{};
  std::snprintf(buffer.data(), buffer.size(), "%.1f", at);
  return buffer.data();
}

std::string cut(const std::string& text, std::size_t characters) {
  std::size_t seen = 0;
  for (std::size_t at = 0; at < text.size(); ++at)
    if ((static_cast<unsigned char>(text[at]) & 0xc0U) != 0x80U && seen++ == characters)
      return text.substr(0, at) + "…";
  return text;
}

// 1, 2 or 5 times a power of ten, so that about four steps reach the top.
double nice_step(double top) {
  const double power = std::pow(10, std::floor(std::log10(std::max(top, 1.0) / 4)));
  for (const double times : {1.0, 2.0, 5.0, 10.0})
    if (power * times * 4 >= top) return std::max(1.0, power * times);
  return std::max(1.0, power * 10);
}

void add_text_at(std::string& out, double x, double y, std::string_view kind, std::string_view text) {
  out.append("<text class=\"").append(kind).append("\" x=\"").append(place(x)).append("\" y=\"").append(place(y));
  out.append("\">").append(report_escaped(text)).append("</text>");
}

void add_box(std::string& out, double x, double y, double w, double h, std::size_t series, const std::string& says) {
  if (w <= 0 || h <= 0) return;
  out.append("<rect class=\"s").append(std::to_string(series % colours)).append("\" x=\"").append(place(x));
  out.append("\" y=\"").append(place(y)).append("\" width=\"").append(place(std::max(w, 1.0))).append("\" height=\"");
  out.append(place(std::max(h, 1.0))).append("\"><title>").append(report_escaped(says)).append("</title></rect>");
}

struct Drawing {
  const ReportTable& table;
  const ReportChart& chart;
  std::string label(std::size_t row) const {
    const std::size_t c = chart.label;
    return report_cell(table.rows[row][c], table.columns[c].unit);
  }
  double value(std::size_t row, std::size_t series) const { return number_of(table.rows[row][chart.series[series]]); }
  std::string says(std::size_t row, std::size_t series) const {
    const std::size_t c = chart.series[series];
    return label(row) + " · " + table.columns[c].title + ": " + report_cell(table.rows[row][c], table.columns[c].unit);
  }
  double top() const {
    double most = 0;
    for (std::size_t r = 0; r < table.rows.size(); ++r) {
      double sum = 0;
      for (std::size_t s = 0; s < chart.series.size(); ++s) {
        sum = chart.stacked ? sum + value(r, s) : value(r, s);
        most = std::max(most, sum);
      }
    }
    return most;
  }
};

double add_legend(std::string& out, const Drawing& d) {
  if (d.chart.series.size() < 2) return 6;
  double x = 0;
  for (std::size_t s = 0; s < d.chart.series.size(); ++s) {
    const std::string& title = d.table.columns[d.chart.series[s]].title;
    add_box(out, x, 3, 12, 12, s, title);
    add_text_at(out, x + 18, 14, "key", title);
    x += 40 + 7.4 * static_cast<double>(title.size());
  }
  return 28;
}

double draw_bars(std::string& out, const Drawing& d) {
  constexpr double labels = 390, numbers = 96;
  const double top = std::max(d.top(), 1e-9), room = svg_width - labels - numbers;
  const std::size_t rows = std::min(d.table.rows.size(), most_bars), series = d.chart.series.size();
  double y = add_legend(out, d);
  for (std::size_t r = 0; r < rows; ++r) {
    const double line = d.chart.stacked ? 18 : 13;
    const double height = d.chart.stacked ? line : line * static_cast<double>(series);
    add_text_at(out, labels - 10, y + height / 2 + 4.5, "label", cut(d.label(r), label_characters));
    double x = labels, total = 0;
    for (std::size_t s = 0; s < series; ++s) {
      const double v = d.value(r, s), w = v / top * room;
      const double at = d.chart.stacked ? y : y + line * static_cast<double>(s);
      add_box(out, d.chart.stacked ? x : labels, at, w, line - (d.chart.stacked ? 0 : 2), s, d.says(r, s));
      const ReportUnit unit = d.table.columns[d.chart.series[s]].unit;
      if (!d.chart.stacked)
        add_text_at(out, labels + w + 6, at + 10.5, "number", report_cell(d.table.rows[r][d.chart.series[s]], unit));
      x += w;
      total += v;
    }
    if (d.chart.stacked)
      add_text_at(out, x + 6, y + 13.5, "number",
                  report_cell(static_cast<std::int64_t>(std::llround(total)), ReportUnit::count));
    y += height + 9;
  }
  return y;
}

double draw_columns(std::string& out, const Drawing& d) {
  constexpr double left = 64, height = 190, gap = 0.16;
  const std::size_t rows = d.table.rows.size();
  const double y0 = add_legend(out, d) + 6, base = y0 + height, room = svg_width - left - 8;
  const double step = nice_step(d.top()), top = std::max(step, std::ceil(d.top() / step) * step);
  for (double tick = 0; tick <= top + step / 2; tick += step) {
    const double y = base - tick / top * height;
    out.append("<line class=\"grid\" x1=\"").append(place(left)).append("\" x2=\"").append(place(svg_width));
    out.append("\" y1=\"").append(place(y)).append("\" y2=\"").append(place(y)).append("\"/>");
    add_text_at(out, left - 8, y + 4, "label", report_cell(static_cast<std::int64_t>(tick), ReportUnit::count));
  }
  const double each = room / static_cast<double>(std::max<std::size_t>(rows, 1));
  const std::size_t labels = std::max<std::size_t>(1, static_cast<std::size_t>(std::ceil(110.0 / each)));
  for (std::size_t r = 0; r < rows; ++r) {
    const double x = left + each * static_cast<double>(r);
    double y = base;
    for (std::size_t s = 0; s < d.chart.series.size(); ++s) {
      const double h = d.value(r, s) / top * height;
      y -= h;
      add_box(out, x + each * gap / 2, y, each * (1 - gap), h, s, d.says(r, s));
    }
    if (r % (each > 36 ? 1 : labels) == 0) add_text_at(out, x + each / 2, base + 18, "tick", d.label(r));
  }
  return base + 26;
}

}  // namespace

std::string report_svg(const ReportTable& table, const ReportChart& chart, const std::string& id) {
  const Drawing drawing{table, chart};
  std::string inside;
  const double height =
      chart.kind == ReportChart::Kind::bars ? draw_bars(inside, drawing) : draw_columns(inside, drawing);
  const bool all = chart.kind == ReportChart::Kind::columns || table.rows.size() <= most_bars;
  std::string out =
      "<svg viewBox=\"0 0 " + place(svg_width) + " " + place(height) + "\" role=\"img\" aria-labelledby=\"";
  out.append(id).append("-t ").append(id).append("-d\"><title id=\"").append(id).append("-t\">");
  out.append(report_escaped(chart.title)).append("</title><desc id=\"").append(id).append("-d\">");
  out.append("The table below has the same figures").append(all ? "." : "; drawn are its first rows.");
  return out.append("</desc>").append(inside).append("</svg>");
}

}  // namespace ferry::report
