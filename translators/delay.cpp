// Maps: <delay from='' stamp=''/> <-> delayed{by,stamp}; ts of in/msg is then the stamp.
// Loses: the reason text; towards XMPP, who delayed it; a second delay (the first, oldest one is taken); fractions of a
// stamp beyond milliseconds in ts. Spec: XEP-0203. Example: <delay xmlns='urn:xmpp:delay' from='corp.example'
// stamp='2026-11-20T10:00:00Z'/> <-> "delayed":{"by":"corp.example","stamp":"2026-11-20T10:00:00Z"}
#include "translators/parts.h"

namespace ferry::delay {

constexpr std::string_view space = "urn:xmpp:delay";

namespace {
// As written, unless it is of the older XEP-0091's form or in small letters: most readers know one form.
std::string as_xep_0082(const std::string& stamp) {
  if (stamp.size() > 10 && stamp[4] == '-' && stamp[10] == 'T' && stamp.back() != 'z') return stamp;
  return format_instant(parse_instant(stamp).value_or(0));
}
}  // namespace

std::optional<PartValue> from_xml(const Element& e) {
  if (!e.is("delay", space) || !parse_instant(e.attr_or("stamp"))) return std::nullopt;
  return Delay{std::string(e.attr_or("from")), *e.attr("stamp"), e.text()};
}

Element to_xml(const Delay& delay) {
  Element e("delay", space);
  if (!delay.from.empty()) e.set("from", delay.from);
  e.set("stamp", delay.stamp).add_text(delay.reason);
  return e;
}

void write_json(const Parts& parts, JsonWriter& json) {
  const auto* d = find<Delay>(parts);
  if (!d) return;
  json.key("delayed").begin_object();
  if (!d->from.empty()) json.field("by", d->from);
  json.field("stamp", as_xep_0082(d->stamp)).end_object();
}

std::optional<StanzaError> read_json(JsonView out, Parts& parts) {
  const JsonView delayed = out["delayed"];
  if (!delayed) return std::nullopt;
  TextField stamp = text_field(delayed, "stamp", 64);
  if (stamp.error || !stamp.text || !parse_instant(*stamp.text))
    return error(Condition::bad_request, "delayed.stamp: expected a time such as 2026-11-20T10:00:00.000Z");
  // Who delayed it is the sender itself: a client cannot speak for a server.
  parts.push_back({Delay{{}, as_xep_0082(*stamp.text), {}}});
  return std::nullopt;
}

}  // namespace ferry::delay
