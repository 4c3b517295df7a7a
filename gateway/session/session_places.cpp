#include "gateway/session/session_places.h"

#include <algorithm>
#include <utility>

namespace ferry {

SessionPlaces::SessionPlaces(Poller& poller, WorkerSettings settings, std::string program, std::size_t per_worker,
                             std::size_t most_alone)
    : poller_(poller),
      settings_(std::move(settings)),
      program_(std::move(program)),
      per_worker_(std::max<std::size_t>(1, per_worker)),
      most_alone_(most_alone) {}

std::uint32_t SessionPlaces::start(bool alone, Steady now) {
  if (now < start_at_) return 0;
  WorkerSettings settings = settings_;
  if (alone) settings.stanza_ms = 0;
  auto process = std::make_unique<WorkerProcess>(poller_, program_, settings, now);
  if (!process->alive()) {
    problem_ = process->reason();
    start_at_ = now + backoff_.next();
    return 0;
  }
  problem_.clear();
  const pid_t pid = process->pid();
  workers_.emplace(++last_, Worker{std::move(process), pid, now, 0, alone});
  return last_;
}

bool SessionPlaces::enter(SessionPlace& place, Steady now) {
  if (place.worker != 0) return true;  // where the library may still know how to resume
  const auto alone =
      std::count_if(workers_.begin(), workers_.end(), [](const auto& entry) { return entry.second.alone; });
  std::uint32_t chosen = 0;
  if (!place.alone) {
    std::size_t fewest = per_worker_;
    for (const auto& [number, worker] : workers_)
      if (!worker.alone && worker.accounts < fewest && worker.process->alive()) {
        chosen = number;
        fewest = worker.accounts;
      }
  } else if (static_cast<std::size_t>(alone) >= most_alone_) {
    return false;
  }
  if (chosen == 0) chosen = start(place.alone, now);
  if (chosen == 0) return false;
  place.worker = chosen;
  place.taken = 0;
  ++workers_.at(chosen).accounts;
  return true;
}

void SessionPlaces::leave(SessionPlace& place) {
  const auto found = workers_.find(std::exchange(place.worker, 0));
  place.under_way = 0;
  place.taken = 0;
  if (found == workers_.end() || --found->second.accounts > 0) return;
  // It ends by itself without its socket, at once; the destructor waits for that.
  workers_.erase(found);
}

void SessionPlaces::post(const SessionPlace& place, const Frame& frame) {
  const auto found = workers_.find(place.worker);
  if (found != workers_.end()) found->second.process->post(frame);
}

void SessionPlaces::shut(SessionPlace& place) {
  place.state = SessionPlace::State::shutting;
  post(place, simple_frame(FrameKind::shut, place.id));
}

void SessionPlaces::flush() {
  for (auto& [number, worker] : workers_) worker.process->flush();
}

std::vector<std::pair<std::uint32_t, Frame>> SessionPlaces::take() {
  std::vector<std::pair<std::uint32_t, Frame>> out;
  for (auto& [number, worker] : workers_)
    for (Frame& frame : worker.process->take()) out.emplace_back(number, std::move(frame));
  return out;
}

void SessionPlaces::look(Steady now, Duration patience) {
  for (auto& [number, worker] : workers_) {
    worker.process->look(now, worker.alone ? patience * alone_patience : patience);
    if (!worker.process->alive() && worker.process->culprit() == 0 && now - worker.started < short_life)
      start_at_ = now + backoff_.next();
  }
}

bool SessionPlaces::any_dead() const {
  return std::any_of(workers_.begin(), workers_.end(),
                     [](const auto& entry) { return !entry.second.process->alive(); });
}

// They stay as numbers until their accounts have left.
std::vector<DeadWorker> SessionPlaces::bury() {
  std::vector<DeadWorker> out;
  for (auto& [number, worker] : workers_)
    if (!worker.process->alive())
      out.push_back({number, worker.pid, worker.process->culprit(), worker.process->reason()});
  return out;
}

}  // namespace ferry
