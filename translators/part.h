// The table of translators of message and presence parts: one row, one file, one XEP. Grow by adding a file and a row.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "translators/event.h"
#include "translators/values/json.h"

namespace ferry {

struct Translator {
  std::string_view xep;                                                 // for people: "RFC 6121", "XEP-0184"
  std::optional<PartValue> (*from_xml)(const Element& child);           // nullopt: not mine, or beyond what I know
  void (*write_json)(const Parts& parts, JsonWriter& json);             // my fields of in/msg; nullptr: none
  std::optional<StanzaError> (*read_json)(JsonView out, Parts& parts);  // my fields of out/msg; nullptr: none
};

std::span<const Translator> translators();

Part part_from_xml(const Element& child);
Element part_to_xml(const Part& part);

// ---- small tools of the translators ------------------------------------------------------------------------------
// A text field of a JSON object that will stand in XML: absent -> nullopt; wrong type or illegal characters -> error
// (bad-request, not-acceptable) that names the field.
struct TextField {
  std::optional<std::string> text;
  std::optional<StanzaError> error;
};
// `inside`: the field that the object is, for the error's text.
TextField text_field(JsonView object, std::string_view key, std::size_t max_bytes, std::string_view inside = {});
TextField id_field(JsonView object, std::string_view key, std::string_view inside = {});  // and not empty
inline constexpr std::size_t max_id_bytes = 256;                                          // of any id
inline constexpr std::size_t max_text_bytes = 1'048'576;  // the link's own limit comes first

}  // namespace ferry
