// Maps: <subject/> <-> subject.
// Loses: subjects in further languages (the one without xml:lang is taken, else the first), and the language of the
// one. Spec: RFC 6121 section 5.2.4. Example: <subject>Plan</subject> <-> "subject":"Plan"
#include "translators/parts.h"

namespace ferry::subject {

std::optional<PartValue> from_xml(const Element& e) {
  if (!e.is("subject", ns::client)) return std::nullopt;
  return Subject{e.text(), std::string(e.lang())};
}

Element to_xml(const Subject& subject) {
  Element e("subject");
  e.set_lang(subject.lang).add_text(subject.text);
  return e;
}

void write_json(const Parts& parts, JsonWriter& json) {
  const Subject* shown = nullptr;
  for (const Part& part : parts)
    if (const auto* s = std::get_if<Subject>(&part.value))
      if (!shown || (s->lang.empty() && !shown->lang.empty())) shown = s;
  if (shown) json.field("subject", shown->text);
}

std::optional<StanzaError> read_json(JsonView out, Parts& parts) {
  TextField field = text_field(out, "subject", max_text_bytes);
  if (field.text) parts.push_back({Subject{std::move(*field.text), {}}});
  return field.error;
}

}  // namespace ferry::subject
