// Maps: <via xmlns='urn:ferry:via:0' hops='…'/> <-> via[].
// Loses: nothing.
// Spec: Ferry's own (translators/via.h).
// Example: <via xmlns='urn:ferry:via:0' hops='mqtt.corp.example'/> <-> "via":["mqtt.corp.example"]
#include "translators/via.h"

#include <algorithm>

#include "translators/part.h"
#include "translators/parts.h"

namespace ferry::via {
namespace {

constexpr std::string_view space = "urn:ferry:via:0";
constexpr std::size_t max_domain = 1'023;  // bytes: RFC 6122 section 2.2

bool is_hop(std::string_view hop) {
  return !hop.empty() && hop.size() <= max_domain && hop.find_first_of(" \t\r\n") == std::string_view::npos;
}

// What names more than a message may pass stays as it is, one over the limit is enough to be stopped.
Via split(std::string_view text) {
  Via out;
  while (!text.empty() && out.hops.size() <= max_hops) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) out.hops.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string join(const Via& via) {
  std::string out;
  for (const std::string& hop : via.hops) out.append(out.empty() ? "" : " ").append(hop);
  return out;
}

}  // namespace

bool may_pass(const Parts& parts, std::string_view gateway) {
  const auto* mark = find<Via>(parts);
  return !mark ||
         (mark->hops.size() < max_hops && std::find(mark->hops.begin(), mark->hops.end(), gateway) == mark->hops.end());
}

void add_hop(Parts& parts, std::string_view gateway) {
  for (Part& part : parts)
    if (auto* mark = std::get_if<Via>(&part.value)) {
      mark->hops.emplace_back(gateway);
      part.verbatim.reset();
      return;
    }
  parts.push_back({Via{{std::string(gateway)}}});
}

std::string to_property(const Parts& parts) {
  const auto* mark = find<Via>(parts);
  return mark ? join(*mark) : std::string();
}

Parts from_property(std::string_view property) {
  Parts parts;
  if (Via mark = split(property); !mark.hops.empty()) parts.push_back({std::move(mark)});
  return parts;
}

std::optional<PartValue> from_xml(const Element& e) {
  if (!e.is("via", space)) return std::nullopt;
  return split(e.attr_or("hops"));
}

Element to_xml(const Via& part) {
  Element e("via", space);
  e.set("hops", join(part));
  return e;
}

void write_json(const Parts& parts, JsonWriter& json) {
  const auto* mark = find<Via>(parts);
  if (!mark || mark->hops.empty()) return;
  json.key("via").begin_array();
  for (const std::string& hop : mark->hops) json.value(hop);
  json.end_array();
}

std::optional<StanzaError> read_json(JsonView out, Parts& parts) {
  const JsonView field = out["via"];
  if (!field) return std::nullopt;
  Via mark;
  bool good = field.is_array() && field.size() <= max_hops + 1;
  field.each([&](JsonView item) {
    const auto hop = item.string();
    if (good && hop && is_hop(*hop) && is_xml_text(*hop))
      mark.hops.emplace_back(*hop);
    else
      good = false;
  });
  if (!good) return error(Condition::bad_request, "via: expected an array of at most 8 domains");
  if (!mark.hops.empty()) parts.push_back({std::move(mark)});
  return std::nullopt;
}

}  // namespace ferry::via
