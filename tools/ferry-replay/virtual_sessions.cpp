#include "tools/ferry-replay/virtual_sessions.h"

#include <utility>

#include "tools/ferry-replay/account_answers.h"
#include "translators/values/json.h"
#include "translators/values/stanza.h"

namespace ferry::replay {
namespace {

constexpr std::string_view replay_cohort = "replay";
constexpr std::int64_t accounts_per_second = 1'000;

// As the link's own request for it is answered (gateway/session/account_session.cpp).
Element roster_result(const Element& roster) {
  Element iq("iq");
  iq.set("type", "result").set("id", "ferry-roster");
  iq.add(roster);
  return iq;
}

}  // namespace

VirtualSessions::VirtualSessions(std::vector<CapturedAccount> accounts) {
  for (CapturedAccount& account : accounts) {
    std::string bare = account.jid.str();
    accounts_.emplace(std::move(bare), std::move(account));
  }
}

std::vector<Jid> VirtualSessions::accounts() const {
  std::vector<Jid> out;
  for (const auto& [bare, account] : accounts_) out.push_back(account.jid);
  return out;
}

std::vector<std::string> VirtualSessions::commands() const {
  if (accounts_.empty()) return {};
  JsonWriter plan;
  plan.begin_object().field("command", "migrate.plan").field("cohort", replay_cohort).field("go", true);
  plan.key("jids").begin_array();
  for (const auto& [bare, account] : accounts_) plan.value(bare);
  plan.end_array().end_object();
  JsonWriter start;
  start.begin_object().field("command", "migrate.start").field("cohort", replay_cohort).field("go", true);
  start.field("to", "dual").field("rate", accounts_per_second).end_object();
  return {plan.take(), start.take()};
}

Duration VirtualSessions::lead() const {
  constexpr Duration at_least = 10 * second;
  if (accounts_.empty()) return 0;
  return at_least + 2 * second * static_cast<Duration>(accounts_.size()) / accounts_per_second;
}

void VirtualSessions::take(const SessionEffect& effect) {
  const auto it = accounts_.find(effect.account);
  if (it == accounts_.end()) return;
  const CapturedAccount* account = &it->second;
  if (effect.what == SessionEffect::What::want) {
    waiting_.push_back({account, Up{}});
    waiting_.push_back({account, roster_result(account->roster)});
    waiting_.push_back({account, CaughtUp{}});
  } else if (effect.what == SessionEffect::What::send) {
    if (auto stanza = parse_xml(effect.text))
      if (auto reply = account_answer(account->jid, *std::move(stanza), account->roster))
        waiting_.push_back({account, *std::move(reply)});
    if (effect.token != 0) waiting_.push_back({account, Sent{effect.token}});
  }
}

void VirtualSessions::step(Brain& brain, Instant now) {
  Waiting next = std::move(waiting_.front());
  waiting_.pop_front();
  const Jid& jid = next.account->jid;
  if (std::holds_alternative<Up>(next.what)) {
    const auto full = jid.with_resource("ferry-replay");
    if (full) brain.on_session_up({.jid = *full, .resumed = false, .carbons = true}, now);
  } else if (std::holds_alternative<CaughtUp>(next.what)) {
    brain.on_session_caught_up(jid, {}, false, now);  // there is no archive
  } else if (const auto* sent = std::get_if<Sent>(&next.what)) {
    brain.on_session_sent(jid, sent->token, now);
  } else {
    brain.on_session_stanza({jid, std::get<Element>(std::move(next.what)), Brain::SessionSource::live, {}, {}}, now);
  }
}

}  // namespace ferry::replay
