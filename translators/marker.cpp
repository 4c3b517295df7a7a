// Maps: <markable/> <-> want["displayed"]; <displayed/>, <acknowledged/> <-> the state displayed; <received/> <->
// delivered. Loses: the difference between displayed and acknowledged; a marker that comes with a body, and its thread.
// Spec: XEP-0333.
// Example: <displayed xmlns='urn:xmpp:chat-markers:0' id='m1'/> <-> {"id":"m1","state":"displayed"}
#include "translators/parts.h"

namespace ferry::marker {

constexpr std::string_view space = "urn:xmpp:chat-markers:0";

std::optional<PartValue> from_xml(const Element& e) {
  if (e.ns != space) return std::nullopt;
  if (e.name == "markable") return Markable{};
  if ((e.name == "received" || e.name == "displayed" || e.name == "acknowledged") && e.attr("id"))
    return Marker{e.name, *e.attr("id")};
  return std::nullopt;
}

Element to_xml(const Markable&) { return Element("markable", space); }

Element to_xml(const Marker& marker) {
  Element e(marker.state, space);
  e.set("id", marker.id);
  return e;
}

// want belongs to receipts and markers alike; it is written and read here for both.
void write_json(const Parts& parts, JsonWriter& json) {
  const bool delivered = find<ReceiptRequest>(parts), displayed = find<Markable>(parts);
  if (!delivered && !displayed) return;
  json.key("want").begin_array();
  if (delivered) json.value("delivered");
  if (displayed) json.value("displayed");
  json.end_array();
}

std::optional<StanzaError> read_json(JsonView out, Parts& parts) {
  const JsonView want = out["want"];
  if (!want) return std::nullopt;
  if (!want.is_array()) return error(Condition::bad_request, "want: expected an array of \"delivered\", \"displayed\"");
  bool delivered = false, displayed = false;
  want.each([&](JsonView item) {
    delivered |= item.string() == "delivered";
    displayed |= item.string() == "displayed";
  });
  if (delivered) parts.push_back({ReceiptRequest{}});
  if (displayed) parts.push_back({Markable{}});
  return std::nullopt;
}

}  // namespace ferry::marker
