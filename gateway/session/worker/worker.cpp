#include "gateway/session/worker/worker.h"

#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace ferry {

Worker::Worker(int socket, WorkerBeat& beat) : socket_(socket), beat_(beat) {
  poller_.watch(socket_, this, true, false);
}

int Worker::run() {
  while (!ended_) {
    beat_.at.store(steady_now());
    poller_.wait(beat_time);
    look(steady_now());
    write();
  }
  return code_;
}

void Worker::look(Steady now) {
  beat_.at.store(now);
  const bool all = now - looked_ >= look_time, logins = now - looked_at_logins_ >= login_look_time;
  if (all) looked_ = now;
  if (logins) looked_at_logins_ = now;
  for (auto it = sessions_.begin(); it != sessions_.end();) {
    WorkerSession& session = *it->second;
    if (all || (logins && session.logging_in()))
      session.on_time(now);
    else
      session.pump(now);
    if (session.gone())
      it = sessions_.erase(it);
    else
      ++it;
  }
}

void Worker::on_ready(std::uint32_t events) {
  if (events & EPOLLOUT) write();
  if (events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP | EPOLLERR)) read();
}

void Worker::read() {
  std::array<char, 64 * 1024> buffer;
  std::vector<Frame> frames;
  for (std::size_t taken = 0; !ended_ && taken < read_per_turn;) {
    const ssize_t n = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
      ended_ = true;  // the gateway is gone, or wants us gone
      return;
    }
    taken += static_cast<std::size_t>(n);
    frames.clear();
    reader_.feed({buffer.data(), static_cast<std::size_t>(n)}, frames);
    for (const Frame& frame : frames) take(frame, steady_now());
    if (reader_.broken()) {
      ended_ = true;
      code_ = 1;
    }
  }
}

void Worker::configure(const WorkerSettings& settings) {
  if (settings_) return;
  settings_ = settings;
#ifndef __SANITIZE_ADDRESS__  // which reserves terabytes of addresses
  if (settings.memory <= 0) return;
  const rlimit limit{static_cast<rlim_t>(settings.memory), static_cast<rlim_t>(settings.memory)};
  ::setrlimit(RLIMIT_AS, &limit);
#endif
}

void Worker::take(const Frame& frame, Steady now) {
  if (const auto settings = worker_settings(frame)) return configure(*settings);
  if (!settings_) return;
  auto found = sessions_.find(frame.session);
  if (auto login = worker_login(frame)) {
    if (found == sessions_.end())
      found =
          sessions_
              .emplace(frame.session, std::make_unique<WorkerSession>(poller_, static_cast<FrameSink&>(*this), beat_,
                                                                      *settings_, turn_, frame.session, login->account))
              .first;
    return found->second->open(std::move(*login), now);
  }
  if (found == sessions_.end()) return;
  WorkerSession& session = *found->second;
  switch (frame.kind) {
    case FrameKind::shut:
      return session.shut();
    case FrameKind::send:
      return session.send(frame.number, std::string(frame.text(0)));
    case FrameKind::presence:
      return session.say_presence(std::string(frame.text(0)));
    case FrameKind::commit:
      return session.commit(frame.number);
    default:
      return;
  }
}

bool Worker::post(const Frame& frame) { return append_frame(out_, frame); }

void Worker::write() {
  while (sent_ < out_.size()) {
    const ssize_t n = ::send(socket_, out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0) {
      ended_ = true;
      return;
    }
    sent_ += static_cast<std::size_t>(n);
  }
  constexpr std::size_t worth_moving = 1U << 20;
  if (sent_ == out_.size() || sent_ > worth_moving) {
    out_.erase(0, sent_);
    sent_ = 0;
  }
  poller_.watch(socket_, this, true, sent_ < out_.size());
}

}  // namespace ferry
