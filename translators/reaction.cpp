// Maps: <reactions id=''> <reaction/> </reactions> <-> reacts{id,emoji[]}; an empty set takes reactions back.
// Loses: an empty reaction; a second set in the same message.
// Spec: XEP-0444.
// Example: <reactions xmlns='urn:xmpp:reactions:0' id='m1'><reaction>👍</reaction></reactions> <->
// "reacts":{"id":"m1","emoji":["👍"]}
#include "translators/parts.h"

namespace ferry::reaction {

constexpr std::string_view space = "urn:xmpp:reactions:0";
constexpr std::size_t max_emoji = 64, max_emoji_bytes = 64;

std::optional<PartValue> from_xml(const Element& e) {
  if (!e.is("reactions", space) || e.attr_or("id").empty()) return std::nullopt;
  Reactions reactions{*e.attr("id"), {}};
  for (const Node& node : e.children)
    if (const Element* child = node.element(); child && child->is("reaction", space))
      reactions.emoji.push_back(child->text());
  return reactions;
}

Element to_xml(const Reactions& reactions) {
  Element e("reactions", space);
  e.set("id", reactions.id);
  for (const std::string& emoji : reactions.emoji) e.add(Element("reaction", space)).add_text(emoji);
  return e;
}

void write_json(const Parts& parts, JsonWriter& json) {
  const auto* r = find<Reactions>(parts);
  if (!r) return;
  json.key("reacts").begin_object().field("id", r->id).key("emoji").begin_array();
  for (const std::string& emoji : r->emoji)
    if (!emoji.empty()) json.value(emoji);
  json.end_array().end_object();
}

std::optional<StanzaError> read_json(JsonView out, Parts& parts) {
  const JsonView reacts = out["reacts"];
  if (!reacts) return std::nullopt;
  TextField id = id_field(reacts, "id", "reacts");
  if (id.error) return id.error;
  if (!id.text || !reacts["emoji"].is_array() || reacts["emoji"].size() > max_emoji)
    return error(Condition::bad_request, "reacts: expected {\"id\":…,\"emoji\":[…]}");
  Reactions reactions{std::move(*id.text), {}};
  bool good = true;
  reacts["emoji"].each([&](JsonView emoji) {
    const auto text = emoji.string();
    if (!text || text->empty() || text->size() > max_emoji_bytes || !is_xml_text(*text))
      good = false;
    else
      reactions.emoji.emplace_back(*text);
  });
  if (!good) return error(Condition::bad_request, "reacts.emoji: expected short texts");
  parts.push_back({std::move(reactions)});
  return std::nullopt;
}

}  // namespace ferry::reaction
