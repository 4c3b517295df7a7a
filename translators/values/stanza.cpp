#include "translators/values/stanza.h"

namespace ferry {
namespace {

std::optional<StanzaKind> kind_of(const Element& e) {
  if (e.ns != ns::client) return std::nullopt;
  if (e.name == "message") return StanzaKind::message;
  if (e.name == "presence") return StanzaKind::presence;
  if (e.name == "iq") return StanzaKind::iq;
  return std::nullopt;
}

// Empty addresses count as absent: some servers write from=''.
std::optional<StanzaError> read_address(const Element& e, std::string_view which, std::optional<Jid>& into) {
  const std::string_view text = e.attr_or(which);
  if (text.empty()) return std::nullopt;
  auto jid = Jid::parse(text);
  if (!jid) return error(Condition::jid_malformed, std::string(which) + ": " + jid.error().text);
  into = std::move(*jid);
  return std::nullopt;
}

}  // namespace

std::string_view stanza_name(StanzaKind kind) {
  switch (kind) {
    case StanzaKind::message:
      return "message";
    case StanzaKind::presence:
      return "presence";
    case StanzaKind::iq:
      return "iq";
  }
  return "";
}

Result<Stanza> Stanza::from_xml(Element&& xml) {
  const auto kind = kind_of(xml);
  if (!kind) return error(Condition::feature_not_implemented, "<" + xml.name + "/> is no stanza");
  Stanza s{*kind, {}, {}, std::string(xml.attr_or("id")), std::string(xml.attr_or("type")), {}};
  if (auto wrong = read_address(xml, "from", s.from)) return *wrong;
  if (auto wrong = read_address(xml, "to", s.to)) return *wrong;
  if (s.kind == StanzaKind::iq) {
    if (s.id.empty()) return error(Condition::bad_request, "an iq without an id");
    if (s.type != "get" && s.type != "set" && s.type != "result" && s.type != "error")
      return error(Condition::bad_request, "an iq of no known type");
    if ((s.type == "get" || s.type == "set") && xml.child_count() != 1)
      return error(Condition::bad_request, "an iq request needs exactly one payload");
  }
  s.xml = std::move(xml);
  return s;
}

Element error_element(const StanzaError& e) {
  Element element("error");
  element.set("type", error_type_name(e.type));
  element.add(Element(condition_name(e.condition), ns::stanza_error));
  if (!e.text.empty()) element.add(Element("text", ns::stanza_error)).set_lang("en").add_text(e.text);
  return element;
}

std::optional<Element> error_reply(const Element& stanza, const StanzaError& e) {
  const std::string_view type = stanza.attr_or("type");
  if (type == "error" || (stanza.name == "iq" && type == "result") || stanza.attr_or("from").empty())
    return std::nullopt;
  Element reply(stanza.name);
  reply.set("type", "error");
  if (const auto* id = stanza.attr("id")) reply.set("id", *id);
  if (const auto* to = stanza.attr("to")) reply.set("from", *to);
  reply.set("to", stanza.attr_or("from"));
  reply.add(error_element(e));
  return reply;
}

StanzaError parse_error(const Element& stanza) {
  StanzaError e;
  const Element* element = stanza.child("error", ns::client);
  if (!element) return e;
  e.type = error_type_from(element->attr_or("type"));
  for (const Node& node : element->children) {
    const Element* child = node.element();
    if (!child || child->ns != ns::stanza_error) continue;
    if (child->name == "text")
      e.text = child->text();
    else
      e.condition = condition_from(child->name);
  }
  return e;
}

Element iq_result(const Element& request, std::optional<Element> payload) {
  Element result("iq");
  result.set("type", "result").set("id", request.attr_or("id"));
  if (const auto* to = request.attr("to")) result.set("from", *to);
  if (const auto* from = request.attr("from")) result.set("to", *from);
  if (payload) result.add(std::move(*payload));
  return result;
}

}  // namespace ferry
