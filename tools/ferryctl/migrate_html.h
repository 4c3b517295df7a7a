// Parts of the report's page: escaped text, tables, charts as inline SVG. No script, no font, no address of anything
// outside of the file. Pure: values in, text out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ferry::html {

std::string escape(std::string_view text);  // for text and for attributes in double quotes

struct Segment {
  std::string name;
  std::int64_t value = 0;
  int colour = 0;  // of the palette, 0 to 7
};
struct Bar {
  std::string name;
  std::vector<Segment> segments;
};
std::string bars(std::string_view title, const std::vector<Bar>& all);  // stacked, one below the other, with a legend

// A line that only rises, over time: (ms since 1970, value), in order.
using Points = std::vector<std::pair<std::int64_t, std::int64_t>>;
std::string rising_line(std::string_view title, const Points& points, std::int64_t top, std::string_view unit);

std::string table(const std::vector<std::string>& titles, const std::vector<std::vector<std::string>>& rows);
std::string page(std::string_view title, std::string_view body);

}  // namespace ferry::html
