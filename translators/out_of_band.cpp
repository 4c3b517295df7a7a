// Maps: <x xmlns='jabber:x:oob'><url/><desc/></x> <-> files[{url,name}].
// Loses: towards XMPP, mime, size and sha256 of a file: XEP-0066 has no place for them;
//        a file that comes without a body gets one, its URL: most clients show nothing else.
// Spec: XEP-0066.
// Example: <x xmlns='jabber:x:oob'><url>https://corp.example/a.png</url></x> <->
// "files":[{"url":"https://corp.example/a.png"}]
#include "translators/parts.h"

namespace ferry::out_of_band {

constexpr std::string_view space = "jabber:x:oob";
constexpr std::size_t max_files = 16, max_url_bytes = 4'096;

std::optional<PartValue> from_xml(const Element& e) {
  if (!e.is("x", space)) return std::nullopt;
  const Element* url = e.child("url", space);
  if (!url || url->text().empty()) return std::nullopt;
  const Element* desc = e.child("desc", space);
  return OutOfBand{url->text(), desc ? desc->text() : ""};
}

Element to_xml(const OutOfBand& file) {
  Element e("x", space);
  e.add(Element("url", space)).add_text(file.url);
  if (!file.description.empty()) e.add(Element("desc", space)).add_text(file.description);
  return e;
}

void write_json(const Parts& parts, JsonWriter& json) {
  if (!find<OutOfBand>(parts)) return;
  json.key("files").begin_array();
  for (const Part& part : parts)
    if (const auto* f = std::get_if<OutOfBand>(&part.value)) {
      json.begin_object().field("url", f->url);
      if (!f->description.empty()) json.field("name", f->description);
      json.end_object();
    }
  json.end_array();
}

std::optional<StanzaError> read_json(JsonView out, Parts& parts) {
  const JsonView files = out["files"];
  if (!files) return std::nullopt;
  if (!files.is_array() || files.size() > max_files)
    return error(Condition::bad_request, "files: expected an array of at most 16 objects with a url");
  std::optional<StanzaError> wrong;
  files.each([&](JsonView file) {
    TextField url = text_field(file, "url", max_url_bytes, "files"), name = text_field(file, "name", 1'024, "files");
    if (url.error)
      wrong = url.error;
    else if (name.error)
      wrong = name.error;
    else if (!url.text || url.text->empty())
      wrong = error(Condition::bad_request, "files: every file needs a url");
    else
      parts.push_back({OutOfBand{std::move(*url.text), name.text.value_or("")}});
  });
  return wrong;
}

}  // namespace ferry::out_of_band
