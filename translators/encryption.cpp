// Maps: <encryption namespace='' name=''/> <-> encrypted; the encrypted payload itself travels in ext, unread.
// Loses: the name that people see; a second one in the same message.
// Spec: XEP-0380.
// Example: <encryption xmlns='urn:xmpp:eme:0' namespace='eu.siacs.conversations.axolotl'/> <->
// "encrypted":"eu.siacs.conversations.axolotl"
#include "translators/parts.h"

namespace ferry::encryption {

constexpr std::string_view space = "urn:xmpp:eme:0";

std::optional<PartValue> from_xml(const Element& e) {
  if (!e.is("encryption", space) || e.attr_or("namespace").empty()) return std::nullopt;
  return Encryption{*e.attr("namespace"), std::string(e.attr_or("name"))};
}

Element to_xml(const Encryption& encryption) {
  Element e("encryption", space);
  e.set("namespace", encryption.ns);
  if (!encryption.name.empty()) e.set("name", encryption.name);
  return e;
}

void write_json(const Parts& parts, JsonWriter& json) {
  if (const auto* e = find<Encryption>(parts)) json.field("encrypted", e->ns);
}

std::optional<StanzaError> read_json(JsonView out, Parts& parts) {
  TextField field = text_field(out, "encrypted", 1'024);
  if (field.text) parts.push_back({Encryption{std::move(*field.text), {}}});
  return field.error;
}

}  // namespace ferry::encryption
