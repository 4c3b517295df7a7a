// Waiting: one epoll instance, one thread. And the signals of the process, as events like all others.
//
// Handlers are called in wait() only. They read, convert and enqueue; what they want written is written later, after
// the commit (design section 3).
#pragma once

#include <cstdint>
#include <unordered_map>

#include "translators/values/instant.h"

namespace ferry {

using Steady = std::int64_t;  // ms of a clock that never jumps; for time-outs, not for dates
Steady steady_now();
std::int64_t steady_now_us();  // of the same clock, to measure

class Pollable {
 public:
  virtual void on_ready(std::uint32_t epoll_events) = 0;

 protected:
  ~Pollable() = default;
};

// One instance is one epoll descriptor. Level-triggered: what was not read comes again.
class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // Adds the descriptor, or changes what it waits for. A hang-up or an error is always reported.
  void watch(int fd, Pollable* handler, bool read, bool write);
  // Also for descriptors that somebody else has closed already. An event of it that is still in the batch is dropped.
  void forget(int fd);
  // Up to `timeout` ms (0: look and return, negative: for ever), then calls the handlers. EINTR counts as nothing.
  void wait(Duration timeout);
  std::int64_t woken() const { return woken_; }  // µs of the steady clock: when the latest wait ended and work began

 private:
  struct Watch {
    Pollable* handler;
    std::uint32_t events, generation;
  };
  int epoll_;
  std::int64_t woken_ = 0;
  std::uint32_t generation_ = 0;  // tells a descriptor from a later one with the same number
  std::unordered_map<int, Watch> watches_;
};

// SIGTERM, SIGINT and SIGHUP through a signalfd, SIGPIPE and SIGXFSZ ignored (a closed socket and a file at its limit
// are error values, not deaths). One instance a process; it blocks the three signals as long as it lives.
class Signals final : public Pollable {
 public:
  explicit Signals(Poller& poller);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  void on_ready(std::uint32_t) override;
  bool end() const { return ends_ != 0; }     // TERM or INT came
  bool end_now() const { return ends_ > 1; }  // and again: no more patience
  bool take_reload();                         // HUP came since the last call

 private:
  Poller& poller_;
  int fd_;
  int ends_ = 0;
  bool reload_ = false;
};

}  // namespace ferry
