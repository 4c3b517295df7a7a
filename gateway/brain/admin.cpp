#include "gateway/brain/admin.h"

#include <algorithm>

#include "config/acl.h"
#include "config/pattern.h"
#include "gateway/brain/subscription.h"
#include "translators/payloads.h"

namespace ferry {
namespace {

Problem wrong(std::string text) { return {"", std::move(text), false}; }

std::string text_of(JsonView c, std::string_view key) { return std::string(c[key].string().value_or("")); }

Result<Jid, Problem> jid_of(JsonView c) {
  auto jid = Jid::parse(text_of(c, "jid"));
  if (!jid) return wrong(jid.error().text);
  if (!jid->has_local() || jid->has_resource()) return wrong("expected a bare JID such as bob@mqtt.corp.example");
  return std::move(*jid);
}

}  // namespace

const Admin::Row Admin::rows[] = {
    {"map.list", &Admin::map_list},
    {"map.add", &Admin::map_add},
    {"map.remove", &Admin::map_remove},
    {"map.import", &Admin::map_import},
    {"map.check", &Admin::map_check},
    {"map.explain", &Admin::map_explain},
    {"acl", &Admin::acl},
    {"user.add", &Admin::user_add},
    {"user.remove", &Admin::user_remove},
    {"user.list", &Admin::user_list},
    {"user.show", &Admin::user_show},
    {"status", &Admin::status},
};

std::string Admin::on_command(JsonView command) {
  const auto name = command["command"].string();
  Answer answer = wrong("unknown command");
  for (const Row& row : rows)
    if (name == row.name) answer = (this->*row.handle)(command);
  if (name && elsewhere)
    if (auto others = elsewhere(*name, command)) answer = std::move(*others);
  JsonWriter json;
  json.begin_object().field("ok", answer.ok());
  if (!answer) {
    json.field("error", answer.error().text);
  } else if (const auto members = JsonDocument::parse(*answer)) {
    members->root().members([&](std::string_view key, JsonView value) { json.key(key).value(value); });
  }
  return json.end_object().take();
}

// A page of a list is what one tick can afford: `after` and `limit` ask for it, `next` says that there is more.
std::size_t Admin::page_limit(JsonView c) {
  const std::int64_t wanted = c["limit"].integer().value_or(0);
  return wanted > 0 ? std::min(static_cast<std::size_t>(wanted), max_page_items) : max_page_items;
}

Admin::Answer Admin::map_list(JsonView c) {
  const std::string after = text_of(c, "after");
  std::vector<const ferry::Row*> page = world_.table.rows();
  std::erase_if(page, [&](const ferry::Row* row) { return row->jid <= after; });
  const auto before = [](const ferry::Row* a, const ferry::Row* b) { return a->jid < b->jid; };
  const std::size_t limit = page_limit(c);
  bool more = page.size() > limit;
  if (more) {
    std::nth_element(page.begin(), page.begin() + static_cast<std::ptrdiff_t>(limit), page.end(), before);
    page.resize(limit);
  }
  std::sort(page.begin(), page.end(), before);
  JsonWriter json;
  json.begin_object().key("rows").begin_array();
  std::size_t bytes = 0;
  std::string last;
  for (const ferry::Row* row : page) {
    if (bytes > max_page_bytes) {
      more = true;
      break;
    }
    const std::string text = format_row(*row);
    bytes += text.size();
    last = row->jid;
    json.begin_object().field("row", text).field("from", row->from_store ? "store" : "configuration").end_object();
  }
  json.end_array();
  if (more) json.field("next", last);
  return json.end_object().take();
}

std::optional<std::string> Admin::add_row(std::string_view text) {
  auto row = parse_row(text);
  if (!row) return row.error();
  row->from_store = true;
  if (!world_.mqtt5 && world_.mqtt_up && !needs_mqtt5({*row}).empty())
    return "a feed that can be written to needs MQTT 5 (No Local); the broker speaks 3.1.1";
  const std::string jid = row->jid, normal = format_row(*row);
  const auto added = world_.table.add(std::move(*row));
  if (!added) return added.error();
  world_.records.put_route(jid, normal);
  return std::nullopt;
}

std::optional<std::string> Admin::add_route(const std::string& row) {
  auto wrong_row = add_row(row);
  if (!wrong_row) table_changed();
  return wrong_row;
}

void Admin::remove_route(const std::string& jid) {
  if (!world_.table.remove(jid)) return;
  world_.records.remove_route(jid);
  table_changed();
}

Admin::Answer Admin::map_add(JsonView c) {
  if (auto error_text = add_row(text_of(c, "row"))) return wrong(std::move(*error_text));
  table_changed();
  return std::string("{}");
}

Admin::Answer Admin::map_remove(JsonView c) {
  std::string jid = text_of(c, "jid");
  if (const auto normal = Jid::parse(jid); normal && !normal->has_resource()) jid = normal->str();
  for (const ferry::Row* row : world_.table.rows()) {
    if (row->jid != jid) continue;
    if (!row->from_store)
      return wrong("this row stands in the configuration file; remove it there and reload (SIGHUP)");
    world_.table.remove(jid);
    world_.records.remove_route(jid);
    table_changed();
    return std::string("{}");
  }
  return wrong("no row has the JID " + jid + "; ferryctl map list shows them");
}

// The row that claims exactly this JID or pattern. Exact rows are found at once, so that a million can be imported
// again.
const ferry::Row* Admin::row_of(const std::string& jid) const {
  if (jid.find('*') == std::string::npos) {
    const auto parsed = Jid::parse(jid);
    if (!parsed) return nullptr;
    if (const auto match = world_.table.by_jid(*parsed); match && match->row->jid == jid) return match->row;
    return nullptr;
  }
  for (const ferry::Row* row : world_.table.rows())
    if (row->jid == jid) return row;
  return nullptr;
}

Admin::Imported Admin::import_row(std::string_view text, bool replace, std::string& why_not) {
  auto error_text = add_row(text);
  if (!error_text) return Imported::added;
  why_not = std::move(*error_text);
  const auto wanted = parse_row(text);
  if (!wanted) return Imported::refused;
  const ferry::Row* there = row_of(wanted->jid);
  if (!there) return Imported::refused;
  const std::string old = format_row(*there);
  if (old == format_row(*wanted)) return Imported::unchanged;
  if (!replace || !there->from_store) return Imported::refused;
  world_.table.remove(wanted->jid);
  error_text = add_row(text);
  if (!error_text) return Imported::replaced;
  why_not = std::move(*error_text);
  add_row(old);  // it stood there a moment ago
  return Imported::refused;
}

Admin::Answer Admin::map_import(JsonView c) {
  if (!c["rows"].is_array()) return wrong("rows: expected an array of rows");
  const bool replace = c["replace"].boolean().value_or(false);
  std::int64_t added = 0, unchanged = 0, replaced = 0, line = 0;
  JsonWriter json;
  json.begin_object().key("problems").begin_array();
  c["rows"].each([&](JsonView text) {
    ++line;
    std::string why_not;
    switch (import_row(text.string().value_or(""), replace, why_not)) {
      case Imported::added:
        ++added;
        break;
      case Imported::unchanged:
        ++unchanged;
        break;
      case Imported::replaced:
        ++replaced;
        break;
      case Imported::refused:
        json.begin_object().field("line", line).field("error", why_not).end_object();
        break;
    }
  });
  // To look at the table anew costs as much as it is large: once for an import in many parts. (An import of nothing
  // looks too, which a reload relies on.)
  if (!c["more"].boolean().value_or(false)) table_changed();
  return json.end_array()
      .field("added", added)
      .field("unchanged", unchanged)
      .field("replaced", replaced)
      .end_object()
      .take();
}

Admin::Answer Admin::map_check(JsonView) {
  JsonWriter json;
  json.begin_object().key("problems").begin_array();
  bool errors = false;
  Problems problems = world_.table.check();
  for (Problem& p : nobody_at(world_.options.component.domain, world_.table.rows())) problems.push_back(std::move(p));
  for (const Problem& p : problems) {
    errors |= !p.info;
    json.begin_object().field("where", p.where).field("text", p.text).field("info", p.info).end_object();
  }
  json.end_array().field("good", !errors).field("rows", static_cast<std::int64_t>(world_.table.size()));
  return json.end_object().take();
}

Admin::Answer Admin::map_explain(JsonView c) {
  const std::string text = text_of(c, "text");
  JsonWriter json;
  json.begin_object().field("text", world_.table.explain(text));
  if (const auto jid = Jid::parse(text); jid && jid->has_local())
    if (const auto match = world_.table.by_jid(*jid)) {
      json.field("kind", row_kind_name(match->row->kind)).field("topic", match->topic);
      if (const auto login = login_name(*match->row, *jid); login && match->row->kind == RowKind::user)
        json.field("login", *login);
    }
  return json.end_object().take();
}

Admin::Answer Admin::acl(JsonView c) {
  if (text_of(c, "format") == "rules") return access_json(access_rules(world_.table, world_.options));
  return JsonWriter().begin_object().field("text", mosquitto_acl(world_.table, world_.options)).end_object().take();
}

// Subtrees may be elsewhere now, and topic filters with them.
void Admin::table_changed() {
  for (const auto& [key, user] : world_.users_by_key)
    if (const auto match = world_.table.by_jid(user->jid); match && match->row->kind == RowKind::user) {
      if (on_move && user->base != match->topic) on_move(*user);
      user->base = match->topic;
      user->format = match->row->format;
    }
  if (on_table_change) on_table_change();
}

Admin::Answer Admin::user_add(JsonView c) {
  const auto jid = jid_of(c);
  if (!jid) return jid.error();
  if (world_.user(jid->str())) return wrong(jid->str() + " exists already");
  const auto match = world_.table.by_jid(*jid);
  if (!match || match->row->kind != RowKind::user)
    return wrong("no user row covers " + jid->str() + "; ferryctl map explain " + jid->str() + " says why");
  User& user = world_.add_user(*jid);
  if (on_add) on_add(user);
  return JsonWriter().begin_object().field("topic", match->topic).end_object().take();
}

Admin::Answer Admin::user_remove(JsonView c) {
  const auto jid = jid_of(c);
  if (!jid) return jid.error();
  User* user = world_.user(jid->str());
  if (!user) {
    std::optional<UserKey> unserved;
    if (world_.unserved > 0)
      world_.records.each_user([&](const UserRecord& record) {
        if (record.jid == *jid) unserved = record.key;
      });
    if (!unserved) return wrong("no user " + jid->str());
    on_forget_unserved(*unserved, *jid);
    return std::string("{}");
  }
  if (user->account)
    return wrong(jid->str() + " is an account of the legacy server; ferryctl migrate back brings it home");
  on_forget(*user);
  return std::string("{}");
}

Admin::Answer Admin::user_list(JsonView c) {
  const std::string after = text_of(c, "after");
  std::vector<std::string_view> names;
  for (const auto& [bare, user] : world_.users)
    if (bare > after) names.push_back(bare);
  const std::size_t limit = page_limit(c);
  const bool more = names.size() > limit;
  if (more) {
    std::nth_element(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(limit), names.end());
    names.resize(limit);
  }
  std::sort(names.begin(), names.end());
  JsonWriter json;
  json.begin_object().key("users").begin_array();
  for (const std::string_view name : names) json.value(name);
  json.end_array();
  if (more) json.field("next", names.back());
  return json.end_object().take();
}

Admin::Answer Admin::user_show(JsonView c) {
  const auto jid = jid_of(c);
  if (!jid) return jid.error();
  const User* user = world_.user(jid->str());
  if (!user) return wrong("no user " + jid->str());
  JsonWriter json;
  json.begin_object().field("jid", user->jid.str()).field("topic", user->base).field("waiting", user->waiting);
  json.key("devices").begin_array();
  for (const auto& [name, device] : user->devices)
    json.begin_object().field("device", name).field("state", device.availability.state).end_object();
  json.end_array().key("contacts").begin_array();
  for (const auto& [bare, contact] : user->contacts)
    json.begin_object()
        .field("jid", bare)
        .field("subscription", subscription::subscription_name(contact.record))
        .field("ask", contact.record.ask)
        .field("request", contact.record.request)
        .field("denied", contact.record.denied)
        .field("state", presence::aggregate(contact.resources).state)
        .end_object();
  return json.end_array().end_object().take();
}

Admin::Answer Admin::status(JsonView) {
  JsonWriter json;
  json.begin_object().field("version", world_.version).field("xmpp", world_.xmpp_up ? "up" : "down");
  json.field("broker", world_.mqtt_up ? (world_.mqtt5 ? "up (MQTT 5)" : "up (MQTT 3.1.1)") : "down");
  json.field("contact_lists", on_privilege());
  const Gauges gauges = on_gauges();
  const auto number = [&](std::string_view name, auto value) { json.field(name, static_cast<std::int64_t>(value)); };
  number("users", gauges.users);
  number("users_online", gauges.users_online);
  number("devices_online", gauges.devices_online);
  number("rows", gauges.routes);
  json.key("queues").begin_object();
  number("to_xmpp", gauges.to_xmpp.rows);
  number("to_xmpp_bytes", gauges.to_xmpp.bytes);
  number("to_xmpp_unconfirmed", gauges.to_xmpp_unconfirmed);
  number("to_mqtt", gauges.to_mqtt.rows);
  number("to_mqtt_bytes", gauges.to_mqtt.bytes);
  number("to_mqtt_waiting", gauges.to_mqtt_waiting);
  number("to_mqtt_unconfirmed", gauges.to_mqtt_unconfirmed);
  number("dead_letters", gauges.dead_letters);
  json.end_object();
  json.key("counters").begin_object();
  for (const auto& [name, value] : world_.counters) json.field(name, static_cast<std::int64_t>(value));
  return json.end_object().end_object().take();
}

}  // namespace ferry
