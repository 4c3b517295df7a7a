// Accounts, what ferryctl migrate may look at: status, list, show, rosters.
#include <algorithm>
#include <array>

#include "gateway/brain/accounts.h"

namespace ferry {
namespace {

Problem unknown_account(const std::string& jid) {
  return {"", jid + " is in no plan; ferryctl migrate plan adds it", false};
}

std::string word_of(JsonView c, std::string_view key) { return std::string(c[key].string().value_or("")); }

constexpr std::size_t max_shown = 1'000;

void write_account(const Account& a, std::string_view trouble, JsonWriter& json) {
  const AccountRecord& r = a.record;
  json.begin_object()
      .field("jid", r.jid.str())
      .field("state", account_state_name(r.state))
      .field("target", account_state_name(r.target))
      .field("cohort", r.cohort)
      .field("session", a.up       ? "up"
                        : a.wanted ? "down"
                                   : "none")
      .field("since", format_instant(r.since))
      .field("generation", r.generation)
      .field("messages", r.messages)
      .field("errors", r.errors)
      .field("differences", r.differences)
      .field("waiting_to_xmpp", static_cast<std::int64_t>(a.queued.size() + a.in_flight.size()));
  if (a.user) {
    json.field("devices", static_cast<std::int64_t>(
                              std::count_if(a.user->devices.begin(), a.user->devices.end(),
                                            [](const auto& d) { return d.second.availability.available(); })));
    json.field("contacts", static_cast<std::int64_t>(a.user->contacts.size()));
  }
  if (r.address) json.field("address", r.address->str());
  if (r.back_by_name) json.field("back_by_name", true);
  json.field("other_clients", static_cast<std::int64_t>(a.others.size()));
  if (!trouble.empty()) json.field("trouble", trouble);
  json.end_object();
}

std::string_view write_state_name(WriteState state) {
  constexpr std::string_view names[] = {"planned", "done", "undone", "lasting"};
  return names[static_cast<std::size_t>(state)];
}

// Stanzas of the journal bear names and cards; people are shown what it is and whom it is about.
std::string outline(const std::string& xml) {
  const auto parsed = parse_xml(xml);
  if (!parsed) return {};
  const Element* e = &*parsed;
  if (e->name == "presence")
    return "presence " + std::string(e->attr_or("type")) + " to " + std::string(e->attr_or("to"));
  std::string text = e->name;
  if (const Element* payload = e->first_child()) {
    text += " " + payload->ns;
    if (const Element* item = payload->first_child(); item && item->attr("jid"))
      text += " " + std::string(item->attr_or("subscription", "set")) + " " + std::string(item->attr_or("jid"));
  }
  if (e->attr("to")) text += ", list of " + std::string(e->attr_or("to"));
  return text;
}

}  // namespace

// What it is in for matters before what came of it, which may be of another time.
std::string Accounts::trouble_of(const Account& account) const {
  const bool hopeless = account.wanted && !account.up && world_.options.session.host.empty();
  return hopeless ? std::string(no_session_reason) : account.trouble();
}

Accounts::Answer Accounts::status(JsonView) const {
  JsonWriter json;
  json.begin_object().key("cohorts").begin_array();
  for (const auto& [name, c] : cohorts_) {
    std::array<std::int64_t, 6> states{};
    std::int64_t all = 0, up = 0, down = 0, messages = 0, errors = 0, differences = 0, troubled = 0, others = 0,
                 named = 0, going = 0, back_by_name = 0;
    for (const auto& [bare, a] : accounts_) {
      if (a->record.cohort != name) continue;
      ++all;
      ++states[static_cast<std::size_t>(a->record.state)];
      up += a->up;
      down += a->wanted && !a->up;
      messages += a->record.messages;
      errors += a->record.errors;
      differences += a->record.differences;
      troubled += !trouble_of(*a).empty();
      others += !a->others.empty();
      named += a->named;
      going += a->record.state != a->record.target;
      back_by_name += a->record.back_by_name;
    }
    json.begin_object()
        .field("name", name)
        .field("target", account_state_name(c.target))
        .field("running", c.running)
        .field("stopped", c.stopped)
        .field("accounts", all)
        .key("states")
        .begin_object();
    for (std::size_t i = 0; i < states.size(); ++i)
      json.field(account_state_name(static_cast<AccountState>(i)), states[i]);
    json.end_object()
        .field("sessions_up", up)
        .field("sessions_down", down)
        .field("messages", messages)
        .field("errors", errors)
        .field("differences", differences)
        .field("troubled", troubled)
        .field("with_other_clients", others)
        .field("stop_permille", c.stop_permille)
        .field("stop_least", c.stop_least)
        .field("events_since_start", c.events)
        .field("errors_since_start", c.errors)
        .field("named", named)
        .field("going", going)
        .field("back_by_name", back_by_name)
        .end_object();
  }
  return json.end_array()
      .field("going", static_cast<std::int64_t>(going_.size()))
      .field("active", static_cast<std::int64_t>(active_))
      .field("rate", static_cast<std::int64_t>(rate_))
      .field("verifying", verify_.open())
      .end_object()
      .take();
}

Accounts::Answer Accounts::list(JsonView c) const {
  const std::string name = word_of(c, "cohort"), after = word_of(c, "after");
  const auto state = account_state(word_of(c, "state"));
  const std::int64_t wanted = c["limit"].integer().value_or(0);
  const std::size_t limit = wanted > 0 ? std::min(static_cast<std::size_t>(wanted), max_page_items) : max_page_items;
  JsonWriter json;
  json.begin_object().key("accounts").begin_array();
  std::size_t n = 0;
  std::string last;
  bool more = false;
  for (auto it = accounts_.upper_bound(after); it != accounts_.end(); ++it) {
    const Account& a = *it->second;
    if ((!name.empty() && a.record.cohort != name) || (state && a.record.state != *state)) continue;
    if (n++ == limit) {
      more = true;
      break;
    }
    write_account(a, trouble_of(a), json);
    last = it->first;
  }
  json.end_array();
  if (more) json.field("next", last);
  return json.end_object().take();
}

Accounts::Answer Accounts::show(JsonView c) const {
  const auto jid = Jid::parse(word_of(c, "jid"));
  const auto it = jid ? accounts_.find(std::string(jid->bare_view())) : accounts_.end();
  if (it == accounts_.end()) return unknown_account(word_of(c, "jid"));
  const Account& a = *it->second;
  JsonWriter json;
  json.begin_object().key("account");
  write_account(a, trouble_of(a), json);
  json.key("writes").begin_array();
  for (const WriteRecord& w : world_.records.writes(a.record.jid, c["after"].integer().value_or(0), max_shown)) {
    json.begin_object()
        .field("number", w.number)
        .field("state", write_state_name(w.state))
        .field("by", w.by_person ? "person" : "migration")
        .field("at", format_instant(w.at))
        .field("what", outline(w.forward));
    if (const auto need = w.state == WriteState::undone ? std::nullopt : need_of_contact(w))
      json.field("contact", need->contact).field("has_to", need->has_to);
    json.end_object();
  }
  json.end_array();
  const auto found = world_.records.differences(a.record.jid, max_shown);
  for (const bool losses : {false, true}) {
    json.key(losses ? "losses" : "differences").begin_array();
    for (const DifferenceRecord& d : found)
      if (SessionVerify::is_loss(d.kind) == losses)
        json.begin_object()
            .field("kind", d.kind)
            .field("peer", d.peer)
            .field("text", d.text)
            .field("at", format_instant(d.at))
            .end_object();
    json.end_array();
  }
  return json.end_object().take();
}

// Who talks to whom, as far as the gateway knows: for plans in which they move together.
Accounts::Answer Accounts::rosters(JsonView c) const {
  const std::string after = word_of(c, "after");
  JsonWriter json;
  json.begin_object().key("rosters").begin_array();
  std::size_t contacts = 0;
  std::string last;
  bool more = false;
  for (auto it = accounts_.upper_bound(after); it != accounts_.end(); ++it) {
    if (contacts > max_page_items * 10) {
      more = true;
      break;
    }
    last = it->first;
    json.begin_object().field("jid", it->first).key("contacts").begin_array();
    for (const auto& [jid, digest] : it->second->seen_roster) json.value(jid);
    contacts += 1 + it->second->seen_roster.size();
    json.end_array().end_object();
  }
  json.end_array();
  if (more) json.field("next", last);
  return json.end_object().take();
}

}  // namespace ferry
