// Maps: <show/>, <status/>, <priority/> <-> state, status, priority.
// Loses: statuses in further languages; all of it in a message.
// Spec: RFC 6121 section 4.7.2.
// Example: <show>away</show><status>Lunch</status> <-> "state":"away","status":"Lunch"
#include <charconv>

#include "translators/parts.h"

namespace ferry::presence_state {

std::optional<PartValue> from_xml(const Element& e) {
  if (e.ns != ns::client) return std::nullopt;
  const std::string text = e.text();
  if (e.name == "show" && (text == "away" || text == "chat" || text == "dnd" || text == "xa")) return Show{text};
  if (e.name == "status") return Status{text, std::string(e.lang())};
  if (e.name == "priority") {
    int value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem == std::errc{} && end == text.data() + text.size() && value >= -128 && value <= 127)
      return Priority{value};
  }
  return std::nullopt;
}

Element to_xml(const Show& show) {
  Element e("show");
  e.add_text(show.state);
  return e;
}

Element to_xml(const Status& status) {
  Element e("status");
  e.set_lang(status.lang).add_text(status.text);
  return e;
}

Element to_xml(const Priority& priority) {
  Element e("priority");
  e.add_text(std::to_string(priority.value));
  return e;
}

}  // namespace ferry::presence_state
