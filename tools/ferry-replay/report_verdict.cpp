#include "tools/ferry-replay/report_verdict.h"

#include <algorithm>
#include <array>
#include <set>

#include "tools/ferry-replay/report_losses.h"
#include "tools/ferry-replay/report_namespaces.h"
#include "translators/message.h"
#include "translators/part.h"
#include "translators/payloads.h"
#include "translators/presence.h"
#include "translators/profile.h"
#include "translators/servers_only.h"
#include "translators/values/cbor.h"

namespace ferry::report {
namespace {

constexpr std::size_t most_findings = 32;    // of one stanza
constexpr std::size_t most_namespace = 200;  // whoever makes up one of a kilobyte sees the beginning of it
constexpr std::string_view muc_space = "http://jabber.org/protocol/muc";

// The translator of each alternative of PartValue, in its order.
constexpr std::array<std::string_view, std::variant_size_v<PartValue>> part_translators{
    "body",           "subject",        "thread",     "receipt",     "receipt",    "marker",     "marker",
    "chat_state",     "correction",     "retraction", "reaction",    "reply",      "delay",      "stanza_id",
    "stanza_id",      "hint",           "via",        "out_of_band", "encryption", "error_part", "presence_state",
    "presence_state", "presence_state", "message",    "ext"};

// What programs say to each other and nobody sees.
bool is_for_programs(const Part& part) {
  const PartValue& v = part.value;
  if (std::holds_alternative<Hint>(v) || std::holds_alternative<StanzaId>(v) || std::holds_alternative<OriginId>(v) ||
      std::holds_alternative<Via>(v) || std::holds_alternative<ChatState>(v) || std::holds_alternative<Thread>(v) ||
      std::holds_alternative<Delay>(v) || std::holds_alternative<Encryption>(v))
    return true;
  constexpr std::array programs{"http://jabber.org/protocol/caps", "urn:xmpp:idle:1", "urn:xmpp:sid:0",
                                "http://jabber.org/protocol/address", "jabber:x:delay"};
  const auto* e = std::get_if<Ext>(&v);
  return e && std::find(programs.begin(), programs.end(), e->xml.ns) != programs.end();
}

class Judge {
 public:
  Judgement take() {
    for (const Finding& f : out_.findings) out_.verdict = std::max(out_.verdict, f.verdict);
    return std::move(out_);
  }
  void add(Verdict verdict, std::string what, std::string_view why, bool people) {
    for (const Finding& f : out_.findings)
      if (f.what == what) return;
    if (out_.findings.size() < most_findings)
      out_.findings.push_back({verdict, std::move(what), std::string(why), people});
  }
  void served() { out_.verdict = std::max(out_.verdict, Verdict::served); }
  void lost(const Part& part, std::string_view where, std::string_view translator = {}) {
    if (std::holds_alternative<Space>(part.value) || std::holds_alternative<Via>(part.value)) return;
    const Loss& loss = loss_of(translator.empty() ? part_translators[part.value.index()] : translator);
    add(Verdict::loss, payload_name(part_to_xml(part)) + " in " + std::string(where),
        std::string(loss.translator) + ": " + std::string(loss.loses), !is_for_programs(part));
  }

