// Maps: <active/> <composing/> <paused/> <inactive/> <gone/> <-> in/act, out/act state.
// Loses: a chat state that comes with a body: the message itself says that its sender is active.
// Spec: XEP-0085.
// Example: <composing xmlns='http://jabber.org/protocol/chatstates'/> <-> {"state":"composing"}
#include "translators/parts.h"

namespace ferry::chat_state {

constexpr std::string_view space = "http://jabber.org/protocol/chatstates";

bool is_state(std::string_view name) {
  return name == "active" || name == "composing" || name == "paused" || name == "inactive" || name == "gone";
}

std::optional<PartValue> from_xml(const Element& e) {
  if (e.ns != space || !is_state(e.name)) return std::nullopt;
  return ChatState{e.name};
}

Element to_xml(const ChatState& state) { return Element(state.state, space); }

}  // namespace ferry::chat_state
