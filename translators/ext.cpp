// Maps: every element that no translator knows <-> ext[], raw XML.
// Loses: towards XMPP, elements that only a server may say (carbons, archive results, privileges, delegations, stanza
// ids,
//        occupant ids, forwarded stanzas): refused, so that nobody can forge them; elements of XML's own namespace or
//        of streams, other attributes of xml: than XML defines, and more than 64 in one message are refused.
// Spec: RFC 6120 section 8.4 (extended content).
// Example: <x xmlns='urn:example'/> <-> "ext":["<x xmlns='urn:example'/>"]
#include <algorithm>
#include <array>

#include "translators/parts.h"
#include "translators/servers_only.h"

namespace ferry::ext {

constexpr std::size_t max_ext = 64;
constexpr std::string_view nowhere = "\n";  // no default namespace: every text says its own, xmlns='' too

// CVE-2017-5589 and its family: what a client would believe because it looks like a server's word.
constexpr std::array<std::string_view, 13> servers_only{
    "urn:xmpp:carbons:2",    "urn:xmpp:carbons:1",    "urn:xmpp:forward:0",     "urn:xmpp:mam:2",
    "urn:xmpp:mam:1",        "urn:xmpp:mam:0",        "urn:xmpp:privilege:1",   "urn:xmpp:privilege:2",
    "urn:xmpp:delegation:1", "urn:xmpp:delegation:2", "urn:xmpp:occupant-id:0", "urn:xmpp:sid:0",
    "urn:xmpp:delay"};

// Names that are XML's own or a stream's. COMPAT(Prosody 0.12): it writes them wrong, and whoever it writes them to
// loses the connection.
bool is_reserved(const Element& e) {
  const auto wrong = [](const Attr& a) {
    return a.ns == ns::xml && a.name != "lang" && a.name != "space" && a.name != "base" && a.name != "id";
  };
  return e.ns == ns::xml || e.ns == ns::stream || std::any_of(e.attrs.begin(), e.attrs.end(), wrong) ||
         std::any_of(e.children.begin(), e.children.end(),
                     [](const Node& n) { return n.element() && is_reserved(*n.element()); });
}

bool is_servers_only(const Element& e) {
  return std::find(servers_only.begin(), servers_only.end(), e.ns) != servers_only.end();
}

Element to_xml(const Ext& part) { return part.xml; }

void write_json(const Parts& parts, JsonWriter& json) {
  bool any = false;
  for (const Part& part : parts)
    if (const auto* e = std::get_if<Ext>(&part.value)) {
      if (!any) json.key("ext").begin_array();
      any = true;
      json.value(ferry::to_xml(e->xml, nowhere));
    }
  if (any) json.end_array();
}

std::optional<StanzaError> read_json(JsonView out, Parts& parts) {
  const JsonView ext = out["ext"];
  if (!ext) return std::nullopt;
  if (!ext.is_array() || ext.size() > max_ext)
    return error(Condition::bad_request, "ext: expected an array of at most 64 XML texts");
  std::optional<StanzaError> wrong;
  ext.each([&](JsonView item) {
    if (wrong) return;
    const auto text = item.string();
    if (!text) {
      wrong = error(Condition::bad_request, "ext: expected XML texts");
      return;
    }
    auto element = parse_xml(*text, {}, ns::client);
    if (!element) {
      wrong = error(element.error().condition, "ext: " + element.error().text);
      return;
    }
    if (is_servers_only(*element))
      wrong = error(Condition::forbidden, "ext: elements of " + element->ns + " are a server's to write");
    if (!wrong && is_reserved(*element))
      wrong = error(Condition::not_acceptable, "ext: names of XML itself, or of streams");
    if (!wrong && part_from_xml(*element).value.index() != PartValue(Ext{}).index())
      wrong = error(Condition::bad_request, "ext: <" + element->name + "/> has a field of its own");
    if (!wrong) parts.push_back({Ext{std::move(*element)}});
  });
  return wrong;
}

}  // namespace ferry::ext
