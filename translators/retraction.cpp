// Maps: <retract/> <-> retracts.
// Loses: a second one in the same message (the older form over XEP-0422, urn:xmpp:message-retract:0, travels in ext).
// Spec: XEP-0424.
// Example: <retract xmlns='urn:xmpp:message-retract:1' id='m1'/> <-> "retracts":"m1"
#include "translators/parts.h"

namespace ferry::retraction {

constexpr std::string_view space = "urn:xmpp:message-retract:1";

std::optional<PartValue> from_xml(const Element& e) {
  if (!e.is("retract", space) || e.attr_or("id").empty()) return std::nullopt;
  return Retraction{*e.attr("id")};
}

Element to_xml(const Retraction& part) {
  Element e("retract", space);
  e.set("id", part.id);
  return e;
}

void write_json(const Parts& parts, JsonWriter& json) {
  if (const auto* p = find<Retraction>(parts)) json.field("retracts", p->id);
}

std::optional<StanzaError> read_json(JsonView out, Parts& parts) {
  TextField field = id_field(out, "retracts");
  if (field.text) parts.push_back({Retraction{std::move(*field.text)}});
  return field.error;
}

}  // namespace ferry::retraction
