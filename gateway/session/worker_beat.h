// What a session worker shows the gateway while it cannot speak: one shared page, read by the watchdog.
#pragma once

#include <atomic>
#include <cstdint>

namespace ferry {

// One instance is one worker's page. `at` is written at each turn of its loop and of each session; a worker whose `at`
// stands still hangs, and `session` is what it hangs in, or died in (0: in none).
struct WorkerBeat {
  std::atomic<std::int64_t> at;  // ms of the steady clock, which is the same in both processes
  std::atomic<std::uint32_t> session;
};
static_assert(std::atomic<std::int64_t>::is_always_lock_free && std::atomic<std::uint32_t>::is_always_lock_free);

// The exit code of a worker in which one stanza kept every other session waiting: `session` is whose.
inline constexpr int worker_kept_busy = 3;

inline constexpr int worker_socket_fd = 3, worker_beat_fd = 4;  // what a worker inherits beside 0, 1 and 2

}  // namespace ferry
