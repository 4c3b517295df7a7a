#include "translators/event.h"

#include "translators/part.h"

namespace ferry {
namespace {

// Does the typed value say what the attribute says, letter by letter? If not (an address that was not in its normal
// form, an empty id), the attribute is kept beside it.
bool says_the_same(const Attr& a, const Stanza& s) {
  if (a.ns == ns::xml) return !a.value.empty();
  if (a.name == "from") return s.from && s.from->str() == a.value;
  if (a.name == "to") return s.to && s.to->str() == a.value;
  return !a.value.empty();
}

bool is_known(const Attr& a) {
  return (a.ns.empty() && (a.name == "from" || a.name == "to" || a.name == "id" || a.name == "type")) ||
         (a.ns == ns::xml && a.name == "lang");
}

// A kept spelling stands as long as the typed value is still the one that it spells.
bool is_current(const Attr& a, const Envelope& e) {
  const auto spells = [&](const std::optional<Jid>& jid) {
    if (a.value.empty()) return !jid;
    const auto spelt = Jid::parse(a.value);
    return spelt && jid && *spelt == *jid;
  };
  if (a.ns == ns::xml) return e.lang.empty();
  if (a.name == "from") return spells(e.from);
  if (a.name == "to") return spells(e.to);
  return a.name == "id" ? e.id.empty() : e.type.empty();
}

Envelope envelope_of(const Stanza& s) {
  Envelope e{s.from, s.to, s.id, s.type, std::string(s.xml.lang()), {}, s.xml.decls, s.xml.prefix};
  for (const Attr& a : s.xml.attrs)
    if (!is_known(a) || !says_the_same(a, s)) e.attrs.push_back(a);
  return e;
}

Element element_of(const Envelope& e, std::string_view name) {
  Element x(name);
  x.prefix = e.prefix;
  x.decls = e.decls;
  x.attrs.reserve(5 + e.attrs.size());
  if (!e.type.empty()) x.attrs.push_back({"type", e.type, {}, {}});
  if (!e.id.empty()) x.attrs.push_back({"id", e.id, {}, {}});
  if (e.from) x.attrs.push_back({"from", e.from->str(), {}, {}});
  if (e.to) x.attrs.push_back({"to", e.to->str(), {}, {}});
  x.set_lang(e.lang);
  for (const Attr& a : e.attrs) {
    if (!is_known(a))
      x.attrs.push_back(a);
    else if (is_current(a, e))
      a.ns.empty() ? void(x.set(a.name, a.value)) : x.attrs.push_back(a);
  }
  return x;
}

Parts parts_of(const Element& stanza) {
  Parts parts;
  parts.reserve(stanza.children.size());
  for (const Node& node : stanza.children) {
    if (const Element* child = node.element())
      parts.push_back(part_from_xml(*child));
    else
      parts.push_back({Space{*node.text()}});
  }
  return parts;
}

void add_parts(Element& stanza, const Parts& parts) {
  stanza.children.reserve(parts.size());
  for (const Part& part : parts) {
    if (const auto* space = std::get_if<Space>(&part.value))
      stanza.add_text(space->text);
    else
      stanza.add(part_to_xml(part));
  }
}

}  // namespace

Purpose purpose_of(const Message& m) {
  if (m.type == "error") return Purpose::error;
  bool receipt = false, state = false, content = false, body = false;
  for (const Part& part : m.parts) {
    const PartValue& v = part.value;
    body |= std::holds_alternative<Body>(v);
    receipt |= std::holds_alternative<Received>(v) || std::holds_alternative<Marker>(v);
    state |= std::holds_alternative<ChatState>(v);
    content |= std::holds_alternative<Subject>(v) || std::holds_alternative<Correction>(v) ||
               std::holds_alternative<Retraction>(v) || std::holds_alternative<Reactions>(v) ||
               std::holds_alternative<OutOfBand>(v) || std::holds_alternative<Encryption>(v) ||
               std::holds_alternative<Ext>(v);
  }
  if (body) return Purpose::content;
  if (receipt) return Purpose::receipt;
  if (content) return Purpose::content;
  if (state) return Purpose::chat_state;
  return Purpose::nothing;
}

Event to_event(const Stanza& s) {
  switch (s.kind) {
    case StanzaKind::message:
      return Message{envelope_of(s), parts_of(s.xml)};
    case StanzaKind::presence:
      return Presence{envelope_of(s), parts_of(s.xml)};
    case StanzaKind::iq:
      break;
  }
  return Iq{envelope_of(s), s.xml.children};
}

Element to_stanza(const Message& m) {
  Element x = element_of(m, "message");
  add_parts(x, m.parts);
  return x;
}

Element to_stanza(const Presence& p) {
  Element x = element_of(p, "presence");
  add_parts(x, p.parts);
  return x;
}

Element to_stanza(const Event& event) {
  if (const auto* m = std::get_if<Message>(&event)) return to_stanza(*m);
  if (const auto* p = std::get_if<Presence>(&event)) return to_stanza(*p);
  const Iq& iq = std::get<Iq>(event);
  Element x = element_of(iq, "iq");
  x.children = iq.payload;
  return x;
}

}  // namespace ferry
