#include <unistd.h>

#include <algorithm>
#include <utility>

#include "gateway/brain/log_value.h"
#include "gateway/session/session_link_impl.h"

// What the workers say, and what is done about it.

namespace ferry {

void SessionLink::Impl::gather(Steady now) {
  for (const auto& [worker, frame] : places_.take()) {
    const auto found = accounts_.find(frame.session);
    if (found != accounts_.end() && found->second.worker == worker) take_frame(found->second, frame, now);
  }
}

void SessionLink::Impl::take_frame(SessionPlace& place, const Frame& frame, Steady now) {
  if (frame.kind == FrameKind::stanza) return take_stanza(place, frame);
  if (frame.kind == FrameKind::traffic) return take_traffic(place, frame);
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
    take_caught_up(place, *caught_up);
    events_.emplace_back(std::move(*caught_up));
  } else if (auto waiting = session_waiting(frame, place.account.jid)) {
    events_.emplace_back(std::move(*waiting));
  }
}

void SessionLink::Impl::list(SessionPlace& place) {
  if (!std::exchange(place.listed, true)) uncommitted_.push_back(place.id);
}

// Where the next catch-up begins the owner says (set_archive_id), but for an archive without an entry.
void SessionLink::Impl::take_caught_up(SessionPlace& place, const SessionCaughtUp& event) {
  if (!event.complete) {
    if (place.archive)
      inbox_.say(LogLine::Level::warning, "event=session.gap jid=" + log_value(place.account.jid.str()));
    return;
  }
  if (event.archive_id.empty() && place.account.archive_id.empty() && !place.account.archive_start)
    place.account.archive_start = 0;  // an empty archive: whatever it has next time came meanwhile
}

void SessionLink::Impl::take_stanza(SessionPlace& place, const Frame& frame) {
  list(place);
  place.taken = frame.number;
  ++counts_.stanzas_in;
  auto stanza = session_stanza(frame, place.account.jid, limits_);
  if (!stanza) {
    ++counts_.stanzas_refused;
    return;
  }
  events_.emplace_back(std::move(*stanza));
}

void SessionLink::Impl::take_traffic(SessionPlace& place, const Frame& frame) {
  const auto what = static_cast<SessionTraffic::What>(frame.flags);
  if (what == SessionTraffic::What::opened) {
    end_traffic(place, "lost");
    if (const auto full = Jid::parse(frame.text(0))) place.traffic_of = *full;
  }
  if (place.traffic_of) traffic_.push_back({*place.traffic_of, what, std::string(frame.text(0))});
}

void SessionLink::Impl::end_traffic(SessionPlace& place, std::string reason) {
  if (!place.traffic_of) return;
  traffic_.push_back({*place.traffic_of, SessionTraffic::What::closed, std::move(reason)});
  place.traffic_of.reset();
}

void SessionLink::Impl::take_up(SessionPlace& place, const SessionUp& up, Steady now) {
  if (place.state != SessionPlace::State::opening && place.state != SessionPlace::State::up) return;
  place.state = SessionPlace::State::up;
  queue_.done(place.id);
  place.up_since = now;
  place.problem.clear();
  place.archive = up.archive;
  if (!up.resumed) place.under_way = 0;
  ++(up.resumed ? counts_.resumed : counts_.logins);
  inbox_.say(LogLine::Level::debug,
             "event=session.up jid=" + log_value(place.account.jid.str()) + " resumed=" + (up.resumed ? "yes" : "no"));
  events_.emplace_back(up);
  if (up.collected) place.account.offline_first = false;  // once; later what is live comes after the archive
  if (!up.resumed) place.presence_said = place.presence_opened;
  say_presence(place);  // what was wanted while it was down, and a resumed session does not know
}

void SessionLink::Impl::tell_down(SessionPlace& place, const WorkerDown& down) {
  const bool was_up = place.state == SessionPlace::State::up;
  using Why = SessionDown::Why;
  const bool by_itself = down.why == Why::lost || down.why == Why::conflict;  // else somebody has to mend something
  if (!was_up && down.reason == place.problem) return;                        // once for each new reason
  place.problem = down.reason;
  place.advice = down.advice;
  events_.emplace_back(SessionDown{place.account.jid, down.why, down.reason, down.advice});
  inbox_.say(by_itself ? LogLine::Level::info : LogLine::Level::warning,
             "event=session.down jid=" + log_value(place.account.jid.str()) +
                 " why=" + std::string(to_string(down.why)) + " reason=" + log_value(down.reason) +
                 (down.advice.empty() ? "" : " advice=" + log_value(down.advice)));
}

void SessionLink::Impl::take_down(SessionPlace& place, const WorkerDown& down, Steady now) {
  using Why = SessionDown::Why;
  end_traffic(place, down.why == Why::unwanted ? "end" : down.reason);
  if (down.why == Why::unwanted || place.unwanted) {
    places_.leave(place);
    if (!place.reopen) return forget(place);
    place.reopen = false;
    if (place.state == SessionPlace::State::up) place.problem.clear();
    line_up(place, now, now);
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
    queue_.done(place.id);
    return places_.leave(place);
  }
  line_up(place, now + (down.why == Why::conflict ? conflict_time : place.backoff.next()), now);
  // The library forgets how to resume when a connection fails: so one of ours goes first and sees whether it can.
  if (down.why == Why::lost) address_.clear();
}

void SessionLink::Impl::worker_died(const DeadWorker& dead, Steady now) {
  ++counts_.workers_died;
  std::size_t accounts = 0;
  for (auto it = accounts_.begin(); it != accounts_.end();) {
    SessionPlace& place = it++->second;  // forget() erases
    if (place.worker != dead.number) continue;
    ++accounts;
    end_traffic(place, "lost");
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
    place.alone = place.alone || culprit;
    if (culprit) ++place.deaths;
    const Duration wait = culprit ? (place.deaths > 1 ? std::min<Duration>(10, place.deaths) * minute : 0) : 0;
    line_up(place, now + wait, now);
  }
  const auto guilty = accounts_.find(dead.culprit);
  inbox_.say(LogLine::Level::error,
             "event=worker.died pid=" + std::to_string(dead.pid) + " reason=" + log_value(dead.reason) +
                 " accounts=" + std::to_string(accounts) +
                 (guilty == accounts_.end() ? "" : " busy-with=" + log_value(guilty->second.account.jid.str())));
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
  inbox_.say(LogLine::Level::warning, "event=link.down link=session reason=" + log_value(problem_) +
                                          " advice=" + log_value(unreachable_advice()));
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
      inbox_.say(LogLine::Level::error, "event=worker.missing reason=" + log_value(place.problem));
    }
    return queue_.add(place.id, now + Backoff::most);
  }
  place.state = SessionPlace::State::opening;
  place.presence_opened = place.account.presence;
  places_.post(place, to_frame(place.id, WorkerLogin{place.account, address_, settings_.port}));
}

void SessionLink::Impl::on_time(Steady now) {
  if (probing_) connector_.on_time(now);
  if (now - looked_ >= worker_look_time) {
    looked_ = now;
    places_.look(now, settings_.watchdog);
  }
  gather(now);  // what the dead had still said
  for (const DeadWorker& dead : places_.bury()) worker_died(dead, now);
  log_in(now);
  places_.flush();
}

}  // namespace ferry
