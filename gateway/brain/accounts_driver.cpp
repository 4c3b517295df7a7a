// Accounts, the driver: which account goes on when, and when a cohort must not.
#include "gateway/brain/accounts.h"
#include "gateway/brain/log_value.h"

namespace ferry {
namespace {

constexpr std::string_view cohorts_key = "migration.cohorts", named_key = "migration.named";
constexpr Duration give_up_turn = 60 * second;  // who does not get on lets others

}  // namespace

Cohort& Accounts::cohort(const std::string& name) {
  Cohort& c = cohorts_[name];
  c.name = name;
  return c;
}

void Accounts::read_cohorts() {
  if (const auto named = JsonDocument::parse(world_.records.meta(named_key)))
    named->root().each([this](JsonView jid) {
      Account* account = find(jid.string().value_or(""));
      if (account && account->record.state != account->record.target) account->named = true;
    });
  const auto document = JsonDocument::parse(world_.records.meta(cohorts_key));
  if (!document) return;
  const JsonView root = document->root();
  rate_ = static_cast<std::size_t>(std::max<std::int64_t>(1, root["rate"].integer().value_or(10)));
  root["cohorts"].each([&](JsonView c) {
    Cohort& known = cohort(std::string(c["name"].string().value_or("")));
    known.target = account_state(c["target"].string().value_or("")).value_or(AccountState::legacy);
    known.running = c["running"].boolean().value_or(false);
    known.stop_permille = c["stop_permille"].integer().value_or(0);
    known.stop_least = c["stop_least"].integer().value_or(20);
    known.events = c["events"].integer().value_or(0);
    known.errors = c["errors"].integer().value_or(0);
    known.stopped = c["stopped"].string().value_or("");
  });
}

void Accounts::keep_cohorts() {
  cohorts_changed_ = false;
  JsonWriter json;
  json.begin_object().field("rate", static_cast<std::int64_t>(rate_)).key("cohorts").begin_array();
  for (const auto& [name, c] : cohorts_)
    json.begin_object()
        .field("name", name)
        .field("target", account_state_name(c.target))
        .field("running", c.running)
        .field("stop_permille", c.stop_permille)
        .field("stop_least", c.stop_least)
        .field("events", c.events)
        .field("errors", c.errors)
        .field("stopped", c.stopped)
        .end_object();
  world_.records.set_meta(cohorts_key, json.end_array().end_object().take());
}

// Whose name is still there and who has arrived does no harm: reading leaves them out.
void Accounts::keep_named() {
  named_changed_ = false;
  JsonWriter json;
  json.begin_array();
  for (const std::string& bare : going_)
    if (accounts_.at(bare)->named) json.value(bare);
  world_.records.set_meta(named_key, json.end_array().take());
}

void Accounts::set_target(Account& account, AccountState target, bool keep, bool named) {
  AccountRecord& r = account.record;
  r.target = target;
  r.keep = keep;
  save(account);
  const bool goes = r.state != target;
  if (const bool alone = named && goes; std::exchange(account.named, alone) || alone) named_changed_ = true;
  if (goes) going_.insert(r.jid.str());
  if (!goes) going_.erase(r.jid.str());
  if (!goes && std::exchange(account.active, false)) --active_;
}

void Accounts::count_anew(Account& account) {
  const std::int64_t left = account.record.trouble.empty() ? 0 : 1;
  if (std::exchange(account.record.errors, left) != left) save(account);
}

// Going back is never held up by what stopped the way there.
bool Accounts::may_run(const Account& account) const {
  if (account.named || account.record.target == AccountState::legacy) return true;
  const auto it = cohorts_.find(account.record.cohort);
  return it == cohorts_.end() || it->second.running;
}

void Accounts::happened(Account& account, bool good) {
  const auto it = cohorts_.find(account.record.cohort);
  if (it == cohorts_.end() || account.named) return;  // by its name: the cohort's count is of those who go with it
  Cohort& c = it->second;
  ++c.events;
  if (!good) ++c.errors;
  cohorts_changed_ = true;
  if (!c.running || c.stop_permille == 0 || c.events < c.stop_least) return;
  if (c.errors * 1000 <= c.stop_permille * c.events) return;
  c.running = false;
  c.stopped = std::to_string(c.errors) + " of " + std::to_string(c.events) + " failed";
  world_.count("cohorts_stopped");
  world_.log(LogLine::Level::error,
             "event=migration.stopped cohort=" + log_value(c.name) + " reason=" + log_value(c.stopped));
}

// Those who are on their way are looked at; others get their turn, in the order of their names, round and round.
void Accounts::drive() {
  std::vector<Account*> under_way;
  for (const std::string& bare : going_)
    if (Account& a = *accounts_.at(bare); a.active) under_way.push_back(&a);
  for (Account* a : under_way) {
    if (!may_run(*a) || world_.now > a->active_since + give_up_turn) {
      if (world_.now > a->active_since + give_up_turn && a->record.trouble.empty())
        trouble(*a, a->up                 ? "the server does not answer"
                    : a->why_down.empty() ? "the session does not come up"
                                          : "the session does not come up: " + a->why_down);
      a->active = false;
      --active_;
      continue;
    }
    advance(*a);
  }
  const std::size_t most = std::max<std::size_t>(1, rate_ * static_cast<std::size_t>(step_time) / 1000);
  std::size_t begun = 0, looked = 0;
  const std::size_t all = going_.size();
  while (begun < most && active_ < max_active && looked++ < all && !going_.empty()) {
    auto next = going_.upper_bound(turn_);
    if (next == going_.end()) next = going_.begin();
    turn_ = *next;
    Account& a = *accounts_.at(turn_);
    if (a.active || !may_run(a)) continue;
    a.active = true;
    a.active_since = world_.now;
    ++active_;
    ++begun;
    advance(a);
  }
}

}  // namespace ferry
