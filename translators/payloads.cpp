#include "translators/payloads.h"

#include "translators/part.h"
#include "translators/parts.h"

namespace ferry {

std::string_view state_name(MessageState state) {
  switch (state) {
    case MessageState::accepted:
    case MessageState::waiting:
      return "accepted";
    case MessageState::forwarded:
      return "forwarded";
    case MessageState::delivered:
      return "delivered";
    case MessageState::displayed:
      return "displayed";
    case MessageState::failed:
      return "failed";
  }
  return "failed";
}

void write_error(const StanzaError& e, JsonWriter& json) {
  json.begin_object().field("condition", condition_name(e.condition)).field("text", e.text);
  json.field("retry", e.retry()).end_object();
}

std::string receipt_json(const ReceiptPayload& r) {
  JsonWriter json;
  json.begin_object().field("id", r.id);
  if (!r.from.empty()) json.field("from", r.from);
  json.field("state", state_name(r.state));
  if (r.reason) {
    json.key("reason");
    write_error(*r.reason, json);
  }
  if (!r.topic.empty()) json.field("topic", r.topic);
  if (r.ts > 0) json.field("ts", format_instant(r.ts));
  return json.end_object().take();
}

std::string act_json(const Jid& from, std::string_view state) {
  return JsonWriter().begin_object().field("from", from.str()).field("state", state).end_object().take();
}

void write_contact(const ContactView& c, JsonWriter& json) {
  json.begin_object().field("jid", c.jid).field("name", c.name).key("groups").begin_array();
  for (const std::string& group : c.groups) json.value(group);
  json.end_array().field("subscription", c.subscription);
  if (c.ask) json.field("ask", "subscribe");
  if (c.request) json.field("request", true);
  if (c.request && !c.text.empty()) json.field("text", c.text);
  if (c.approved) json.field("approved", true);
  json.end_object();
}

std::string contact_json(const ContactView& contact) {
  JsonWriter json;
  write_contact(contact, json);
  return json.take();
}

std::string waiting_json(const Jid& from, bool group, Instant ts) {
  JsonWriter json;
  json.begin_object().field("from", from.str()).field("kind", group ? "groupchat" : "chat");
  return json.field("ts", format_instant(ts)).end_object().take();
}

std::string state_json(std::string_view account, bool xmpp_up, std::string_view version) {
  JsonWriter json;
  json.begin_object()
      .field("account", account)
      .key("links")
      .begin_object()
      .field("xmpp", xmpp_up ? "up" : "down")
      .end_object();
  return json.field("version", version).end_object().take();
}

std::string gateway_status_json(bool online, std::string_view version, Instant since) {
  JsonWriter json;
  json.begin_object().field("state", online ? "online" : "offline").field("version", version);
  return json.field("since", format_instant(since)).end_object().take();
}

std::string answer_json(std::string_view id, std::string_view result_object) {
  JsonWriter json;
  json.begin_object().field("id", id).field("ok", true).key("result");
  const auto document = JsonDocument::parse(result_object);
  json.value(document ? document->root() : JsonView());
  return json.end_object().take();
}

std::string answer_json(std::string_view id, const StanzaError& e) {
  JsonWriter json;
  json.begin_object().field("id", id).field("ok", false).key("error");
  write_error(e, json);
  return json.end_object().take();
}

Result<Jid> jid_field(JsonView object, std::string_view key) {
  const TextField field = text_field(object, key, 3 * 1024 + 2);
  if (field.error) return *field.error;
  if (!field.text) return error(Condition::bad_request, std::string(key) + ": expected a JID");
  auto jid = Jid::parse(*field.text);
  if (!jid) return error(Condition::jid_malformed, std::string(key) + ": " + jid.error().text);
  return jid;
}

bool is_receipt_of_gateway(JsonView receipt) {
  const auto state = receipt["state"].string();
  return receipt["ts"].string() && (state == "accepted" || state == "forwarded" || state == "failed");
}

Result<OutReceipt> read_receipt(JsonView out) {
  if (!out.is_object()) return error(Condition::bad_request, "expected a JSON object");
  OutReceipt receipt{{}, std::nullopt, MessageState::delivered};
  TextField id = text_field(out, "id", max_id_bytes), state = text_field(out, "state", 16);
  if (id.error) return *id.error;
  if (state.error) return *state.error;
  if (!id.text || id.text->empty()) return error(Condition::bad_request, "id: expected the id of a message");
  if (state.text == "displayed")
    receipt.state = MessageState::displayed;
  else if (state.text != "delivered")
    return error(Condition::bad_request, "state: expected delivered or displayed");
  if (out["to"]) {
    auto to = jid_field(out, "to");
    if (!to) return to.error();
    receipt.to = std::move(*to);
  }
  receipt.id = std::move(*id.text);
  return receipt;
}

Result<OutAct> read_act(JsonView out) {
  if (!out.is_object()) return error(Condition::bad_request, "expected a JSON object");
  auto to = jid_field(out, "to");
  if (!to) return to.error();
  TextField state = text_field(out, "state", 16), device = text_field(out, "device", 1'024);
  if (state.error) return *state.error;
  if (device.error) return *device.error;
  if (!state.text || !chat_state::is_state(*state.text))
    return error(Condition::bad_request, "state: expected composing, paused, active, inactive or gone");
  return OutAct{std::move(*to), std::move(*state.text), device.text.value_or("")};
}

}  // namespace ferry
