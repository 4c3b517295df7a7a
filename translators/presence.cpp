#include "translators/presence.h"

#include <array>

#include "translators/part.h"

namespace ferry::presence {
namespace {

constexpr std::array<std::string_view, 6> states{"chat", "online", "dnd", "away", "xa", "offline"};

std::size_t rank(std::string_view state) {
  for (std::size_t i = 0; i < states.size(); ++i)
    if (states[i] == state) return i;
  return states.size();
}

bool speaks_before(const Availability& a, const Availability& b) {
  if (a.available() != b.available()) return a.available();
  if (a.available() && a.priority != b.priority) return a.priority > b.priority;
  if (rank(a.state) != rank(b.state)) return rank(a.state) < rank(b.state);
  return a.since > b.since;
}

}  // namespace

Result<DevicePresence> from_device_json(JsonView payload, Instant now) {
  if (!payload.is_object()) return error(Condition::bad_request, "expected a JSON object");
  DevicePresence p;
  TextField state = text_field(payload, "state", 16), status = text_field(payload, "status", 2'048);
  TextField epoch = text_field(payload, "epoch", max_id_bytes), since = text_field(payload, "since", max_id_bytes);
  for (const TextField* f : {&state, &status, &epoch, &since})
    if (f->error) return *f->error;
  if (!state.text || rank(*state.text) == states.size())
    return error(Condition::bad_request, "state: expected online, chat, away, xa, dnd or offline");
  if (const JsonView priority = payload["priority"]) {
    const auto value = priority.integer();
    if (!value || *value < -128 || *value > 127) return error(Condition::bad_request, "priority: expected -128 to 127");
    p.availability.priority = static_cast<int>(*value);
  }
  p.availability.state = std::move(*state.text);
  p.availability.status = status.text.value_or("");
  p.availability.since = now;
  p.epoch = epoch.text.value_or("");
  p.since_id = since.text.value_or("");
  return p;
}

Availability from_presence(const Presence& presence, Instant now) {
  Availability a;
  a.since = now;
  if (const auto* delay = find<Delay>(presence.parts)) a.since = parse_instant(delay->stamp).value_or(now);
  const Status* said = nullptr;
  for (const Part& part : presence.parts)
    if (const auto* s = std::get_if<Status>(&part.value))
      if (!said || (s->lang.empty() && !said->lang.empty())) said = s;
  if (said) a.status = said->text;
  if (!presence.type.empty()) return a;
  const auto* show = find<Show>(presence.parts);
  a.state = show ? show->state : "online";
  if (const auto* priority = find<Priority>(presence.parts)) a.priority = priority->value;
  return a;
}

Presence to_presence(const Availability& a) {
  Presence p;
  if (!a.available())
    p.type = "unavailable";
  else if (a.state != "online")
    p.parts.push_back({Show{a.state}});
  if (!a.status.empty()) p.parts.push_back({Status{a.status, {}}});
  if (a.available() && a.priority != 0) p.parts.push_back({Priority{a.priority}});
  return p;
}

Availability aggregate(const Endpoints& endpoints) {
  const Availability* best = nullptr;
  for (const auto& [name, availability] : endpoints)
    if (!best || speaks_before(availability, *best)) best = &availability;
  return best ? *best : Availability{};
}

std::string contact_presence_json(const Endpoints& endpoints) {
  const Availability all = aggregate(endpoints);
  JsonWriter json;
  json.begin_object().field("state", all.state);
  if (!all.status.empty()) json.field("status", all.status);
  if (all.since > 0) json.field("since", format_instant(all.since));
  bool any = false;
  for (const auto& [name, a] : endpoints) {
    if (!a.available() || name.empty()) continue;
    if (!any) json.key("devices").begin_array();
    any = true;
    json.begin_object().field("device", name).field("state", a.state);
    if (!a.status.empty()) json.field("status", a.status);
    if (a.priority != 0) json.field("priority", static_cast<std::int64_t>(a.priority));
    json.end_object();
  }
  if (any) json.end_array();
  return json.end_object().take();
}

}  // namespace ferry::presence
