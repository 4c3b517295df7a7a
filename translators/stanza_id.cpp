// Maps: <stanza-id id='' by=''/> -> stanzaIds[{id,by}]; <origin-id id=''/> <-> originId.
// Loses: stanza ids towards XMPP: only archives give them, a client must not (XEP-0359 section 5);
//        a second origin id.
// Spec: XEP-0359.
// Example: <stanza-id xmlns='urn:xmpp:sid:0' id='s1' by='alice@corp.example'/> ->
// "stanzaIds":[{"id":"s1","by":"alice@corp.example"}]
#include "translators/parts.h"

namespace ferry::stanza_id {

constexpr std::string_view space = "urn:xmpp:sid:0";

std::optional<PartValue> from_xml(const Element& e) {
  if (e.ns != space || e.attr_or("id").empty()) return std::nullopt;
  if (e.name == "stanza-id" && !e.attr_or("by").empty()) return StanzaId{*e.attr("id"), *e.attr("by")};
  if (e.name == "origin-id") return OriginId{*e.attr("id")};
  return std::nullopt;
}

Element to_xml(const StanzaId& id) {
  Element e("stanza-id", space);
  e.set("id", id.id).set("by", id.by);
  return e;
}

Element to_xml(const OriginId& id) {
  Element e("origin-id", space);
  e.set("id", id.id);
  return e;
}

void write_json(const Parts& parts, JsonWriter& json) {
  if (const auto* origin = find<OriginId>(parts)) json.field("originId", origin->id);
  if (!find<StanzaId>(parts)) return;
  json.key("stanzaIds").begin_array();
  for (const Part& part : parts)
    if (const auto* s = std::get_if<StanzaId>(&part.value))
      json.begin_object().field("id", s->id).field("by", s->by).end_object();
  json.end_array();
}

std::optional<StanzaError> read_json(JsonView out, Parts& parts) {
  TextField field = id_field(out, "originId");
  if (field.text) parts.push_back({OriginId{std::move(*field.text)}});
  return field.error;
}

}  // namespace ferry::stanza_id
