// Maps: <body/> and its xml:lang <-> body, bodies{lang:text}.
// Loses: a body without xml:lang whose text one of the others has too; a second body of the same language; elements
// inside
//        a body, which no specification allows.
// Spec: RFC 6121 section 5.2.3.
// Example: <body>Hi</body><body xml:lang='de'>Hallo</body> <-> "body":"Hi","bodies":{"de":"Hallo"}
#include <set>

#include "translators/parts.h"

namespace ferry::body {

std::optional<PartValue> from_xml(const Element& e) {
  if (!e.is("body", ns::client)) return std::nullopt;
  return Body{e.text(), std::string(e.lang())};
}

Element to_xml(const Body& body) {
  Element e("body");
  e.set_lang(body.lang).add_text(body.text);
  return e;
}

void write_json(const Parts& parts, JsonWriter& json) {
  const Body* shown = nullptr;
  bool languages = false;
  for (const Part& part : parts)
    if (const auto* b = std::get_if<Body>(&part.value)) {
      if (!shown || (b->lang.empty() && !shown->lang.empty())) shown = b;
      languages |= !b->lang.empty();
    }
  if (shown) json.field("body", shown->text);
  if (!languages) return;
  json.key("bodies").begin_object();
  std::set<std::string_view> written;
  for (const Part& part : parts)
    if (const auto* b = std::get_if<Body>(&part.value); b && !b->lang.empty() && written.insert(b->lang).second)
      json.field(b->lang, b->text);
  json.end_object();
}

std::optional<StanzaError> read_json(JsonView out, Parts& parts) {
  TextField main = text_field(out, "body", max_text_bytes);
  if (main.error) return main.error;
  std::optional<StanzaError> wrong;
  bool repeated = false;
  Parts others;
  if (const JsonView bodies = out["bodies"]; bodies && !bodies.is_object())
    return error(Condition::bad_request, "bodies: expected an object of language and text");
  out["bodies"].members([&](std::string_view lang, JsonView text) {
    if (!text.string() || !is_xml_text(*text.string()) || !is_xml_text(lang) || lang.empty() || lang.size() > 35) {
      wrong = error(Condition::bad_request, "bodies: expected a language tag and a text that XML can carry");
      return;
    }
    repeated |= main.text && *main.text == *text.string();
    others.push_back({Body{std::string(*text.string()), std::string(lang)}});
  });
  if (wrong) return wrong;
  if (main.text && !repeated) parts.push_back({Body{std::move(*main.text), {}}});
  for (Part& part : others) parts.push_back(std::move(part));
  return std::nullopt;
}

}  // namespace ferry::body
