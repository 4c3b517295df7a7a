#include "tools/ferryctl/migrate_html.h"

#include <algorithm>
#include <array>
#include <map>

#include "translators/values/instant.h"

namespace ferry::html {
namespace {

// Told apart also by those who see few colours, and on paper.
constexpr std::array<std::string_view, 8> palette = {"#9aa5b1", "#4e79a7", "#59a14f", "#1b6e3c",
                                                     "#b07aa1", "#e15759", "#f28e2b", "#76b7b2"};
constexpr int chart_width = 720, label_width = 150, bar_height = 22, bar_gap = 8;

std::string number(std::int64_t n) { return std::to_string(n); }

std::string attribute(std::string_view name, std::int64_t value) {
  return " " + std::string(name) + "=\"" + number(value) + "\"";
}

std::string text_at(std::int64_t x, std::int64_t y, std::string_view text, std::string_view more = {}) {
  return "<text" + attribute("x", x) + attribute("y", y) + std::string(more) + ">" + escape(text) + "</text>";
}

std::string begin_svg(std::string_view title, std::int64_t height) {
  return "<figure><figcaption>" + escape(title) + "</figcaption><svg role=\"img\" aria-label=\"" + escape(title) +
         "\" viewBox=\"0 0 " + number(chart_width) + " " + number(height) + "\">";
}

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

std::string bars(std::string_view title, const std::vector<Bar>& all) {
  std::int64_t most = 1;
  std::map<std::string, int> legend;
  for (const Bar& bar : all) {
    std::int64_t sum = 0;
    for (const Segment& s : bar.segments) {
      sum += s.value;
      if (s.value > 0) legend.emplace(s.name, s.colour);
    }
    most = std::max(most, sum);
  }
  const std::int64_t rows = static_cast<std::int64_t>(all.size());
  std::string svg = begin_svg(title, rows * (bar_height + bar_gap) + 30);
  std::int64_t y = 0;
  for (const Bar& bar : all) {
    svg += text_at(label_width - 8, y + 15, bar.name, " text-anchor=\"end\"");
    std::int64_t x = label_width;
    for (const Segment& s : bar.segments) {
      if (s.value <= 0) continue;
      const std::int64_t width = std::max<std::int64_t>(2, s.value * (chart_width - label_width - 60) / most);
      svg += "<rect" + attribute("x", x) + attribute("y", y) + attribute("width", width) +
             attribute("height", bar_height) + " fill=\"" +
             std::string(palette[static_cast<std::size_t>(s.colour) % palette.size()]) + "\"><title>" +
             escape(bar.name + ", " + s.name + ": " + number(s.value)) + "</title></rect>";
      if (width > 28) svg += text_at(x + width / 2, y + 15, number(s.value), " text-anchor=\"middle\" class=\"in\"");
      x += width;
    }
    y += bar_height + bar_gap;
  }
  std::int64_t x = label_width;
  for (const auto& [name, colour] : legend) {
    svg += "<rect" + attribute("x", x) + attribute("y", y + 4) + " width=\"12\" height=\"12\" fill=\"" +
           std::string(palette[static_cast<std::size_t>(colour) % palette.size()]) + "\"/>" +
           text_at(x + 17, y + 14, name);
    x += 30 + 8 * static_cast<std::int64_t>(name.size());
  }
  return svg + "</svg></figure>";
}

std::string rising_line(std::string_view title, const Points& points, std::int64_t top, std::string_view unit) {
  constexpr std::int64_t height = 200, left = 60, bottom = 170;
  if (points.empty()) return {};
  const std::int64_t first = points.front().first, last = std::max(points.back().first, first + 1);
  top = std::max<std::int64_t>({1, top, points.back().second});
  const auto at_x = [&](std::int64_t t) { return left + (t - first) * (chart_width - left - 20) / (last - first); };
  const auto at_y = [&](std::int64_t v) { return bottom - v * (bottom - 20) / top; };
  std::string svg = begin_svg(title, height), path;
  for (const auto& [t, v] : points)  // it rises in steps
    path += (path.empty() ? "M" : "H" + number(at_x(t)) + "V") +
            (path.empty() ? number(at_x(t)) + " " + number(at_y(v)) : number(at_y(v)));
  svg +=
      "<path class=\"axis\" d=\"M" + number(left) + " 20V" + number(bottom) + "H" + number(chart_width - 20) + "\"/>";
  svg += "<path class=\"line\" d=\"" + path + "\"/>";
  svg += text_at(left - 6, 24, number(top), " text-anchor=\"end\"") +
         text_at(left - 6, bottom, "0", " text-anchor=\"end\"");
  svg += text_at(left, height - 10, format_instant(first).substr(0, 16)) +
         text_at(chart_width - 20, height - 10, format_instant(last).substr(0, 16), " text-anchor=\"end\"");
  return svg + text_at(left + 6, 14, unit) + "</svg></figure>";
}

std::string table(const std::vector<std::string>& titles, const std::vector<std::vector<std::string>>& rows) {
  std::string out = "<table><thead><tr>";
  for (const std::string& title : titles) out += "<th>" + escape(title) + "</th>";
  out += "</tr></thead><tbody>";
  for (const auto& row : rows) {
    out += "<tr>";
    for (const std::string& cell : row) out += "<td>" + escape(cell) + "</td>";
    out += "</tr>";
  }
  return out + "</tbody></table>";
}

std::string page(std::string_view title, std::string_view body) {
  return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + escape(title) +
         "</title><meta name=\"viewport\" content=\"width=device-width\">"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
         "<style>body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1f2933}"
         "h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2rem}figure{margin:1rem 0}figcaption{font-weight:600}"
         "svg{width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:#1f2933}svg text.in{fill:#fff}"
         ".axis{fill:none;stroke:#9aa5b1}.line{fill:none;stroke:#1b6e3c;stroke-width:2}"
         "table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;padding:.25rem .5rem;"
         "border-bottom:1px solid #d9e2ec;overflow-wrap:anywhere}p.none{color:#627d98}</style></head><body><h1>" +
         escape(title) + "</h1>" + std::string(body) + "</body></html>\n";
}

}  // namespace ferry::html
