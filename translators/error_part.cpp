// Maps: <error/> of a stanza of type error <-> reason{condition,text,retry}.
// Loses: conditions of an application, and who generated the error; all of it in a stanza of another type.
// Spec: RFC 6120 section 8.3.
// Example: <error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error> <->
// "reason":{"condition":"item-not-found","retry":false}
#include "translators/parts.h"

namespace ferry::error_part {

std::optional<PartValue> from_xml(const Element& e) {
  if (!e.is("error", ns::client)) return std::nullopt;
  Element stanza("message");
  stanza.add(e);
  return ErrorPart{parse_error(stanza)};
}

Element to_xml(const ErrorPart& part) { return error_element(part.error); }

}  // namespace ferry::error_part
