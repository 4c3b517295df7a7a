#include "tools/ferry-replay/departure.h"

#include "translators/values/cbor.h"
#include "translators/values/json.h"
#include "translators/values/topic.h"

namespace ferry::replay {
namespace {

// Of the first tag of our own serialiser's text: attributes in quotes of either kind.
std::string_view attribute(std::string_view stanza, std::string_view name) {
  const std::string_view head = stanza.substr(0, stanza.find('>'));
  for (std::size_t at = head.find(name); at != std::string_view::npos; at = head.find(name, at + 1)) {
    const std::size_t value = at + name.size();
    if (at == 0 || head[at - 1] != ' ' || value + 1 >= head.size() || head[value] != '=') continue;
    const char quote = head[value + 1];
    return head.substr(value + 2, head.find(quote, value + 2) - value - 2);
  }
  return {};
}

std::string hex(std::string_view bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

void write_payload(JsonWriter& w, const std::string& text) {
  if (!text.empty() && (text.front() == '{' || text.front() == '['))
    if (const auto json = JsonDocument::parse(text)) {
      w.field("payload", json->root());
      return;
    }
  if (is_utf8(text))
    w.field("payload", text);
  else
    w.field("payload-hex", hex(text));
}

}  // namespace

std::string compact(JsonView value) {
  JsonWriter w;
  w.value(value);
  return w.take();
}

std::string Departure::title() const {
  if (is_stanza && !session.empty()) return "stanza of " + session + " to " + std::string(attribute(text, "to"));
  return is_stanza ? "stanza to " + std::string(attribute(text, "to")) : topic + (retain ? " (retained)" : "");
}

std::string channel_of_stanza(std::string_view stanza, std::string_view session) {
  return "xmpp:" + std::string(session) + ":" + std::string(attribute(stanza, "to"));
}

std::string channel_of(const Departure& d) { return d.is_stanza ? channel_of_stanza(d.text, d.session) : d.topic; }

std::string payload_text(const std::string& payload, bool cbor) {
  if (cbor && !payload.empty())
    if (auto json = cbor_to_json(payload)) return *std::move(json);
  return payload;
}

Departure departure_of(Publish publish) {
  Departure d;
  d.text = payload_text(publish.payload, publish.cbor);
  d.topic = std::move(publish.topic);
  d.qos = publish.qos;
  d.retain = publish.retain;
  d.cbor = publish.cbor;
  d.expiry = publish.expiry;
  return d;
}

Departure departure_of_stanza(std::string stanza) {
  Departure d;
  d.is_stanza = true;
  d.text = std::move(stanza);
  return d;
}

std::string to_line(const Departure& d) {
  JsonWriter w;
  w.begin_object().field("time", format_instant(d.at));
  w.field(d.timer ? "after" : "line", static_cast<std::int64_t>(d.line));
  if (d.copy != 0) w.field("copy", static_cast<std::int64_t>(d.copy));
  if (d.is_stanza) {
    if (!d.session.empty()) w.field("session", d.session);
    w.field("stanza", d.text);
  } else {
    w.key("publish").begin_object().field("topic", d.topic).field("qos", static_cast<std::int64_t>(d.qos));
    if (d.retain) w.field("retain", true);
    if (d.cbor) w.field("cbor", true);
    if (d.expiry != 0) w.field("expiry", static_cast<std::int64_t>(d.expiry));
    write_payload(w, d.text);
    w.end_object();
  }
  return w.end_object().take();
}

std::optional<Departure> from_line(std::string_view line) {
  const auto json = JsonDocument::parse(line);
  if (!json) return std::nullopt;
  const JsonView root = json->root();
  const JsonView publish = root["publish"];
  const auto stanza = root["stanza"].string();
  Departure d;
  d.timer = static_cast<bool>(root["after"]);
  const auto number = root[d.timer ? "after" : "line"].integer();
  if (!number || *number < 0 || (!stanza && !publish)) return std::nullopt;
  d.line = static_cast<std::uint64_t>(*number);
  d.copy = static_cast<std::uint32_t>(root["copy"].integer().value_or(0));
  d.at = parse_instant(root["time"].string().value_or("")).value_or(0);
  if (stanza) {
    d.is_stanza = true;
    d.text = *stanza;
    d.session = root["session"].string().value_or("");
    return d;
  }
  d.topic = publish["topic"].string().value_or("");
  d.qos = static_cast<int>(publish["qos"].integer().value_or(0));
  d.retain = publish["retain"].boolean().value_or(false);
  d.cbor = publish["cbor"].boolean().value_or(false);
  d.expiry = static_cast<std::uint32_t>(publish["expiry"].integer().value_or(0));
  const JsonView payload = publish["payload"];
  if (const auto text = payload.string())
    d.text = *text;
  else if (payload)
    d.text = compact(payload);
  else
    d.text = publish["payload-hex"].string().value_or("");
  return d;
}

}  // namespace ferry::replay
