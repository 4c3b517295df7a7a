// Stanzas and out/msg objects made of what the translators know, each a little wrong now and then.
//
// Every translator: stanza -> event -> stanza is the same; what it understood is understood again; out/msg -> stanza ->
// wire -> stanza -> in/msg -> stanza says the same everywhere.
#include "tests/fuzz/bytes.h"
#include "tests/translators/canonical.h"
#include "translators/message.h"
#include "translators/part.h"
#include "translators/presence.h"

namespace {

using namespace ferry;
using fuzz::Bytes;
using fuzz::require;

constexpr const char* texts[] = {"",
                                 "m1",
                                 "Hi",
                                 "de",
                                 "2026-11-20T10:00:00Z",
                                 "20261120T10:00:00",
                                 "alice@corp.example/a",
                                 "\xc3\xa9<&>'\"",
                                 " \t\n\r",
                                 "\xf0\x9f\x91\x8d",
                                 "away",
                                 "-128",
                                 "https://corp.example/a.png"};

std::string text(Bytes& b) {
  std::string t = b.pick(texts);
  if (b.one_in(6))
    if (const auto raw = b.raw(8); is_xml_text(raw)) t += raw;
  if (b.one_in(40)) t = std::string(b.below(300), 'x');
  return t;
}

struct Known {
  const char *name, *space, *attributes[3];
};
constexpr Known children[] = {
    {"body", "jabber:client", {}},
    {"subject", "jabber:client", {}},
    {"thread", "jabber:client", {"parent"}},
    {"show", "jabber:client", {}},
    {"status", "jabber:client", {}},
    {"priority", "jabber:client", {}},
    {"error", "jabber:client", {"type", "by"}},
    {"request", "urn:xmpp:receipts", {}},
    {"received", "urn:xmpp:receipts", {"id"}},
    {"markable", "urn:xmpp:chat-markers:0", {}},
    {"received", "urn:xmpp:chat-markers:0", {"id"}},
    {"displayed", "urn:xmpp:chat-markers:0", {"id"}},
    {"acknowledged", "urn:xmpp:chat-markers:0", {"id"}},
    {"active", "http://jabber.org/protocol/chatstates", {}},
    {"gone", "http://jabber.org/protocol/chatstates", {}},
    {"replace", "urn:xmpp:message-correct:0", {"id"}},
    {"retract", "urn:xmpp:message-retract:1", {"id"}},
    {"reactions", "urn:xmpp:reactions:0", {"id"}},
    {"reaction", "urn:xmpp:reactions:0", {}},
    {"reply", "urn:xmpp:reply:0", {"id", "to"}},
    {"delay", "urn:xmpp:delay", {"stamp", "from"}},
    {"stanza-id", "urn:xmpp:sid:0", {"id", "by"}},
    {"origin-id", "urn:xmpp:sid:0", {"id"}},
    {"no-store", "urn:xmpp:hints", {}},
    {"store", "urn:xmpp:hints", {}},
    {"x", "jabber:x:oob", {}},
    {"url", "jabber:x:oob", {}},
    {"desc", "jabber:x:oob", {}},
    {"encryption", "urn:xmpp:eme:0", {"namespace", "name"}},
    {"item-not-found", "urn:ietf:params:xml:ns:xmpp-stanzas", {}},
    {"text", "urn:ietf:params:xml:ns:xmpp-stanzas", {}},
    {"x", "urn:example:unknown", {"id"}},
    {"received", "urn:xmpp:carbons:2", {}},
    {"thing", "", {}},
};

Element child(Bytes& b, int depth) {
  const Known& known = b.pick(children);
  Element e(known.name, known.space);
  for (const char* attribute : known.attributes)
    if (attribute && !b.one_in(5)) e.set(attribute, text(b));
  if (b.one_in(8)) e.set_lang(text(b));
  if (b.one_in(12)) e.set("odd", text(b));
  if (b.one_in(12) && *known.space) e.prefix = "p";
  if (b.one_in(20)) e.decls.push_back({"q", "urn:example:q"});
  for (std::size_t n = b.below(3); n > 0 && depth < 4; --n) {
    if (b.below(2))
      e.add_text(text(b));
    else
      e.add(child(b, depth + 1));
  }
  return e;
}

// Texts next to each other are one text to every reader.
Element joined(const Element& e) {
  Element out = e;
  out.children.clear();
  for (const Node& node : e.children) {
    if (const Element* c = node.element())
      out.add(joined(*c));
    else if (!node.text()->empty())
      out.add_text(*node.text());
  }
  return out;
}

void check_part(const Element& e) {
  const Part part = part_from_xml(e);
  require(test::canonical(part_to_xml(part)) == test::canonical(e), "a part gives back what it came from",
          to_xml(e, {}));
  Part plain = part;
  plain.verbatim.reset();
  if (std::holds_alternative<Ext>(plain.value)) return;
  const Part again = part_from_xml(part_to_xml(plain));
  require(again.value.index() == plain.value.index(), "what a translator writes it understands", to_xml(e, {}));
  plain.verbatim.reset();
  Part second = again;
  second.verbatim.reset();
  require(part_to_xml(second) == part_to_xml(plain), "and understands the same", to_xml(e, {}));
}

void check_message(const Message& m) {
  const auto json = JsonDocument::parse(message::to_json(m, {"1", 0, {}, m.id}));
  require(json.ok(), "in/msg is JSON");
  const auto read = message::from_stored_json(json->root());
  if (!read) return require(!read.error().text.empty(), "a refusal says why");
  const auto again = JsonDocument::parse(message::to_json(read->message, {"1", 0, {}, {}}));
  require(again.ok(), "in/msg of what was read is JSON");
  const auto twice = message::from_stored_json(again->root());
  require(twice.ok(), "what was written is read");
  require(test::canonical(to_stanza(twice->message)) == test::canonical(to_stanza(read->message)), "and is the same");
}

void stanza(Bytes& b) {
  static constexpr const char* names[] = {"message", "presence"};
  static constexpr const char* types[] = {"", "chat", "normal", "error", "headline", "groupchat", "unavailable", "odd"};
  static constexpr const char* people[] = {"", "alice@corp.example/a", "Bob@MQTT.corp.example", "corp.example"};
  Element e(b.pick(names));
  for (const char* address : {"from", "to"})
    if (const std::string who = b.pick(people); !who.empty()) e.set(address, who);
  if (const std::string type = b.pick(types); !type.empty()) e.set("type", type);
  if (b.below(2)) e.set("id", text(b));
  if (b.one_in(8)) e.set_lang(text(b));
  while (b.more() && e.children.size() < 12) e.add(child(b, 0));
  e = joined(e);
  for (const Node& node : e.children)
    if (node.element()) check_part(*node.element());
  const std::string before = test::canonical(e);
  const auto parsed = Stanza::from_xml(Element(e));
  if (!parsed) return require(!parsed.error().text.empty(), "a refusal says why");
  const Event event = to_event(*parsed);
  require(test::canonical(to_stanza(event)) == before, "to_stanza(to_event(s)) is s", to_xml(e, {}));
  if (const auto* m = std::get_if<Message>(&event)) {
    purpose_of(*m);
    check_message(*m);
  }
  if (const auto* p = std::get_if<Presence>(&event)) {
    const auto a = presence::from_presence(*p, 7);
    const auto back = presence::from_presence(presence::to_presence(a), a.since);
    require(back.state == a.state && back.status == a.status && (!a.available() || back.priority == a.priority),
            "availability keeps its state", before);
  }
}

void value(Bytes& b, JsonWriter& json, int depth) {
  switch (b.below(depth > 2 ? 8 : 10)) {
    case 0:
      json.value(static_cast<std::int64_t>(b.below(500)) - 200);
      break;
    case 1:
      json.value(b.below(2) == 0);
      break;
    case 8:
      json.begin_array();
      for (std::size_t n = b.below(4); n > 0; --n) value(b, json, depth + 1);
      json.end_array();
      break;
    case 9: {
      static constexpr const char* keys[] = {"id", "to", "emoji", "url", "name", "stamp", "by", "mime", "de"};
      json.begin_object();
      const std::size_t first = b.below(9);
      for (std::size_t n = b.below(4); n > 0; --n) value(b, json.key(keys[(first + n) % 9]), depth + 1);
      json.end_object();
      break;
    }
    default:
      json.value(std::string_view(text(b)));
  }
}

// One field, right more often than not.
void field(Bytes& b, JsonWriter& json, std::string_view key) {
  json.key(key);
  if (b.one_in(8)) return value(b, json, 0);
  const auto list = [&](std::initializer_list<const char*> words) {
    json.begin_array();
    for (const char* word : words)
      if (b.below(2)) json.value(word);
    json.end_array();
  };
  if (key == "bodies") {
    json.begin_object();
    for (const char* lang : {"de", "fr"})
      if (b.below(2)) json.field(lang, text(b));
    json.end_object();
  } else if (key == "want") {
    list({"delivered", "displayed"});
  } else if (key == "hints") {
    list({"no-store", "store"});
  } else if (key == "reacts") {
    json.begin_object().field("id", text(b)).key("emoji");
    list({"\xf0\x9f\x91\x8d", "+1"});
    json.end_object();
  } else if (key == "replyTo") {
    json.begin_object().field("id", text(b)).field("to", text(b)).end_object();
  } else if (key == "delayed") {
    json.begin_object().field("stamp", text(b)).end_object();
  } else if (key == "files") {
    json.begin_array();
    for (std::size_t n = b.below(3); n > 0; --n)
      json.begin_object().field("url", text(b)).field("name", text(b)).end_object();
    json.end_array();
  } else if (key == "ext") {
    json.begin_array();
    for (std::size_t n = b.below(3); n > 0; --n) json.value(std::string_view(to_xml(joined(child(b, 1)), "\n")));
    json.end_array();
  } else if (key == "kind") {
    static constexpr const char* kinds[] = {"chat", "normal", "headline", "groupchat"};
    json.value(b.pick(kinds));
  } else {
    json.value(std::string_view(text(b)));
  }
}

void outgoing(Bytes& b) {
  static constexpr const char* keys[] = {"id",       "kind",  "device",   "lang",      "body",   "bodies",  "subject",
                                         "thread",   "want",  "replaces", "retracts",  "reacts", "replyTo", "delayed",
                                         "originId", "hints", "files",    "encrypted", "ext",    "unknown"};
  JsonWriter json;
  json.begin_object();
  if (!b.one_in(10)) json.field("to", "alice@corp.example");
  for (const char* key : keys)
    if (b.one_in(3)) field(b, json, key);
  const std::string said = json.end_object().take();
  const auto document = JsonDocument::parse(said);
  require(document.ok(), "what the writer wrote is JSON", said);
  const auto out = message::from_json(document->root());
  if (!out) return require(!out.error().text.empty() && is_xml_text(out.error().text), "a refusal says why", said);
  const Element e = to_stanza(out->message);
  const auto wire = parse_xml(to_xml(e, ns::client), {10'000'000, 100, 100'000, 1'000});
  require(wire && test::canonical(*wire) == test::canonical(e), "the stanza is legal XML", said);
  const auto parsed = Stanza::from_xml(Element(*wire));
  require(parsed.ok(), "and a stanza", said);
  const Event event = to_event(*parsed);
  require(test::canonical(to_stanza(event)) == test::canonical(e), "that means itself", said);
  check_message(std::get<Message>(event));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes b(data, size);
  if (b.below(2))
    stanza(b);
  else
    outgoing(b);
  return 0;
}
