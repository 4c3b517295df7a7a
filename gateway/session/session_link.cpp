#include "gateway/session/session_link.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "gateway/brain/log_value.h"
#include "gateway/links/backoff.h"
#include "gateway/links/connector.h"
#include "gateway/session/session_places.h"

namespace ferry {
namespace {

constexpr Duration look_time = 250;  // how often the watchdog looks

bool same_credentials(const SessionAccount& a, const SessionAccount& b) {
  return a.password == b.password && a.certificate_file == b.certificate_file && a.key_file == b.key_file &&
         a.resource == b.resource;
}

WorkerSettings worker_settings_of(const SessionLink::Settings& settings) {
  WorkerSettings out;
  out.cafile = settings.cafile;
  out.direct_tls = settings.direct_tls;
  out.message_bytes = settings.message_bytes;
  out.handshake_ms = std::min<Duration>(2 * second, settings.watchdog * 2 / 3);
  out.memory = settings.worker_memory;
  return out;
}

}  // namespace

class SessionLink::Impl {
 public:
  Impl(Poller& poller, Inbox& inbox, Settings settings, std::uint64_t seed)
      : inbox_(inbox),
        settings_(std::move(settings)),
        seed_(seed),
        limits_(stanza_limits(settings_.message_bytes)),
        backoff_(seed),
        connector_(poller, settings_.host, settings_.port, [this](int fd) { probed(fd); }),
        queue_(settings_.logins_per_second),
        places_(poller, worker_settings_of(settings_), settings_.program, settings_.sessions_per_worker,
                SessionLink::most_alone) {}

  void want(SessionAccount wanted);
  void unwant(const Jid& bare);
  SessionPlace* find(const Jid& bare);
  const SessionPlace* find(const Jid& bare) const { return const_cast<Impl*>(this)->find(bare); }
  void set_presence(const Jid& bare, std::string stanza);
  bool send(const Jid& bare, std::string_view stanza, std::int64_t token);
  std::vector<SessionEvent> take();
  void committed();
  void flush() { places_.flush(); }
  void close(Steady now);
  bool closed() const;
  Counts counts() const;
  LinkReport report() const;
  std::optional<Steady> deadline() const;
  void on_time(Steady now);

 private:
  void gather(Steady now);
  void take_frame(SessionPlace& place, const Frame& frame, Steady now);
  void take_stanza(SessionPlace& place, const Frame& frame);
  void take_up(SessionPlace& place, const SessionUp& up, Steady now);
  void take_down(SessionPlace& place, const WorkerDown& down, Steady now);
  void worker_died(const DeadWorker& dead, Steady now);
  void log_in(Steady now);
  void open(SessionPlace& place, Steady now);
  void probe(Steady now);
  void probed(int fd);
  void tell_down(SessionPlace& place, const WorkerDown& down);
  void forget(SessionPlace& place);

