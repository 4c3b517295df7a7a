// Accounts, what ferryctl migrate asks. Nothing is changed without "go": true; the answer says what would be.
//
//   migrate.plan{cohort,jids}  migrate.start{cohort,to,rate}  migrate.pause{cohort}  migrate.stop-on{cohort,permille,
//   least}  migrate.back{cohort|jids,keep}  migrate.verify{cohort|jids}
//   migrate.status  migrate.list{cohort,state,after,limit}  migrate.show{jid}  migrate.rosters{after,limit}
#include <algorithm>
#include <array>

#include "gateway/brain/accounts.h"

namespace ferry {
namespace {

Problem refused(std::string text) { return {"", std::move(text), false}; }

std::string member(JsonView c, std::string_view key) { return std::string(c[key].string().value_or("")); }

bool goes_ahead(JsonView c) { return c["go"].boolean().value_or(false); }

constexpr std::size_t max_name = 64, max_shown = 1'000;
constexpr std::int64_t max_rate = 1'000;

void write_account(const Account& a, JsonWriter& json) {
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
  json.field("other_clients", static_cast<std::int64_t>(a.others.size()));
  if (!r.trouble.empty()) json.field("trouble", r.trouble);
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
  return text;
}

}  // namespace

std::optional<Accounts::Answer> Accounts::on_command(std::string_view name, JsonView c) {
  if (name == "migrate.plan") return plan(c);
  if (name == "migrate.start") return start_cohort(c);
  if (name == "migrate.pause") return pause(c);
  if (name == "migrate.stop-on") return stop_on(c);
  if (name == "migrate.back") return back(c);
  if (name == "migrate.verify") return verify(c);
  if (name == "migrate.status") return status(c);
  if (name == "migrate.list") return list(c);
  if (name == "migrate.show") return show(c);
  if (name == "migrate.rosters") return rosters(c);
  return std::nullopt;
}

Result<std::vector<Account*>, Problem> Accounts::chosen(JsonView c) {
  std::vector<Account*> found;
  if (c["jids"]) {
    std::string wrong;
    c["jids"].each([&](JsonView text) {
      const auto jid = Jid::parse(text.string().value_or(""));
      Account* account = jid ? find(jid->bare_view()) : nullptr;
      if (!account && wrong.empty())
        wrong = std::string(text.string().value_or("")) + " is in no plan; ferryctl migrate plan adds it";
      if (account) found.push_back(account);
    });
    if (!wrong.empty()) return refused(wrong);
    return found;
  }
  const std::string name = member(c, "cohort");
  if (!cohorts_.contains(name)) return refused("there is no cohort " + name + "; ferryctl migrate status lists them");
  for (auto& [bare, account] : accounts_)
    if (account->record.cohort == name) found.push_back(account.get());
  return found;
}

Accounts::Answer Accounts::plan(JsonView c) {
  const std::string name = member(c, "cohort");
  if (name.empty() || name.size() > max_name) return refused("cohort: expected a name of at most 64 bytes");
  if (!c["jids"].is_array()) return refused("jids: expected an array of accounts");
  const bool go = goes_ahead(c);
  std::int64_t added = 0, changed = 0, there = 0;
  JsonWriter json;
  json.begin_object().key("problems").begin_array();
  c["jids"].each([&](JsonView text) {
    const std::string given(text.string().value_or(""));
    const auto problem = [&](const std::string& why) {
      json.begin_object().field("jid", given).field("error", why).end_object();
    };
    const auto jid = Jid::parse(given);
    if (!jid) return problem(jid.error().text);
    if (!serves(*jid))
      return problem("expected an account of " + std::string(world_.server.domainpart()) + ", the legacy server");
    if (const auto match = world_.table.by_jid(*jid); match && match->row->kind != RowKind::user)
      return problem("the mapping table has a row of another kind for it: " + format_row(*match->row));
    if (peer_level(jid->str()).empty()) return problem("the name is too long for a topic");
    Account* account = find(jid->str());
    if (!account) {
      ++added;
      if (go) add(*jid, name);
    } else if (account->record.cohort == name) {
      ++there;
    } else if (account->record.state != AccountState::legacy) {
      return problem("is on its way with the cohort " + account->record.cohort);
    } else {
      ++changed;
      if (!go) return;
      account->record.cohort = name;
      save(*account);
    }
  });
  if (go) {
    cohort(name);
    cohorts_changed_ = true;
    drive_at_ = std::min(drive_at_, world_.now);
  }
  return json.end_array()
      .field("done", go)
      .field("added", added)
      .field("changed", changed)
      .field("there", there)
      .end_object()
      .take();
}

Accounts::Answer Accounts::start_cohort(JsonView c) {
  const auto accounts = chosen(c);
  if (!accounts) return accounts.error();
  const auto to = account_state(c["to"].string().value_or("dual"));
  if (!to || *to == AccountState::legacy || *to == AccountState::back)
    return refused("to: expected shadow, dual, moved or retired; migrate back goes the other way");
  const auto rate = c["rate"].integer();
  if (rate && (*rate < 1 || *rate > max_rate)) return refused("rate: expected 1 to 1000 accounts a second");
  std::int64_t go_on = 0, there = 0, further = 0, going_back = 0;
  const bool go = goes_ahead(c);
  for (Account* a : *accounts) {
    const AccountState state = a->record.state;
    if (state == AccountState::back || (a->record.target == AccountState::legacy && state != AccountState::legacy))
      ++going_back;
    else if (state == *to)
      ++there;
    else if (state > *to && !(state == AccountState::moved && *to == AccountState::dual))
      ++further;
    else
      ++go_on;
    const bool may = state != AccountState::back && (state <= *to || *to == AccountState::dual) &&
                     !(a->record.target == AccountState::legacy && state != AccountState::legacy);
    if (go && may && state != AccountState::retired) set_target(*a, *to, false);
  }
  if (go) {
    if (rate) rate_ = static_cast<std::size_t>(*rate);
    std::set<std::string> names;
    for (const Account* a : *accounts) names.insert(a->record.cohort);
    for (const std::string& name : names) {
      Cohort& known = cohort(name);
      known.target = *to;
      known.running = true;
      known.stopped.clear();
      known.events = known.errors = 0;
    }
    cohorts_changed_ = true;
    drive_at_ = world_.now;
  }
  return JsonWriter()
      .begin_object()
      .field("done", go)
      .field("to", account_state_name(*to))
      .field("go_on", go_on)
      .field("there", there)
      .field("further", further)
      .field("going_back", going_back)
      .end_object()
      .take();
}

Accounts::Answer Accounts::pause(JsonView c) {
  const std::string name = member(c, "cohort");
  std::int64_t paused = 0;
  for (auto& [known, cohort_of_it] : cohorts_) {
    if (!name.empty() && known != name) continue;
    paused += cohort_of_it.running;
    cohort_of_it.running = false;
    cohorts_changed_ = true;
  }
  if (!name.empty() && !cohorts_.contains(name)) return refused("there is no cohort " + name);
  return JsonWriter().begin_object().field("paused", paused).end_object().take();
}

Accounts::Answer Accounts::stop_on(JsonView c) {
  const std::string name = member(c, "cohort");
  if (!cohorts_.contains(name)) return refused("there is no cohort " + name);
  const std::int64_t permille = c["permille"].integer().value_or(-1), least = c["least"].integer().value_or(20);
  if (permille < 0 || permille > 1000) return refused("permille: expected 0 to 1000; 0: never");
  if (least < 1) return refused("least: expected a number from 1");
  Cohort& known = cohort(name);
  known.stop_permille = permille;
  known.stop_least = least;
  cohorts_changed_ = true;
  return std::string("{}");
}

Accounts::Answer Accounts::back(JsonView c) {
  const auto accounts = chosen(c);
  if (!accounts) return accounts.error();
  const bool go = goes_ahead(c), keep = c["keep"].boolean().value_or(false);
  std::int64_t go_back_now = 0, there = 0, writes = 0, by_people = 0, waiting = 0;
  for (Account* a : *accounts) {
    if (a->record.state == AccountState::legacy) {
      ++there;
      if (go) set_target(*a, AccountState::legacy, false);
      continue;
    }
    ++go_back_now;
    if (a->user) waiting += a->user->waiting;
    std::int64_t after = 0;
    for (;;) {
      const auto page = world_.records.writes(a->record.jid, after, max_shown);
      for (const WriteRecord& w : page) {
        after = w.number;
        if (w.state >= WriteState::undone || (keep && w.by_person)) continue;
        ++writes;
        by_people += w.by_person;
      }
      if (page.size() < max_shown) break;
    }
    if (go) set_target(*a, AccountState::legacy, keep);
  }
  if (go) drive_at_ = world_.now;
  return JsonWriter()
      .begin_object()
      .field("done", go)
      .field("go_back", go_back_now)
      .field("there", there)
      .field("writes_to_undo", writes)
      .field("of_people", by_people)
      .field("messages_not_taken", waiting)
      .end_object()
      .take();
}

// The server's roster is asked for anew and compared; migrate.show and migrate.status have what was found.
Accounts::Answer Accounts::verify(JsonView c) {
  const auto accounts = chosen(c);
  if (!accounts) return accounts.error();
  std::int64_t asked = 0, away = 0;
  for (Account* a : *accounts) {
    if (!a->up || a->record.state == AccountState::back) {
      away += a->record.state != AccountState::legacy;
      continue;
    }
    ++asked;
    ++verifying_;
    Element iq("iq");
    iq.set("type", "get").add(Element("query", "jabber:iq:roster"));
    iqs_.ask(*a, std::move(iq), [this](Account& account, const Result<Element>& answer) {
      --verifying_;
      const Element* query = answer ? answer->child("query", "jabber:iq:roster") : nullptr;
      if (!query) return shadow_.differs(account, "verify", account.record.jid.str(), "the server gave no roster");
      shadow_.agrees(account, "verify", account.record.jid.str());
      bridge_.compare_roster(account, *query);
      world_.count("accounts_verified");
    });
  }
  return JsonWriter().begin_object().field("asked", asked).field("without_session", away).end_object().take();
}

Accounts::Answer Accounts::status(JsonView) const {
  JsonWriter json;
  json.begin_object().key("cohorts").begin_array();
  for (const auto& [name, c] : cohorts_) {
    std::array<std::int64_t, 6> states{};
    std::int64_t all = 0, up = 0, down = 0, messages = 0, errors = 0, differences = 0, troubled = 0, others = 0;
    for (const auto& [bare, a] : accounts_) {
      if (a->record.cohort != name) continue;
      ++all;
      ++states[static_cast<std::size_t>(a->record.state)];
      up += a->up;
      down += a->wanted && !a->up;
      messages += a->record.messages;
      errors += a->record.errors;
      differences += a->record.differences;
      troubled += !a->record.trouble.empty();
      others += !a->others.empty();
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
        .end_object();
  }
  return json.end_array()
      .field("going", static_cast<std::int64_t>(going_.size()))
      .field("active", static_cast<std::int64_t>(active_))
      .field("rate", static_cast<std::int64_t>(rate_))
      .field("verifying", verifying_)
      .end_object()
      .take();
}

Accounts::Answer Accounts::list(JsonView c) const {
  const std::string name = member(c, "cohort"), after = member(c, "after");
  const auto state = account_state(member(c, "state"));
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
    write_account(a, json);
    last = it->first;
  }
  json.end_array();
  if (more) json.field("next", last);
  return json.end_object().take();
}

Accounts::Answer Accounts::show(JsonView c) const {
  const auto jid = Jid::parse(member(c, "jid"));
  const auto it = jid ? accounts_.find(std::string(jid->bare_view())) : accounts_.end();
  if (it == accounts_.end()) return refused(member(c, "jid") + " is in no plan");
  const Account& a = *it->second;
  JsonWriter json;
  json.begin_object().key("account");
  write_account(a, json);
  json.key("writes").begin_array();
  for (const WriteRecord& w : world_.records.writes(a.record.jid, c["after"].integer().value_or(0), max_shown))
    json.begin_object()
        .field("number", w.number)
        .field("state", write_state_name(w.state))
        .field("by", w.by_person ? "person" : "migration")
        .field("at", format_instant(w.at))
        .field("what", outline(w.forward))
        .end_object();
  json.end_array().key("differences").begin_array();
  for (const DifferenceRecord& d : world_.records.differences(a.record.jid, max_shown))
    json.begin_object()
        .field("kind", d.kind)
        .field("peer", d.peer)
        .field("text", d.text)
        .field("at", format_instant(d.at))
        .end_object();
  return json.end_array().end_object().take();
}

// Who talks to whom, as far as the gateway knows: for plans in which they move together.
Accounts::Answer Accounts::rosters(JsonView c) const {
  const std::string after = member(c, "after");
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
