#include "gateway/session/session_link.h"

#include <algorithm>
#include <utility>

#include "gateway/session/session_link_impl.h"
#include "translators/values/xml.h"

namespace ferry {
namespace {

bool same_credentials(const SessionAccount& a, const SessionAccount& b) {
  return a.password == b.password && a.certificate_file == b.certificate_file && a.key_file == b.key_file &&
         a.resource == b.resource;
}

bool has_credentials(const SessionAccount& a) { return !a.password.empty() || !a.certificate_file.empty(); }

}  // namespace

WorkerSettings settings_for_workers(const SessionLink::Settings& settings) {
  WorkerSettings out;
  out.cafile = settings.cafile;
  out.direct_tls = settings.direct_tls;
  out.message_bytes = settings.message_bytes;
  out.handshake_ms = settings.watchdog * 2 / 3;
  out.login_ms = settings.watchdog * 10;
  out.stanza_ms = settings.watchdog;
  out.away_poll_ms = settings.away_poll;
  out.memory = settings.worker_memory;
  out.traffic = settings.traffic;
  return out;
}

SessionPlace* SessionLink::Impl::find(const Jid& bare) {
  const auto id = ids_.find(bare);
  return id == ids_.end() ? nullptr : &accounts_.at(id->second);
}

void SessionLink::Impl::want(SessionAccount wanted) {
  const Steady now = steady_now();
  if (wanted.jid.domainpart() != settings_.domain || wanted.jid.has_resource() || !wanted.jid.has_local()) {
    events_.emplace_back(SessionDown{wanted.jid, SessionDown::Why::host_unknown, "no account of " + settings_.domain,
                                     "sessions are for accounts of [component] server alone: is that right?"});
    return;
  }
  if (SessionPlace* place = find(wanted.jid)) {
    const bool same = same_credentials(place->account, wanted);
    place->account = std::move(wanted);
    place->unwanted = false;
    if (place->state == SessionPlace::State::shutting) place->reopen = true;
    if (place->state == SessionPlace::State::waiting) hurry(*place, now);
    if (same) return;
    if (place->state == SessionPlace::State::refused) {
      try_again(*place, now);
    } else if (place->open()) {
      place->reopen = true;
      places_.shut(*place);
    }
    return;
  }
  const std::uint32_t id = ++last_id_;
  ids_.emplace(wanted.jid, id);
  const auto place =
      accounts_.emplace(id, SessionPlace(id, std::move(wanted), seed_ ^ (std::uint64_t{id} * 0x9e3779b97f4a7c15U)));
  place.first->second.state = SessionPlace::State::refused;
  try_again(place.first->second, now);
}

void SessionLink::Impl::try_again(SessionPlace& place, Steady now) {
  if (!has_credentials(place.account)) return;
  line_up(place, now, now);
}

// Where somebody is there and waits: before those of whom nobody is.
void SessionLink::Impl::line_up(SessionPlace& place, Steady due, Steady now) {
  place.state = SessionPlace::State::waiting;
  queue_.add(place.id, due);
  hurry(place, now);
}

void SessionLink::Impl::hurry(const SessionPlace& place, Steady now) {
  if (is_available(place.account.presence)) queue_.hurry(place.id, now);
}

void SessionLink::Impl::set_credentials(const Jid& bare, std::string password, std::string certificate_file,
                                        std::string key_file) {
  SessionPlace* place = find(bare);
  if (!place) return;
  place->account.password = std::move(password);
  place->account.certificate_file = std::move(certificate_file);
  place->account.key_file = std::move(key_file);
  if (place->state == SessionPlace::State::refused) try_again(*place, steady_now());
}

void SessionLink::Impl::unwant(const Jid& bare) {
  SessionPlace* place = find(bare);
  if (!place) return;
  place->unwanted = true;
  place->reopen = false;
  if (place->state == SessionPlace::State::shutting) return;
  if (place->worker == 0) return forget(*place);
  queue_.remove(place->id);
  places_.shut(*place);  // it may keep a session to resume
}

void SessionLink::Impl::forget(SessionPlace& place) {
  events_.emplace_back(SessionDown{place.account.jid, SessionDown::Why::unwanted, "logged out", {}});
  queue_.remove(place.id);
  places_.leave(place);
  ids_.erase(place.account.jid);
  accounts_.erase(place.id);
}

void SessionLink::Impl::set_presence(const Jid& bare, std::string stanza) {
  SessionPlace* place = find(bare);
  if (!place) return;
  place->account.presence = std::move(stanza);
  if (place->state == SessionPlace::State::up) say_presence(*place);
  if (place->state == SessionPlace::State::waiting) hurry(*place, steady_now());
}

void SessionLink::Impl::say_presence(SessionPlace& place) {
  if (place.account.presence.empty() || place.account.presence == place.presence_said) return;
  place.presence_said = place.account.presence;
  places_.post(place, simple_frame(FrameKind::presence, place.id, 0, place.account.presence));
}

bool SessionLink::Impl::send(const Jid& bare, std::string_view stanza, std::int64_t token) {
  SessionPlace* place = find(bare);
  if (!place || place->state != SessionPlace::State::up || place->under_way >= SessionLink::most_under_way ||
      stanza.size() >= most_frame_bytes / 2)
    return false;
  places_.post(*place, simple_frame(FrameKind::send, place->id, token, std::string(stanza)));
  ++place->under_way;
  ++counts_.stanzas_out;
  return true;
}

std::vector<SessionEvent> SessionLink::Impl::take() {
  gather(steady_now());
  for (const std::uint32_t id : std::exchange(uncommitted_, {})) {
    const auto found = accounts_.find(id);
    if (found == accounts_.end()) continue;
    SessionPlace& place = found->second;
    place.listed = false;
    given_.push_back({id, place.worker, place.taken});
  }
  return std::exchange(events_, {});
}

void SessionLink::Impl::committed() {
  for (const Given& given : std::exchange(given_, {})) {
    const auto found = accounts_.find(given.id);
    if (found == accounts_.end()) continue;
    SessionPlace& place = found->second;
    if (place.worker == given.worker) places_.post(place, simple_frame(FrameKind::commit, given.id, given.count));
  }
}

std::optional<Steady> SessionLink::Impl::deadline() const {
  std::optional<Steady> out;
  const auto sooner = [&out](std::optional<Steady> other) {
    if (other && (!out || *other < *out)) out = other;
  };
  if (probing_) sooner(connector_.deadline());
  if (places_.size() > 0) sooner(looked_ + worker_look_time);
  if (places_.any_dead()) sooner(looked_);
  if (!closing_ && !probing_) {
    auto due = queue_.deadline(steady_now());
    if (due && address_.empty()) due = std::max(*due, probe_at_);
    sooner(due);
  }
  return out;
}

void SessionLink::Impl::close(Steady now) {
  if (closing_) return;
  closing_ = true;
  close_until_ = now + close_time;
  connector_.cancel();
  probing_ = false;
  for (auto& [id, place] : accounts_) {
    place.unwanted = true;
    if (place.open()) places_.shut(place);
  }
  places_.flush();
}

bool SessionLink::Impl::closed() const {
  return closing_ &&
         (steady_now() >= close_until_ || std::none_of(accounts_.begin(), accounts_.end(), [](const auto& entry) {
            return entry.second.open() || entry.second.state == SessionPlace::State::shutting;
          }));
}

SessionLink::Counts SessionLink::Impl::counts() const {
  Counts out = counts_;
  out.wanted = accounts_.size();
  out.workers = places_.size();
  for (const auto& [id, place] : accounts_) {
    out.up += place.state == SessionPlace::State::up ? 1U : 0U;
    out.refused += place.state == SessionPlace::State::refused ? 1U : 0U;
  }
  return out;
}

std::string SessionLink::Impl::unreachable_advice() const {
  return "is the server's listener for clients on " + settings_.host + ":" + std::to_string(settings_.port) + "?";
}

std::string SessionLink::Impl::unreachable() const {
  return problem_.empty() ? std::string() : problem_ + "; " + unreachable_advice();
}

LinkReport SessionLink::Impl::report() const {
  const Counts now = counts();
  LinkReport out{"session",
                 settings_.host + ":" + std::to_string(settings_.port),
                 now.up + now.refused == now.wanted,
                 since_,
                 {},
                 {},
                 {}};
  if (out.up) return out;
  out.next = deadline();
  out.reason = problem_;
  if (!problem_.empty()) out.advice = unreachable_advice();
  for (const auto& [id, place] : accounts_) {  // one of them, as what keeps many away is mostly the same
    if (!out.reason.empty()) break;
    if (place.state != SessionPlace::State::waiting || place.problem.empty()) continue;
    out.reason = place.account.jid.str() + ": " + place.problem;
    out.advice = place.advice;
  }
  return out;
}

SessionLink::SessionLink(Poller& poller, Inbox& inbox, Settings settings, std::uint64_t seed)
    : impl_(std::make_unique<Impl>(poller, inbox, std::move(settings), seed)) {}
SessionLink::~SessionLink() = default;

void SessionLink::want(SessionAccount account) { impl_->want(std::move(account)); }
void SessionLink::set_credentials(const Jid& bare, std::string password, std::string certificate_file,
                                  std::string key_file) {
  impl_->set_credentials(bare, std::move(password), std::move(certificate_file), std::move(key_file));
}
void SessionLink::unwant(const Jid& bare) { impl_->unwant(bare); }
std::vector<SessionTraffic> SessionLink::take_traffic() { return impl_->take_traffic(); }
void SessionLink::set_archive_id(const Jid& bare, std::string archive_id) {
  if (SessionPlace* place = impl_->find(bare)) place->account.archive_id = std::move(archive_id);
}
void SessionLink::set_roster_version(const Jid& bare, std::string version) {
  if (SessionPlace* place = impl_->find(bare)) place->account.roster_version = std::move(version);
}
void SessionLink::set_presence(const Jid& bare, std::string stanza) { impl_->set_presence(bare, std::move(stanza)); }
bool SessionLink::send(const Jid& bare, std::string_view stanza, std::int64_t token) {
  return impl_->send(bare, stanza, token);
}
std::string SessionLink::unreachable() const { return impl_->unreachable(); }
bool SessionLink::up(const Jid& bare) const {
  const SessionPlace* place = impl_->find(bare);
  return place && place->state == SessionPlace::State::up;
}
std::size_t SessionLink::under_way(const Jid& bare) const {
  const SessionPlace* place = impl_->find(bare);
  return place ? place->under_way : 0;
}
std::vector<SessionEvent> SessionLink::take() { return impl_->take(); }
void SessionLink::committed() { impl_->committed(); }
void SessionLink::flush(Steady) { impl_->flush(); }
void SessionLink::close(Steady now) { impl_->close(now); }
bool SessionLink::closed() const { return impl_->closed(); }
SessionLink::Counts SessionLink::counts() const { return impl_->counts(); }
LinkReport SessionLink::report() const { return impl_->report(); }
std::optional<Steady> SessionLink::deadline() const { return impl_->deadline(); }
void SessionLink::on_time(Steady now) { impl_->on_time(now); }

}  // namespace ferry
