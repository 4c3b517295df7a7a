// Maps: <no-store/> <no-permanent-store/> <no-copy/> <store/> <-> hints[].
// Loses: a hint said twice.
// Spec: XEP-0334.
// Example: <no-store xmlns='urn:xmpp:hints'/> <-> "hints":["no-store"]
#include <algorithm>

#include "translators/parts.h"

namespace ferry::hint {

constexpr std::string_view space = "urn:xmpp:hints";

bool is_hint(std::string_view name) {
  return name == "no-store" || name == "no-permanent-store" || name == "no-copy" || name == "store";
}

std::optional<PartValue> from_xml(const Element& e) {
  if (e.ns != space || !is_hint(e.name)) return std::nullopt;
  return Hint{e.name};
}

Element to_xml(const Hint& hint) { return Element(hint.name, space); }

void write_json(const Parts& parts, JsonWriter& json) {
  if (!find<Hint>(parts)) return;
  json.key("hints").begin_array();
  std::vector<std::string_view> said;
  for (const Part& part : parts)
    if (const auto* h = std::get_if<Hint>(&part.value); h && std::find(said.begin(), said.end(), h->name) == said.end())
      json.value(said.emplace_back(h->name));
  json.end_array();
}

std::optional<StanzaError> read_json(JsonView out, Parts& parts) {
  const JsonView hints = out["hints"];
  if (!hints) return std::nullopt;
  bool good = hints.is_array() && hints.size() <= 4;
  hints.each([&](JsonView item) {
    const auto name = item.string();
    if (name && is_hint(*name))
      parts.push_back({Hint{std::string(*name)}});
    else
      good = false;
  });
  if (!good)
    return error(Condition::bad_request, "hints: expected an array of no-store, no-permanent-store, no-copy, store");
  return std::nullopt;
}

}  // namespace ferry::hint