  Inbox& inbox_;
  Settings settings_;
  std::uint64_t seed_;
  XmlLimits limits_;
  Backoff backoff_;  // of the server: whether it can be reached at all
  Connector connector_;
  LoginQueue queue_;
  SessionPlaces places_;
  std::unordered_map<std::uint32_t, SessionPlace> accounts_;
  std::unordered_map<Jid, std::uint32_t> ids_;
  std::vector<std::uint32_t> uncommitted_;
  std::vector<SessionEvent> events_;
  Counts counts_;
  std::uint32_t last_id_ = 0;
  std::string address_, problem_;  // address: where the server was last reached; empty: look again
  bool probing_ = false, closing_ = false;
  Steady probe_at_ = 0, looked_ = 0, close_until_ = 0, since_ = 0;
};

SessionPlace* SessionLink::Impl::find(const Jid& bare) {
  const auto id = ids_.find(bare);
  return id == ids_.end() ? nullptr : &accounts_.at(id->second);
}

void SessionLink::Impl::want(SessionAccount wanted) {
  const Steady now = steady_now();
  if (wanted.jid.domainpart() != settings_.domain || wanted.jid.has_resource() || !wanted.jid.has_local()) {
    events_.emplace_back(SessionDown{wanted.jid, SessionDown::Why::host_unknown, "no account of " + settings_.domain,
                                     "sessions are for accounts of one domain"});
    return;
  }
  if (SessionPlace* place = find(wanted.jid)) {
    const bool same = same_credentials(place->account, wanted);
    place->account = std::move(wanted);
    place->unwanted = false;
    if (place->state == SessionPlace::State::shutting) place->reopen = true;
    if (same) return;
    if (place->state == SessionPlace::State::refused) {
      place->state = SessionPlace::State::waiting;
      queue_.add(place->id, now);
    } else if (place->open()) {
      place->reopen = true;
      places_.shut(*place);
    }
    return;
  }
  const std::uint32_t id = ++last_id_;
  ids_.emplace(wanted.jid, id);
  accounts_.emplace(id, SessionPlace(id, std::move(wanted), seed_ ^ (std::uint64_t{id} * 0x9e3779b97f4a7c15U)));
  queue_.add(id, now);
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
  if (place->state == SessionPlace::State::up && !place->account.presence.empty()) {
    Frame frame = simple_frame(FrameKind::send, place->id, 0, place->account.presence);
    frame.flags = 1;  // nobody waits for it
    places_.post(*place, frame);
  }
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
  return std::exchange(events_, {});
}

void SessionLink::Impl::gather(Steady now) {
  for (const auto& [worker, frame] : places_.take()) {
    const auto found = accounts_.find(frame.session);
    if (found != accounts_.end() && found->second.worker == worker) take_frame(found->second, frame, now);
  }
}

void SessionLink::Impl::take_frame(SessionPlace& place, const Frame& frame, Steady now) {
  if (frame.kind == FrameKind::stanza) return take_stanza(place, frame);
  if (frame.kind == FrameKind::sent) {
    if (place.under_way > 0) --place.under_way;
    if (frame.number != 0) events_.emplace_back(SessionSent{place.account.jid, frame.number});
  } else if (frame.kind == FrameKind::refused) {
    counts_.stanzas_refused += static_cast<std::uint64_t>(std::max<std::int64_t>(0, frame.number));
    inbox_.say(LogLine::Level::warning, "event=session.refused jid=" + log_value(place.account.jid.str()) +
                                            " stanzas=" + std::to_string(frame.number));
  } else if (const auto up = session_up(frame)) {
    take_up(place, *up, now);
  } else if (const auto down = worker_down(frame)) {
    take_down(place, *down, now);
  } else if (auto caught_up = session_caught_up(frame, place.account.jid)) {
    events_.emplace_back(std::move(*caught_up));
  }
}

void SessionLink::Impl::take_stanza(SessionPlace& place, const Frame& frame) {
  if (place.taken == place.committed) uncommitted_.push_back(place.id);
  place.taken = frame.number;
  ++counts_.stanzas_in;
  if (auto stanza = session_stanza(frame, place.account.jid, limits_))
    events_.emplace_back(std::move(*stanza));
  else
    ++counts_.stanzas_refused;
}

void SessionLink::Impl::take_up(SessionPlace& place, const SessionUp& up, Steady now) {
  if (place.state != SessionPlace::State::opening && place.state != SessionPlace::State::up) return;
  place.state = SessionPlace::State::up;
  place.up_since = now;
  place.problem.clear();
  if (!up.resumed) place.under_way = 0;
  ++(up.resumed ? counts_.resumed : counts_.logins);
  inbox_.say(LogLine::Level::debug,
             "event=session.up jid=" + log_value(place.account.jid.str()) + " resumed=" + (up.resumed ? "yes" : "no"));
  events_.emplace_back(up);
}

void SessionLink::Impl::tell_down(SessionPlace& place, const WorkerDown& down) {
  const bool was_up = place.state == SessionPlace::State::up;
  const bool lasting = down.why == SessionDown::Why::auth_failed || down.why == SessionDown::Why::host_unknown;
  if (!was_up && down.reason == place.problem) return;  // once for each new reason
  place.problem = down.reason;
  events_.emplace_back(SessionDown{place.account.jid, down.why, down.reason, down.advice});
  inbox_.say(lasting ? LogLine::Level::warning : LogLine::Level::info,
             "event=session.down jid=" + log_value(place.account.jid.str()) +
                 " why=" + std::string(to_string(down.why)) + " reason=" + log_value(down.reason) +
                 (down.advice.empty() ? "" : " advice=" + log_value(down.advice)));
}

void SessionLink::Impl::take_down(SessionPlace& place, const WorkerDown& down, Steady now) {
  using Why = SessionDown::Why;
  if (down.why == Why::unwanted || place.unwanted) {
    places_.leave(place);
    if (!place.reopen) return forget(place);
    place.reopen = false;
    if (place.state == SessionPlace::State::up) place.problem.clear();
    place.state = SessionPlace::State::waiting;
    queue_.add(place.id, now);
    return;
  }
  if (!place.open()) return;
  tell_down(place, down);
  const bool was_up = place.state == SessionPlace::State::up;
  if (was_up) {
    place.backoff.was_up(now - place.up_since);
    if (place.alone && now - place.up_since >= minute) {  // what killed its worker is over
      places_.leave(place);
      place.alone = false;
    }
  }
  if (down.why == Why::auth_failed || down.why == Why::host_unknown) {
    place.state = SessionPlace::State::refused;
    return places_.leave(place);
  }
  place.state = SessionPlace::State::waiting;
  queue_.add(place.id, now + (down.why == Why::conflict ? conflict_time : place.backoff.next()));
  // The library forgets how to resume when a connection fails: so one of ours goes first and sees whether it can.
  if (down.why == Why::lost) address_.clear();
}

void SessionLink::Impl::committed() {
  for (const std::uint32_t id : std::exchange(uncommitted_, {})) {
    const auto found = accounts_.find(id);
    if (found == accounts_.end()) continue;
    SessionPlace& place = found->second;
    place.committed = place.taken;
    places_.post(place, simple_frame(FrameKind::commit, id, place.committed));
  }
}

void SessionLink::Impl::worker_died(const DeadWorker& dead, Steady now) {
  ++counts_.workers_died;
  std::size_t accounts = 0;
  for (auto it = accounts_.begin(); it != accounts_.end();) {
    SessionPlace& place = it++->second;  // forget() erases
    if (place.worker != dead.number) continue;
    ++accounts;
    const bool culprit = place.id == dead.culprit;
    const bool shutting = place.state == SessionPlace::State::shutting;
    if (place.open())
      tell_down(place, WorkerDown{SessionDown::Why::lost, true, "its worker was lost: " + dead.reason, {}});
    places_.leave(place);
    if (shutting && !place.reopen) {
      forget(place);
      continue;
    }
    if (place.state == SessionPlace::State::refused) continue;
    place.reopen = false;
    place.state = SessionPlace::State::waiting;
    place.alone = place.alone || culprit;
    if (culprit) ++place.deaths;
    const Duration wait = culprit ? (place.deaths > 1 ? std::min<Duration>(10, place.deaths) * minute : 0) : 0;
    queue_.add(place.id, now + wait);
  }
  const auto guilty = accounts_.find(dead.culprit);
  inbox_.say(LogLine::Level::error,
             "event=session.worker_died pid=" + std::to_string(dead.pid) + " reason=" + log_value(dead.reason) +
                 " accounts=" + std::to_string(accounts) +
                 (guilty == accounts_.end() ? "" : " busy_with=" + log_value(guilty->second.account.jid.str())));
}

void SessionLink::Impl::probe(Steady now) {
  if (probing_ || now < probe_at_) return;
  probing_ = true;
  connector_.start(now);
}

void SessionLink::Impl::probed(int fd) {
  probing_ = false;
  if (fd >= 0) {
    ::close(fd);
    address_ = connector_.address();
    const auto port = address_.rfind(':');
    if (port != std::string::npos) address_.erase(port);
    if (address_.starts_with('[')) address_ = address_.substr(1, address_.size() - 2);
    if (!problem_.empty())
      inbox_.say(LogLine::Level::info, "event=link.reachable link=session host=" + log_value(settings_.host));
    problem_.clear();
    backoff_.was_up(Backoff::stable);
    return;
  }
  probe_at_ = steady_now() + backoff_.next();
  if (connector_.reason() == problem_) return;
  problem_ = connector_.reason();
  since_ = steady_now();
  inbox_.say(LogLine::Level::warning, "event=link.down link=session reason=" + log_value(problem_) + " advice=" +
                                          log_value("is the server's listener for clients on " + settings_.host + ":" +
                                                    std::to_string(settings_.port) + "?"));
}

void SessionLink::Impl::log_in(Steady now) {
  if (closing_) return;
  const auto due = queue_.deadline(now);
  if (!due || *due > now) return;
  if (address_.empty()) return probe(now);
  while (const auto id = queue_.next(now)) {
    const auto found = accounts_.find(*id);
    if (found != accounts_.end()) open(found->second, now);
  }
}

void SessionLink::Impl::open(SessionPlace& place, Steady now) {
  if (!places_.enter(place, now)) {
    if (!places_.problem().empty() && places_.problem() != place.problem) {
      place.problem = places_.problem();
      inbox_.say(LogLine::Level::error, "event=session.no_worker reason=" + log_value(place.problem));
    }
    return queue_.add(place.id, now + Backoff::most);
  }
  place.state = SessionPlace::State::opening;
  places_.post(place, to_frame(place.id, WorkerLogin{place.account, address_, settings_.port}));
}

void SessionLink::Impl::on_time(Steady now) {
  if (probing_) connector_.on_time(now);
  if (now - looked_ >= look_time) {
    looked_ = now;
    places_.look(now, settings_.watchdog);
  }
  gather(now);  // what the dead had still said
  for (const DeadWorker& dead : places_.bury()) worker_died(dead, now);
  log_in(now);
  places_.flush();
}

std::optional<Steady> SessionLink::Impl::deadline() const {
  std::optional<Steady> out;
  const auto sooner = [&out](std::optional<Steady> other) {
    if (other && (!out || *other < *out)) out = other;
  };
  if (probing_) sooner(connector_.deadline());
  if (places_.size() > 0) sooner(looked_ + look_time);
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
  out.reason = !problem_.empty() ? problem_
                                 : std::to_string(now.up) + " of " + std::to_string(now.wanted) + " accounts logged in";
  out.next = deadline();
  return out;
}

SessionLink::SessionLink(Poller& poller, Inbox& inbox, Settings settings, std::uint64_t seed)
    : impl_(std::make_unique<Impl>(poller, inbox, std::move(settings), seed)) {}
SessionLink::~SessionLink() = default;

void SessionLink::want(SessionAccount account) { impl_->want(std::move(account)); }
void SessionLink::unwant(const Jid& bare) { impl_->unwant(bare); }
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
