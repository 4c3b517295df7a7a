#include "gateway/sessions.h"

#include <algorithm>
#include <filesystem>
#include <type_traits>

#include "gateway/session/settings.h"
#include "gateway/store/credentials.h"
#include "gateway/store/sealed.h"
#include "translators/values/fnv.h"
#include "translators/values/uid.h"

namespace ferry {
namespace {

constexpr std::size_t most_kept = 4'096;  // stanzas of one account; the brain sends far less

Brain::SessionSource source_of(SessionStanza::Source source) {
  switch (source) {
    case SessionStanza::Source::carbon_received:
      return Brain::SessionSource::carbon_received;
    case SessionStanza::Source::carbon_sent:
      return Brain::SessionSource::carbon_sent;
    case SessionStanza::Source::archive:
      return Brain::SessionSource::archive;
    case SessionStanza::Source::live:
      break;
  }
  return Brain::SessionSource::live;
}

// The same at every log-in, and no client's: what the server still holds of a lost session gives way to the new one.
std::string resource_of(const Jid& jid) {
  std::uint64_t h = fnv1a(jid.str());
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "ferry.";
  for (int i = 0; i < 8; ++i, h >>= 4) text += digits[h & 15];
  return text;
}

SessionLink::Settings settings_of(const Options& options) {
  SessionLink::Settings settings = session_settings(options);
  settings.traffic = !options.capture.file.empty();
  return settings;
}

}  // namespace

Sessions::Sessions(Poller& poller, Inbox& inbox, const Options& options, std::uint64_t seed)
    : options_(options), inbox_(inbox), link_(poller, inbox, settings_of(options), seed) {}

bool Sessions::take() {
  for (SessionEvent& e : link_.take()) events_.push_back(std::move(e));
  return !events_.empty();
}

void Sessions::decide(Brain& brain, Instant now) {
  for (SessionEvent& event : std::exchange(events_, {}))
    std::visit(
        [&](auto& e) {
          using E = std::decay_t<decltype(e)>;
          if constexpr (std::is_same_v<E, SessionUp>) {
            if (!e.resumed) kept_.erase(e.jid.bare().str());  // the brain begins anew
            brain.on_session_up({e.jid, e.resumed, e.carbons, e.archive, e.blocking, e.collected}, now);
            send_kept(e.jid.bare().str());
          } else if constexpr (std::is_same_v<E, SessionCaughtUp>) {
            brain.on_session_caught_up(e.jid, e.archive_id, e.complete, now);
          } else if constexpr (std::is_same_v<E, SessionDown>) {
            const bool refused = e.why == SessionDown::Why::auth_failed || e.why == SessionDown::Why::host_unknown;
            if (e.why == SessionDown::Why::auth_failed && tried_.contains(e.jid.str()))
              refused_.try_emplace(e.jid.str());
            std::string reason;  // an end that was asked for is nobody's trouble
            if (e.why != SessionDown::Why::unwanted) reason = e.advice.empty() ? e.reason : e.reason + "; " + e.advice;
            brain.on_session_down({e.jid, refused, std::move(reason)}, now);
          } else if constexpr (std::is_same_v<E, SessionStanza>) {
            brain.on_session_stanza(
                {e.jid, std::move(e.stanza), source_of(e.source), std::move(e.archive_id), e.stamp, e.in_order}, now);
          } else if constexpr (std::is_same_v<E, SessionWaiting>) {
            brain.on_session_waiting(e.jid, e.from, e.group, now);
          } else {
            brain.on_session_sent(e.jid, e.token, now);
            send_kept(e.jid.str());
          }
        },
        event);
}

void Sessions::carry_out(const std::vector<SessionEffect>& effects, Steady now) {
  using What = SessionEffect::What;
  for (const SessionEffect& e : effects) {
    const auto jid = Jid::parse(e.account);
    if (!jid) continue;
    switch (e.what) {
      case What::want:
        want(e);
        break;
      case What::unwant:
        kept_.erase(e.account);
        tried_.erase(e.account);
        refused_.erase(e.account);
        link_.unwant(*jid);
        break;
      case What::send:
        send(e.account, e.text, e.token);
        break;
      case What::presence:
        link_.set_presence(*jid, e.text);
        break;
      case What::archive:
        link_.set_archive_id(*jid, e.text);
        break;
    }
  }
  link_.committed();
  link_.flush(now);
}

void Sessions::want(const SessionEffect& e) {
  auto jid = Jid::parse(e.account);
  if (!jid) return;
  SessionAccount account{*jid, {}, {}, {}, resource_of(*jid), e.presence, {}, e.text, {}};
  if (e.since > 0) account.archive_start = e.since;
  account.offline_first = e.offline_first;
  std::string why;
  tried_[e.account] = 0;
  if (auto login = login_of(*jid, why)) {
    tried_[e.account] = login->version;
    account.password = std::move(login->password);
    account.certificate_file = std::move(login->certificate_file);
    account.key_file = std::move(login->key_file);
  } else {
    refused_[e.account] = why;
    events_.emplace_back(SessionDown{*jid, SessionDown::Why::auth_failed, why, {}});
  }
  link_.want(std::move(account));
  tell_unreachable(e.account);
}

// Nobody tries to log in at a server that is not reached, so no session of theirs says why it is not up.
void Sessions::tell_unreachable(const std::string& account) {
  const auto jid = Jid::parse(account);
  if (unreachable_.empty() || !jid || refused_.contains(account) || link_.up(*jid)) return;
  events_.emplace_back(SessionDown{*jid, SessionDown::Why::lost, unreachable_, {}});
}

std::optional<Sessions::Login> Sessions::login_of(const Jid& jid, std::string& why) {
  why =
      "no certificate and no password is kept for it, and keys alone cannot log in: with [vault] "
      "keep-passwords, ferryctl password set " +
      jid.str();
  const auto uid = to_uid(jid);
  if (options_.session.certificates.empty() || !uid) return password_of(jid, why);
  const std::string base = options_.session.certificates + "/" + *uid;
  std::error_code missing;
  const auto written = std::filesystem::last_write_time(base + ".crt", missing);
  if (missing) return password_of(jid, why);
  return Login{{}, base + ".crt", base + ".key", written.time_since_epoch().count()};
}

std::optional<Sessions::Login> Sessions::password_of(const Jid& jid, std::string& why) {
  if (options_.vault.key_file.empty()) return std::nullopt;
  const auto vault = open_vault_of(options_.store.path, options_.vault.key_file);
  if (!vault) return why = format_problem(vault.error()), std::nullopt;
  try {
    const auto credentials = Credentials::open(options_.store.path);
    if (!credentials) return why = credentials.error().text, std::nullopt;
    for (const CredentialRecord& record : (*credentials)->of(jid)) {
      if (record.kind == CredentialKind::ask)
        why = "it waits for its owner's first log-in to the broker, after ferryctl migrate start --to dual";
      if (record.kind != CredentialKind::password) continue;
      const auto secret = vault->open_password(jid, record.sealed);
      if (!secret) return why = secret.error(), std::nullopt;
      return Login{std::string(secret->view()), {}, {}, record.changed};
    }
  } catch (const StoreFailure& failure) { why = failure.what(); }
  return std::nullopt;
}

// Some of those who were refused, each in turn. Why nobody can be logged in may be another reason by now.
void Sessions::look_again() {
  auto account = refused_.upper_bound(looked_at_);
  for (std::size_t n = std::min(looks_at_a_time, refused_.size()); n > 0; --n) {
    if (account == refused_.end()) account = refused_.begin();
    looked_at_ = account->first;
    const auto jid = Jid::parse(looked_at_);
    std::string why;
    auto login = jid ? login_of(*jid, why) : std::nullopt;
    if (jid && !login && why != account->second) {
      account->second = why;  // no further failure: nothing was tried
      events_.emplace_back(SessionDown{*jid, SessionDown::Why::lost, why, {}});
    }
    if (!login || login->version == tried_[looked_at_]) {
      ++account;
      continue;
    }
    tried_[looked_at_] = login->version;
    link_.set_credentials(*jid, std::move(login->password), std::move(login->certificate_file),
                          std::move(login->key_file));
    account = refused_.erase(account);
  }
}

void Sessions::on_time(Steady now) {
  if (!refused_.empty() && now >= look_at_) {
    look_at_ = now + look_time;
    look_again();
  }
  link_.on_time(now);
  if (std::string why = link_.unreachable(); why != unreachable_) {
    unreachable_ = std::move(why);
    for (const auto& [account, version] : tried_) tell_unreachable(account);
  }
}

std::optional<Steady> Sessions::deadline() const {
  const auto link = link_.deadline();
  if (refused_.empty()) return link;
  return link ? std::min(*link, look_at_) : look_at_;
}

void Sessions::send(const std::string& account, const std::string& text, std::int64_t token) {
  const auto jid = Jid::parse(account);
  auto& kept = kept_[account];
  if (jid && kept.empty() && link_.send(*jid, text, token)) {
    kept_.erase(account);
    return;
  }
  if (kept.size() < most_kept) kept.push_back({text, token});
}

void Sessions::send_kept(const std::string& account) {
  const auto it = kept_.find(account);
  const auto jid = Jid::parse(account);
  if (it == kept_.end() || !jid) return;
  while (!it->second.empty() && link_.send(*jid, it->second.front().text, it->second.front().token))
    it->second.pop_front();
  if (it->second.empty()) kept_.erase(it);
}

}  // namespace ferry
