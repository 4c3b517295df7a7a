// Maps: <thread/> <-> thread.
// Loses: the parent of a thread; a second thread.
// Spec: RFC 6121 section 5.2.5, XEP-0201.
// Example: <thread>t1</thread> <-> "thread":"t1"
#include "translators/parts.h"

namespace ferry::thread {

std::optional<PartValue> from_xml(const Element& e) {
  if (!e.is("thread", ns::client)) return std::nullopt;
  return Thread{e.text(), std::string(e.attr_or("parent"))};
}

Element to_xml(const Thread& thread) {
  Element e("thread");
  if (!thread.parent.empty()) e.set("parent", thread.parent);
  e.add_text(thread.id);
  return e;
}

void write_json(const Parts& parts, JsonWriter& json) {
  if (const auto* t = find<Thread>(parts)) json.field("thread", t->id);
}

std::optional<StanzaError> read_json(JsonView out, Parts& parts) {
  TextField field = text_field(out, "thread", max_id_bytes);
  if (field.text) parts.push_back({Thread{std::move(*field.text), {}}});
  return field.error;
}

}  // namespace ferry::thread
