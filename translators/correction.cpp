// Maps: <replace/> <-> replaces.
// Loses: a second one in the same message; nothing else.
// Spec: XEP-0308.
// Example: <replace xmlns='urn:xmpp:message-correct:0' id='m1'/> <-> "replaces":"m1"
#include "translators/parts.h"

namespace ferry::correction {

constexpr std::string_view space = "urn:xmpp:message-correct:0";

std::optional<PartValue> from_xml(const Element& e) {
  if (!e.is("replace", space) || e.attr_or("id").empty()) return std::nullopt;
  return Correction{*e.attr("id")};
}

Element to_xml(const Correction& part) {
  Element e("replace", space);
  e.set("id", part.id);
  return e;
}

void write_json(const Parts& parts, JsonWriter& json) {
  if (const auto* p = find<Correction>(parts)) json.field("replaces", p->id);
}

std::optional<StanzaError> read_json(JsonView out, Parts& parts) {
  TextField field = id_field(out, "replaces");
  if (field.text) parts.push_back({Correction{std::move(*field.text)}});
  return field.error;
}

}  // namespace ferry::correction
