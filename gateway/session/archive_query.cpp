#include "gateway/session/archive_query.h"

namespace ferry {
namespace {
constexpr std::string_view forward_ns = "urn:xmpp:forward:0", result_set_ns = "http://jabber.org/protocol/rsm";
constexpr std::string_view form_ns = "jabber:x:data";
}  // namespace

Element archive_query(std::string_view id, std::size_t max, const std::string& after, std::optional<Instant> start,
                      bool last) {
  Element out("iq");
  out.set("type", "set").set("id", id);
  Element& query = out.add(Element("query", archive_ns)).set("queryid", id);
  Element& form = query.add(Element("x", form_ns)).set("type", "submit");
  const auto field = [&](std::string_view name, std::string_view value) {
    form.add(Element("field", form_ns)).set("var", name).add(Element("value", form_ns)).add_text(value);
  };
  field("FORM_TYPE", archive_ns);
  if (start) field("start", format_instant(*start));
  Element& set = query.add(Element("set", result_set_ns));
  set.add(Element("max", result_set_ns)).add_text(std::to_string(max));
  if (!after.empty()) set.add(Element("after", result_set_ns)).add_text(after);
  if (last) set.add(Element("before", result_set_ns));
  return out;
}

std::string last_of(const Element& iq) {
  const Element* fin = iq.child("fin", archive_ns);
  const Element* set = fin ? fin->child("set", result_set_ns) : nullptr;
  const Element* last = set ? set->child("last", result_set_ns) : nullptr;
  return last ? last->text() : std::string();
}

bool is_last_page(const Element& iq) {
  const Element* fin = iq.child("fin", archive_ns);
  const std::string_view complete = fin ? fin->attr_or("complete") : std::string_view();
  return complete == "true" || complete == "1";
}

const Element* forwarded_message(const Element& wrapper, std::optional<Instant>* stamp) {
  const Element* forwarded = wrapper.child("forwarded", forward_ns);
  if (!forwarded) return nullptr;
  const Element* delay = forwarded->child("delay", "urn:xmpp:delay");
  if (stamp && delay) *stamp = parse_instant(delay->attr_or("stamp"));
  return forwarded->child("message", ns::client);
}

}  // namespace ferry