 private:
  Judgement out_;
};

bool is_muc(const Stanza& s) {
  for (const Node& node : s.xml.children)
    if (const Element* e = node.element(); e && e->ns.starts_with(muc_space)) return true;
  return false;
}

// The part as it is when it has been carried; Space and the marks of gateways are not asked for.
void compare(Judge& judge, const Parts& before, const Parts& after, std::string_view where) {
  std::multiset<std::string> arrived;
  for (const Part& part : after)
    if (!std::holds_alternative<Space>(part.value)) arrived.insert(canonical_xml(part_to_xml(part)));
  for (const Part& part : before) {
    if (std::holds_alternative<Space>(part.value)) continue;
    const auto it = arrived.find(canonical_xml(part_to_xml(part)));
    if (it == arrived.end())
      judge.lost(part, where);
    else
      arrived.erase(it);
  }
}

void judge_content(Judge& judge, const Message& m, std::string_view where) {
  std::string json = message::to_json(m, {"01J0000000000000000000000A", 1, {}, m.id});
  if (const auto bytes = json_to_cbor(json))  // CBOR of the same object loses nothing, or we hear of it here
    if (auto back = cbor_to_json(*bytes)) json = std::move(*back);
  const auto document = JsonDocument::parse(json);
  const auto out = document ? message::from_json(document->root()) : Result<message::Outgoing>(document.error());
  if (!out) {
    judge.add(Verdict::loss, "towards XMPP: refused with " + std::string(condition_name(out.error().condition)),
              "message: " + out.error().text, true);
    return;
  }
  compare(judge, m.parts, out->message.parts, where);
}

void judge_receipt(Judge& judge, const Message& m, std::string_view where) {
  for (const Part& part : m.parts) {
    if (const auto* marker = std::get_if<Marker>(&part.value)) {
      if (marker->state == "acknowledged") judge.lost(part, where);
    } else if (const auto* hint = std::get_if<Hint>(&part.value)) {
      if (hint->name != "store") judge.lost(part, where);  // that one the gateway writes itself
    } else if (!std::holds_alternative<Received>(part.value)) {
      judge.lost(part, where, "marker");
    }
  }
}

void judge_chat_state(Judge& judge, const Message& m, std::string_view where) {
  bool first = true;
  for (const Part& part : m.parts) {
    if (std::holds_alternative<ChatState>(part.value) && std::exchange(first, false)) continue;
    if (const auto* hint = std::get_if<Hint>(&part.value); hint && hint->name == "no-store") continue;
    judge.lost(part, where);
  }
}

void judge_message(Judge& judge, const Stanza& s) {
  if (s.type == "groupchat")
    return judge.add(Verdict::none, "message of type groupchat",
                     "rooms are carried for accounts that keep their address: service-unavailable", true);
  Message m = std::get<Message>(to_event(s));
  bool servers = false;
  std::erase_if(m.parts, [&](const Part& part) {
    const auto* e = std::get_if<Ext>(&part.value);
    if (!e || !ext::is_servers_only(e->xml)) return false;
    servers = true;
    if (e->xml.ns == "urn:xmpp:carbons:2")
      judge.served();  // every device of an MQTT user gets every message
    else if (e->xml.ns.starts_with("urn:xmpp:mam:"))
      judge.add(Verdict::none, payload_name(e->xml) + " in a message", "the archive stays on the XMPP server", true);
    else
      judge.lost(part, "a message");
    return true;
  });
  for (const Attr& a : m.attrs)
    if (a.ns != ns::xml && a.name != "from" && a.name != "to" && a.name != "id" && a.name != "type")
      judge.add(Verdict::loss, "the attribute " + shortened(a.name, most_namespace) + " of a message",
                "message: " + std::string(loss_of("message").loses), false);
  switch (purpose_of(m)) {
    case Purpose::content:
      return judge_content(judge, m, "a message");
    case Purpose::receipt:
      return judge_receipt(judge, m, "a receipt");
    case Purpose::chat_state:
      return judge_chat_state(judge, m, "a chat state");
    case Purpose::error:
      for (const Part& part : m.parts) {
        const auto* e = std::get_if<ErrorPart>(&part.value);
        if (e && canonical_xml(error_element(e->error)) != canonical_xml(part_to_xml(part)))
          judge.lost(part, "an error");
      }
      return;
    case Purpose::nothing:
      if (!servers)
        judge.add(Verdict::none, "a message with nothing to read", "nobody would see it: dropped and counted", false);
  }
}

void judge_presence(Judge& judge, const Stanza& s) {
  if (is_muc(s))
    return judge.add(Verdict::none, "presence in a room", "rooms are carried for accounts that keep their address",
                     true);
  if (s.type == "probe" || s.type == "error") return judge.served();
  const Presence p = std::get<Presence>(to_event(s));
  const bool availability = s.type.empty() || s.type == "unavailable";
  const std::string_view where = availability ? "a presence" : "a subscription";
  bool said = false;
  for (const Part& part : p.parts) {
    if (std::holds_alternative<Space>(part.value)) continue;
    if (std::holds_alternative<Status>(part.value) && !std::exchange(said, true)) continue;
    if (availability && (std::holds_alternative<Show>(part.value) || std::holds_alternative<Priority>(part.value) ||
                         std::holds_alternative<Delay>(part.value)))
      continue;
    judge.lost(part, where, "presence");
  }
  if (!availability) return;
  const presence::Availability a = presence::from_presence(p, 1);
  if (!a.shows_as(presence::from_presence(presence::to_presence(a), 1)))
    judge.add(Verdict::loss, "the state of a presence", "presence: " + std::string(loss_of("presence").loses), true);
}

// The elements of a vCard that a profile has no field for.
void judge_vcard(Judge& judge, const Element& vcard) {
  const Element back = vcard_from_profile(profile_from_vcard(vcard), note_field(vcard));
  std::multiset<std::string> arrived;
  for (const Node& node : back.children)
    if (const Element* e = node.element()) arrived.insert(e->name);
  for (const Node& node : vcard.children) {
    const Element* e = node.element();
    if (!e || (e->children.empty() && e->attrs.empty())) continue;
    if (const auto it = arrived.find(e->name); it != arrived.end())
      arrived.erase(it);
    else
      judge.add(Verdict::loss, "<" + shortened(e->name, most_namespace) + "/> of a vCard",
                "profile: " + std::string(loss_of("profile").loses), true);
  }
}

void judge_iq(Judge& judge, const Stanza& s, std::string_view asked) {
  const Element* payload = s.xml.first_child();
  const bool has = payload && payload->ns != ns::client;
  const IqNamespace& row = iq_namespace(has ? std::string_view{payload->ns} : asked);
  if (row.fate == Fate::answered || row.fate == Fate::needless) return judge.served();
  if (row.fate == Fate::carried) {
    if (has && payload->is("vCard", "vcard-temp")) judge_vcard(judge, *payload);
    return;
  }
  const std::string name = has ? shortened(payload->ns, most_namespace) : std::string(asked);
  judge.add(Verdict::none, name + " in an iq", std::string(row.about) + "; service-unavailable", row.people);
}

void add_canonical(std::string& out, const Element& e) {
  out.append("<").append(e.name).append(" ").append(e.ns);
  std::vector<std::string> attrs;
  for (const Attr& a : e.attrs) attrs.push_back(a.ns + " " + a.name + "=" + a.value);
  std::sort(attrs.begin(), attrs.end());
  for (const std::string& a : attrs) out.append("\n").append(a);
  out.append(">");
  std::string text;
  for (const Node& node : e.children) {
    if (node.text()) text += *node.text();
    if (!node.element()) continue;
    out.append(std::exchange(text, {}));
    add_canonical(out, *node.element());
  }
  out.append(text).append("</>");
}

}  // namespace

std::string_view verdict_name(Verdict verdict) {
  constexpr std::array<std::string_view, verdicts> names{"whole", "served", "loss", "none"};
  return names[static_cast<std::size_t>(verdict)];
}

std::string shortened(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0U) == 0x80U) --most;
  return std::string(text.substr(0, most));
}

std::string payload_name(const Element& payload) {
  std::string out = "<" + shortened(payload.name, most_namespace) + "/>";
  return payload.ns.empty() || payload.ns == ns::client ? out : out + " " + shortened(payload.ns, most_namespace);
}

std::string canonical_xml(const Element& element) {
  std::string out;
  add_canonical(out, element);
  return out;
}

Judgement judge(const Stanza& stanza, std::string_view asked) {
  Judge out;
  switch (stanza.kind) {
    case StanzaKind::message:
      judge_message(out, stanza);
      break;
    case StanzaKind::presence:
      judge_presence(out, stanza);
      break;
    case StanzaKind::iq:
      judge_iq(out, stanza, asked);
      break;
  }
  return out.take();
}

}  // namespace ferry::report
