#include "translators/parts.h"

#include <array>

namespace ferry {
namespace {

constexpr std::array part_table{
    Translator{"RFC 6121", &body::from_xml, &body::write_json, &body::read_json},
    Translator{"RFC 6121", &subject::from_xml, &subject::write_json, &subject::read_json},
    Translator{"RFC 6121", &thread::from_xml, &thread::write_json, &thread::read_json},
    Translator{"XEP-0184", &receipt::from_xml, nullptr, nullptr},
    Translator{"XEP-0333", &marker::from_xml, &marker::write_json, &marker::read_json},
    Translator{"XEP-0085", &chat_state::from_xml, nullptr, nullptr},
    Translator{"XEP-0308", &correction::from_xml, &correction::write_json, &correction::read_json},
    Translator{"XEP-0424", &retraction::from_xml, &retraction::write_json, &retraction::read_json},
    Translator{"XEP-0444", &reaction::from_xml, &reaction::write_json, &reaction::read_json},
    Translator{"XEP-0461", &reply::from_xml, &reply::write_json, &reply::read_json},
    Translator{"XEP-0203", &delay::from_xml, &delay::write_json, &delay::read_json},
    Translator{"XEP-0359", &stanza_id::from_xml, &stanza_id::write_json, &stanza_id::read_json},
    Translator{"XEP-0334", &hint::from_xml, &hint::write_json, &hint::read_json},
    Translator{"Ferry", &via::from_xml, &via::write_json, &via::read_json},
    Translator{"XEP-0066", &out_of_band::from_xml, &out_of_band::write_json, &out_of_band::read_json},
    Translator{"XEP-0380", &encryption::from_xml, &encryption::write_json, &encryption::read_json},
    Translator{"RFC 6120", &error_part::from_xml, nullptr, nullptr},
    Translator{"RFC 6121", &presence_state::from_xml, nullptr, nullptr},
    Translator{"RFC 6120", nullptr, &ext::write_json, &ext::read_json},
};

struct ToXml {
  Element operator()(const Body& part) const { return body::to_xml(part); }
  Element operator()(const Subject& part) const { return subject::to_xml(part); }
  Element operator()(const Thread& part) const { return thread::to_xml(part); }
  Element operator()(const ReceiptRequest& part) const { return receipt::to_xml(part); }
  Element operator()(const Received& part) const { return receipt::to_xml(part); }
  Element operator()(const Markable& part) const { return marker::to_xml(part); }
  Element operator()(const Marker& part) const { return marker::to_xml(part); }
  Element operator()(const ChatState& part) const { return chat_state::to_xml(part); }
  Element operator()(const Correction& part) const { return correction::to_xml(part); }
  Element operator()(const Retraction& part) const { return retraction::to_xml(part); }
  Element operator()(const Reactions& part) const { return reaction::to_xml(part); }
  Element operator()(const Reply& part) const { return reply::to_xml(part); }
  Element operator()(const Delay& part) const { return delay::to_xml(part); }
  Element operator()(const StanzaId& part) const { return stanza_id::to_xml(part); }
  Element operator()(const OriginId& part) const { return stanza_id::to_xml(part); }
  Element operator()(const Hint& part) const { return hint::to_xml(part); }
  Element operator()(const Via& part) const { return via::to_xml(part); }
  Element operator()(const OutOfBand& part) const { return out_of_band::to_xml(part); }
  Element operator()(const Encryption& part) const { return encryption::to_xml(part); }
  Element operator()(const ErrorPart& part) const { return error_part::to_xml(part); }
  Element operator()(const Show& part) const { return presence_state::to_xml(part); }
  Element operator()(const Status& part) const { return presence_state::to_xml(part); }
  Element operator()(const Priority& part) const { return presence_state::to_xml(part); }
  Element operator()(const Ext& part) const { return ext::to_xml(part); }
  Element operator()(const Space&) const { return {}; }  // never asked: text is no element
};

// Nothing in it that a typed value could not give back: one text at most, no attributes, no prefix.
bool is_plain(const Element& e) {
  return e.attrs.empty() && e.decls.empty() && e.prefix.empty() &&
         (e.children.empty() || (e.children.size() == 1 && e.children.front().text()));
}

}  // namespace

std::span<const Translator> translators() { return part_table; }

Part part_from_xml(const Element& child) {
  for (const Translator& t : part_table) {
    if (!t.from_xml) continue;
    if (auto value = t.from_xml(child)) {
      Part part{std::move(*value)};
      const bool simple = std::holds_alternative<Body>(part.value) ||
                          (child.children.empty() && !std::holds_alternative<ErrorPart>(part.value));
      if (!(simple && is_plain(child)) && std::visit(ToXml{}, part.value) != child) part.verbatim = child;
      return part;
    }
  }
  return {Ext{child}};
}

Element part_to_xml(const Part& part) { return part.verbatim ? *part.verbatim : std::visit(ToXml{}, part.value); }

TextField text_field(JsonView object, std::string_view key, std::size_t max_bytes, std::string_view inside) {
  const JsonView value = object[key];
  if (!value) return {};
  const auto refuse = [&](Condition condition, std::string why) -> TextField {
    return {
        {},
        error(condition, (inside.empty() ? "" : std::string(inside) + ".") + std::string(key) + ": " + std::move(why))};
  };
  const auto text = value.string();
  if (!text) return refuse(Condition::bad_request, "expected a text");
  if (text->size() > max_bytes)
    return refuse(Condition::not_acceptable, "more than " + std::to_string(max_bytes) + " bytes");
  if (!is_xml_text(*text))
    return refuse(Condition::not_acceptable,
                  "a character that XML cannot carry (U+0000 to U+001F but tab and line ends, U+FFFE, U+FFFF)");
  return {std::string(*text), {}};
}

TextField id_field(JsonView object, std::string_view key, std::string_view inside) {
  TextField field = text_field(object, key, max_id_bytes, inside);
  if (field.text && field.text->empty())
    return {{},
            error(Condition::bad_request,
                  (inside.empty() ? "" : std::string(inside) + ".") + std::string(key) + ": an empty id")};
  return field;
}

}  // namespace ferry
