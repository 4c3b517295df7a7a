// Accounts, what ferryctl migrate asks. Nothing is changed without "go": true; the answer says what would be.
//
//   migrate.plan{cohort,jids,new_address}  migrate.start{cohort|jids,to,rate}  migrate.pause{cohort}
//   migrate.stop-on{cohort,permille, least}  migrate.back{cohort|jids,keep}  migrate.verify{cohort|jids} migrate.status
//   migrate.list{cohort,state,after,limit}  migrate.show{jid}  migrate.rosters{after,limit}
#include <algorithm>

#include "gateway/brain/accounts.h"

namespace ferry {
namespace {

Problem refused(std::string text) { return {"", std::move(text), false}; }

std::string member(JsonView c, std::string_view key) { return std::string(c[key].string().value_or("")); }

bool goes_ahead(JsonView c) { return c["go"].boolean().value_or(false); }

constexpr std::size_t max_name = 64, writes_a_page = 1'000, max_needs = 1'000, max_names = 1'000;
constexpr std::int64_t max_rate = 1'000;

JsonWriter& write_names(JsonWriter& json, const std::vector<std::string>& names) {
  json.begin_array();
  for (std::size_t i = 0; i < std::min(names.size(), max_names); ++i) json.value(names[i]);
  return json.end_array();
}

}  // namespace

std::optional<Accounts::Answer> Accounts::on_command(std::string_view name, JsonView c) {
  if (!name.starts_with("migrate.")) return std::nullopt;
  auto answer = command(name, c);
  if (cohorts_changed_) keep_cohorts();  // over the store of a stopped gateway no batch ends
  if (named_changed_) keep_named();
  return answer;
}

std::optional<Accounts::Answer> Accounts::command(std::string_view name, JsonView c) {
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
  const bool new_address = c["new_address"].boolean().value_or(false);
  std::map<std::string, std::string> addresses;  // whose each is
  for (const auto& [bare, account] : accounts_)
    if (account->record.address) addresses.emplace(account->record.address->str(), bare);
  std::int64_t added = 0, changed = 0, there = 0;
  std::vector<std::string> again;  // who had been taken back by name
  JsonWriter json;
  json.begin_object().key("problems").begin_array();
  c["jids"].each([&](JsonView text) {
    const std::string given(text.string().value_or(""));
    const auto problem = [&](const std::string& why) {
      json.begin_object().field("jid", given).field("error", why).end_object();
    };
    const std::size_t blank = given.find(' ');  // "OLD NEW": a person who gets another address
    const auto jid = Jid::parse(given.substr(0, blank));
    if (!jid) return problem(jid.error().text);
    std::optional<Jid> address;
    if (new_address || blank != std::string::npos) {
      const auto parsed = blank == std::string::npos
                              ? Jid::parse(std::string(jid->localpart()) + "@" + world_.component.str())
                              : Jid::parse(given.substr(blank + 1));
      if (!parsed) return problem(parsed.error().text);
      address = *parsed;
      if (const auto why = addresses_.unfit(*address)) return problem(*why);
      if (const auto [it, fresh] = addresses.emplace(address->str(), jid->str()); !fresh && it->second != jid->str())
        return problem(address->str() + " is already the new address of " + it->second);
    }
    if (!serves(*jid))
      return problem("expected an account of " + std::string(world_.server.domainpart()) + ", the legacy server");
    if (const auto match = world_.table.by_jid(*jid); !address && match && match->row->kind != RowKind::user)
      return problem("the mapping table has a row of another kind for it: " + format_row(*match->row));
    if (peer_level(jid->str()).empty()) return problem("the name is too long for a topic");
    Account* account = find(jid->str());
    if (!account) {
      ++added;
      if (go) add(*jid, name, address);
    } else if (account->record.cohort == name && account->record.address == address) {
      ++there;
      if (!account->record.back_by_name) return;
      again.push_back(jid->str());
      if (!go) return;
      account->record.back_by_name = false;
      save(*account);
    } else if (account->record.state != AccountState::legacy) {
      return problem("is on its way with the cohort " + account->record.cohort +
                     ", and stays in it; ferryctl migrate back first, or leave it out");
    } else {
      ++changed;
      if (account->record.back_by_name) again.push_back(jid->str());
      if (!go) return;
      account->record.back_by_name = false;
      account->record.cohort = name;
      account->record.address = address;
      save(*account);
    }
  });
  if (go && added + changed + there > 0) {  // a cohort of nobody would only be in the way
    cohort(name);
    cohorts_changed_ = true;
    drive_at_ = std::min(drive_at_, world_.now);
  }
  json.end_array().field("done", go).field("added", added).field("changed", changed).field("there", there);
  return write_names(json.key("again"), again).end_object().take();
}

Accounts::Answer Accounts::start_cohort(JsonView c) {
  const auto accounts = chosen(c);
  if (!accounts) return accounts.error();
  const auto to = account_state(c["to"].string().value_or("dual"));
  if (!to || *to == AccountState::legacy || *to == AccountState::back)
    return refused("to: expected shadow, dual, moved or retired; migrate back goes the other way");
  const auto rate = c["rate"].integer();
  if (rate && (*rate < 1 || *rate > max_rate)) return refused("rate: expected 1 to 1000 accounts a second");
  std::int64_t go_on = 0, there = 0, further = 0, going_back = 0, from_moved = 0;
  const bool go = goes_ahead(c), by_name = static_cast<bool>(c["jids"]);
  std::vector<std::string> left_out;
  for (Account* a : *accounts) {
    const AccountState state = a->record.state;
    const bool goes_back =
        state == AccountState::back || (a->record.target == AccountState::legacy && state != AccountState::legacy);
    if (go && !goes_back) count_anew(*a);
    if (a->record.back_by_name && !by_name) {
      left_out.push_back(a->record.jid.str());
      continue;
    }
    if (goes_back)
      ++going_back;
    else if (state == *to)
      ++there;
    else if (state > *to && !(state == AccountState::moved && *to == AccountState::dual))
      ++further;
    else {
      ++go_on;
      from_moved += state == AccountState::moved && *to == AccountState::dual;
    }
    const bool may = !goes_back && (state <= *to || *to == AccountState::dual);
    if (!go || !may || state == AccountState::retired) continue;
    a->record.back_by_name = false;
    set_target(*a, *to, false, by_name);
  }
  if (go) {
    if (rate) rate_ = static_cast<std::size_t>(*rate);
    if (!by_name) {  // whoever was named goes by themselves: the others of their cohort stand or go as they did
      Cohort& known = cohort(member(c, "cohort"));
      known.target = *to;
      known.running = true;
      known.stopped.clear();
      known.events = known.errors = 0;
    }
    cohorts_changed_ = true;  // the rate stands there, too
    drive_at_ = world_.now;
  }
  JsonWriter json;
  json.begin_object()
      .field("done", go)
      .field("to", account_state_name(*to))
      .field("go_on", go_on)
      .field("there", there)
      .field("further", further)
      .field("going_back", going_back)
      .field("from_moved", from_moved)
      .field("left_out", static_cast<std::int64_t>(left_out.size()));
  return write_names(json.key("left_out_accounts"), left_out).end_object().take();
}

Accounts::Answer Accounts::pause(JsonView c) {
  const std::string name = member(c, "cohort");
  std::int64_t paused = 0, named = 0;
  for (auto& [known, cohort_of_it] : cohorts_) {
    if (!name.empty() && known != name) continue;
    paused += cohort_of_it.running;
    cohort_of_it.running = false;
    cohorts_changed_ = true;
  }
  if (!name.empty() && !cohorts_.contains(name)) return refused("there is no cohort " + name);
  for (const std::string& bare : going_) {
    Account& a = *accounts_.at(bare);
    if (!a.named || (!name.empty() && a.record.cohort != name)) continue;
    a.named = false;
    named_changed_ = true;
    ++named;
  }
  return JsonWriter().begin_object().field("paused", paused).field("named", named).end_object().take();
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
  const bool go = goes_ahead(c), keep = c["keep"].boolean().value_or(false), by_name = static_cast<bool>(c["jids"]);
  std::int64_t go_back_now = 0, there = 0, writes = 0, by_people = 0, waiting = 0, need_contacts = 0;
  std::vector<std::pair<std::string, NeedOfContact>> needs;  // whose part it is to restore what was
  for (Account* a : *accounts) {
    if (go && by_name) a->record.back_by_name = true;  // set_target writes it down
    if (a->record.state == AccountState::legacy) {
      ++there;
      if (go) set_target(*a, AccountState::legacy, false);
      continue;
    }
    ++go_back_now;
    if (a->user) waiting += a->user->waiting;
    std::int64_t after = 0;
    for (;;) {
      const auto page = world_.records.writes(a->record.jid, after, writes_a_page);
      for (const WriteRecord& w : page) {
        after = w.number;
        if (w.state >= WriteState::undone || (keep && w.by_person)) continue;
        if (const auto need = w.by_person ? need_of_contact(w) : std::nullopt) {
          ++need_contacts;
          if (needs.size() < max_needs) needs.emplace_back(a->record.jid.str(), *need);
          continue;
        }
        ++writes;
        by_people += w.by_person;
      }
      if (page.size() < writes_a_page) break;
    }
    if (go) set_target(*a, AccountState::legacy, keep);
  }
  if (go) drive_at_ = world_.now;
  JsonWriter json;
  json.begin_object()
      .field("done", go)
      .field("go_back", go_back_now)
      .field("there", there)
      .field("writes_to_undo", writes)
      .field("of_people", by_people)
      .field("need_contacts", need_contacts)
      .field("messages_not_taken", waiting)
      .key("contacts")
      .begin_array();
  for (const auto& [jid, need] : needs)
    json.begin_object().field("jid", jid).field("contact", need.contact).field("has_to", need.has_to).end_object();
  return json.end_array().end_object().take();
}

// The server is asked anew and what it says compared; migrate.show and migrate.status have what was found.
Accounts::Answer Accounts::verify(JsonView c) {
  const auto accounts = chosen(c);
  if (!accounts) return accounts.error();
  std::int64_t asked = 0, away = 0;
  for (Account* a : *accounts) {
    if (!a->up || a->record.state == AccountState::back) {
      away += a->record.state != AccountState::legacy && a->record.state != AccountState::retired;
      continue;
    }
    ++asked;
    verify_.ask(*a);
  }
  return JsonWriter().begin_object().field("asked", asked).field("without_session", away).end_object().take();
}

}  // namespace ferry
