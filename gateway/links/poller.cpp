#include "gateway/links/poller.h"

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace ferry {
namespace {

constexpr std::size_t batch = 64;  // descriptors in one wait; more come in the next

// Without epoll or signalfd there is no program; this happens at the start or never.
[[noreturn]] void impossible(const char* call) {
  std::perror(call);
  std::abort();
}

sigset_t our_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int s : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, s);
  return set;
}

}  // namespace

Steady steady_now() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

std::int64_t steady_now_us() {
  using namespace std::chrono;
  return duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count();
}

Poller::Poller() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) impossible("epoll_create1");
}
Poller::~Poller() { ::close(epoll_); }

void Poller::watch(int fd, Pollable* handler, bool read, bool write) {
  const std::uint32_t wanted = (read ? std::uint32_t{EPOLLIN | EPOLLRDHUP} : 0) | (write ? std::uint32_t{EPOLLOUT} : 0);
  const auto [it, added] = watches_.try_emplace(fd, Watch{handler, wanted, generation_ + 1});
  if (added)
    ++generation_;
  else if (it->second.handler == handler && it->second.events == wanted)
    return;
  it->second.handler = handler;
  it->second.events = wanted;
  epoll_event event{};
  event.events = wanted;
  event.data.u64 = (std::uint64_t{it->second.generation} << 32) | static_cast<std::uint32_t>(fd);
  if (::epoll_ctl(epoll_, added ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event) != 0) impossible("epoll_ctl");
}

void Poller::forget(int fd) {
  if (watches_.erase(fd) != 0) ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
}

void Poller::wait(Duration timeout) {
  std::array<epoll_event, batch> events;
  const int limit = timeout < 0 ? -1 : static_cast<int>(std::min<Duration>(timeout, INT_MAX));
  const int n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), limit);
  woken_ = steady_now_us();
  for (int i = 0; i < n; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    const auto it = watches_.find(static_cast<int>(event.data.u64 & 0xffffffffU));
    if (it == watches_.end() || it->second.generation != event.data.u64 >> 32) continue;
    it->second.handler->on_ready(event.events);
  }
}

Signals::Signals(Poller& poller) : poller_(poller) {
  const sigset_t set = our_signals();
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  fd_ = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  if (fd_ < 0) impossible("signalfd");
  poller_.watch(fd_, this, true, false);
}

Signals::~Signals() {
  poller_.forget(fd_);
  ::close(fd_);
  const sigset_t set = our_signals();
  ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

void Signals::on_ready(std::uint32_t) {
  signalfd_siginfo info;
  while (::read(fd_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
    if (info.ssi_signo == SIGHUP)
      reload_ = true;
    else
      ++ends_;
  }
}

bool Signals::take_reload() { return std::exchange(reload_, false); }

}  // namespace ferry
