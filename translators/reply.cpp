// Maps: <reply id='' to=''/> <-> replyTo{id,to}.
// Loses: a second one in the same message; the quoted fallback text (XEP-0428) stays in the body and its marks in ext.
// Spec: XEP-0461.
// Example: <reply xmlns='urn:xmpp:reply:0' id='m1' to='anna@corp.example'/> <->
// "replyTo":{"id":"m1","to":"anna@corp.example"}
#include "translators/parts.h"

namespace ferry::reply {

constexpr std::string_view space = "urn:xmpp:reply:0";

std::optional<PartValue> from_xml(const Element& e) {
  if (!e.is("reply", space) || e.attr_or("id").empty()) return std::nullopt;
  return Reply{*e.attr("id"), std::string(e.attr_or("to"))};
}

Element to_xml(const Reply& reply) {
  Element e("reply", space);
  if (!reply.to.empty()) e.set("to", reply.to);
  e.set("id", reply.id);
  return e;
}

void write_json(const Parts& parts, JsonWriter& json) {
  const auto* r = find<Reply>(parts);
  if (!r) return;
  json.key("replyTo").begin_object().field("id", r->id);
  if (!r->to.empty()) json.field("to", r->to);
  json.end_object();
}

std::optional<StanzaError> read_json(JsonView out, Parts& parts) {
  const JsonView reply_to = out["replyTo"];
  if (!reply_to) return std::nullopt;
  TextField id = id_field(reply_to, "id", "replyTo"), to = text_field(reply_to, "to", 3 * 1024, "replyTo");
  if (id.error) return id.error;
  if (to.error) return to.error;
  if (!id.text) return error(Condition::bad_request, "replyTo: expected {\"id\":…,\"to\":…}");
  parts.push_back({Reply{std::move(*id.text), to.text.value_or("")}});
  return std::nullopt;
}

}  // namespace ferry::reply
