#include "tools/ferry-login-check/checks.h"

#include <algorithm>

namespace ferry {

Checks::Checks(SessionLink& link, Questions& questions, std::string domain, Keep keep, Log log)
    : link_(link), questions_(questions), domain_(std::move(domain)), keep_(std::move(keep)), log_(std::move(log)) {}

void Checks::ask(Question question, Steady now) {
  const std::string jid = question.jid.str();
  const auto again = [&](const std::string& why) {
    questions_.answer(question.client, question.id, "again", why);
    log_("jid=" + jid + " result=again reason=\"" + why + "\"");
  };
  if (question.jid.domainpart() != domain_) return again("no account of the legacy server");
  if (under_way_.contains(jid)) return again("a check is under way");
  if (under_way_.size() >= max_under_way) return again("too many checks are under way");
  SessionAccount account{
      question.jid, std::string(question.password.view()), {}, {}, "ferry-login-check", {}, {}, {}, {}};
  link_.want(account);
  Secret::wipe(account.password);
  under_way_.emplace(jid, Check{std::move(question), now});
}

void Checks::end(const std::string& jid, std::string_view word, const std::string& text) {
  const auto found = under_way_.find(jid);
  if (found == under_way_.end() || found->second.answered) return;
  Check& check = found->second;
  check.answered = true;
  log_("jid=" + jid + " result=" + std::string(word) + (text.empty() ? "" : " reason=\"" + text + "\""));
  if (word == "granted")
    granted_.push_back(std::move(check.question));
  else
    questions_.answer(check.question.client, check.question.id, word, text);
  link_.unwant(*Jid::parse(jid));
}

void Checks::hear(const SessionEvent& event, Steady now) {
  if (const auto* up = std::get_if<SessionUp>(&event)) {
    if (granted_.empty()) first_granted_ = now;
    return end(std::string(up->jid.bare_view()), "granted", {});
  }
  const auto* down = std::get_if<SessionDown>(&event);
  if (down == nullptr) return;  // nobody reads what came meanwhile: the session is not available
  const std::string jid(down->jid.bare_view());
  if (down->why == SessionDown::Why::unwanted) {
    under_way_.erase(jid);
    return;
  }
  end(jid, down->why == SessionDown::Why::auth_failed ? "wrong" : "again", down->reason);
}

void Checks::on_time(Steady now) {
  std::vector<std::string> late;
  for (const auto& [jid, check] : under_way_)
    if (!check.answered && now - check.since >= patience) late.push_back(jid);
  for (const std::string& jid : late) end(jid, "again", "the server did not answer in time");
  if (granted_.empty() || now - first_granted_ < gathering) return;
  std::vector<Kept> kept;
  for (const Question& q : granted_) kept.push_back({q.jid, q.password.copy()});
  const std::string wrong = keep_(kept);
  if (!wrong.empty())
    for (const Question& q : granted_)
      log_("jid=" + q.jid.str() + " result=not-kept reason=\"" + wrong + "\" advice=\"" +
           "the server will be asked at each log-in; what is to be done stands in the line before\"");
  // The password was right, kept or not: who is not kept is asked for again later.
  for (const Question& q : granted_) questions_.answer(q.client, q.id, "granted", wrong);
  granted_.clear();
}

std::optional<Steady> Checks::deadline() const {
  std::optional<Steady> due;
  const auto at = [&](Steady when) { due = std::min(due.value_or(when), when); };
  if (!granted_.empty()) at(first_granted_ + gathering);
  for (const auto& [jid, check] : under_way_)
    if (!check.answered) at(check.since + patience);
  return due;
}

}  // namespace ferry
