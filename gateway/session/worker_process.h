// One session worker, seen from the gateway: its process, its socket, its beat.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "gateway/links/poller.h"
#include "gateway/session/worker_beat.h"
#include "gateway/session/worker_frames.h"

namespace ferry {

// One instance is one process, from its start to its end; the destructor ends it.
class WorkerProcess final : public Pollable {
 public:
  static constexpr std::size_t read_per_tick = 256 * 1024;  // then the others get their turn
  static constexpr std::size_t out_limit = 32U << 20;       // bytes it does not take: it hangs, and is ended
  static constexpr Duration doubt_time = second;            // a beat that stood still is looked at once more

  WorkerProcess(Poller& poller, const std::string& program, const WorkerSettings& settings, Steady now);
  ~WorkerProcess();
  WorkerProcess(const WorkerProcess&) = delete;
  WorkerProcess& operator=(const WorkerProcess&) = delete;

  bool alive() const { return pid_ > 0; }
  const std::string& reason() const { return reason_; }  // why it is not
  std::uint32_t culprit() const { return culprit_; }     // dead: the session that it was busy with; 0: none
  pid_t pid() const { return pid_; }
  void post(const Frame& frame) { append_frame(out_, frame); }
  std::size_t waiting_bytes() const { return out_.size() - sent_; }
  void flush();
  std::vector<Frame> take();
  void look(Steady now, Duration patience);  // the watchdog; ends it where it hangs
  void finish();                             // closes the socket: it ends by itself, at once

  void on_ready(std::uint32_t events) override;

 private:
  bool start(const std::string& program);
  void read();
  void end(std::string reason);

  Poller& poller_;
  pid_t pid_ = -1;
  int socket_ = -1;
  WorkerBeat* beat_ = nullptr;
  std::string reason_, out_;
  std::size_t sent_ = 0;
  std::uint32_t culprit_ = 0;
  FrameReader reader_;
  std::vector<Frame> frames_;
  Steady doubted_ = 0;
  std::int64_t doubted_beat_ = 0;
};

}  // namespace ferry
