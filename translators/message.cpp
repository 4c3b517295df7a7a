#include "translators/message.h"

#include "translators/part.h"

namespace ferry::message {
namespace {

bool is_kind(std::string_view kind) {
  return kind == "chat" || kind == "normal" || kind == "groupchat" || kind == "headline";
}

// Something that a person, or a client, could do something with.
bool has_content(const Parts& parts) {
  for (const Part& part : parts) {
    const PartValue& v = part.value;
    if (!std::holds_alternative<Hint>(v) && !std::holds_alternative<OriginId>(v) &&
        !std::holds_alternative<Thread>(v) && !std::holds_alternative<ReceiptRequest>(v) &&
        !std::holds_alternative<Markable>(v) && !std::holds_alternative<Delay>(v) && !std::holds_alternative<Via>(v))
      return true;
  }
  return false;
}

// A file alone is invisible to most XMPP clients unless the body repeats its URL (XEP-0066 as everybody uses it).
void add_body_for_file(Parts& parts) {
  const auto* file = find<OutOfBand>(parts);
  if (file && !find<Body>(parts)) parts.insert(parts.begin(), Part{Body{file->url, {}}});
}

Result<Outgoing> read(JsonView out) {
  if (!out.is_object()) return error(Condition::bad_request, "expected a JSON object");
  Outgoing result;
  struct {
    std::string_view key;
    std::string* into;
    std::size_t limit;
  } const fields[] = {
      {"device", &result.device, 1'024},
      {"lang", &result.message.lang, 35},
  };
  TextField id = id_field(out, "id");
  if (id.error) return *id.error;
  if (id.text == "-") return error(Condition::bad_request, "id: \"-\" is reserved");
  if (id.text) result.id = std::move(*id.text);
  for (const auto& f : fields) {
    TextField field = text_field(out, f.key, f.limit);
    if (field.error) return *field.error;
    if (field.text) *f.into = std::move(*field.text);
  }
  TextField to = text_field(out, "to", 3 * 1024 + 2);
  if (to.error) return *to.error;
  if (!to.text) return error(Condition::bad_request, "to: expected the JID of the recipient");
  auto jid = Jid::parse(*to.text);
  if (!jid) return error(Condition::jid_malformed, "to: " + jid.error().text);
  result.message.to = std::move(*jid);

  TextField kind = text_field(out, "kind", 16);
  if (kind.error) return *kind.error;
  result.message.type = kind.text.value_or("chat");
  if (!is_kind(result.message.type))
    return error(Condition::bad_request, "kind: expected chat, normal, groupchat or headline");
  if (result.message.type == "normal") result.message.type.clear();

  for (const Translator& t : translators())
    if (t.read_json)
      if (auto wrong = t.read_json(out, result.message.parts)) return *wrong;
  add_body_for_file(result.message.parts);
  if (!has_content(result.message.parts))
    return error(Condition::bad_request,
                 "nothing to send: expected body, subject, replaces, retracts, reacts, files or ext");
  result.message.id = result.id;
  return result;
}

}  // namespace

std::string_view kind_of(const Message& m) {
  return is_kind(m.type) ? std::string_view{m.type} : std::string_view{"normal"};
}

std::string to_json(const Message& m, const Delivery& d) {
  JsonWriter json;
  json.begin_object().field("id", d.id);
  if (m.from) json.field("from", m.from->str());
  if (m.to) json.field("to", m.to->str());
  json.field("kind", kind_of(m));
  if (!d.device.empty()) json.field("device", d.device);
  if (!m.lang.empty()) json.field("lang", m.lang);
  for (const Translator& t : translators())
    if (t.write_json) t.write_json(m.parts, json);
  if (!d.room.empty()) json.field("room", d.room);
  if (!d.nick.empty()) json.field("nick", d.nick);
  json.field("ts", format_instant(d.ts));
  if (!d.xmpp_id.empty() && d.xmpp_id != d.id) json.field("xmppId", d.xmpp_id);
  return json.end_object().take();
}

Result<Outgoing> from_json(JsonView out) { return read(out); }

Result<Outgoing> from_stored_json(JsonView in) {
  auto result = read(in);
  if (!result) return result;
  if (const auto from = in["from"].string())
    if (auto jid = Jid::parse(*from)) result->message.from = std::move(*jid);
  return result;
}

std::string id_of(JsonView out) {
  const TextField id = text_field(out, "id", max_id_bytes);
  return id.text.value_or("");
}

}  // namespace ferry::message
