// A session worker: some hundred sessions in a process of their own, one loop, and a socket to the gateway.
//
// One instance is one process. It decides nothing: the gateway says who logs in when, and commits what it is given.
// Without the gateway it ends at once: what was not committed was not acknowledged.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/session/worker/worker_session.h"

namespace ferry {

class Worker final : public Pollable, private FrameSink {
 public:
  static constexpr std::size_t out_limit = 4U << 20;  // bytes the gateway has not taken; then nothing is read
  static constexpr std::size_t read_per_turn = 1U << 20;
  static constexpr Duration beat_time = 250;  // how often it shows that it lives
  static constexpr Duration look_time = second, login_look_time = 100;

  Worker(int socket, WorkerBeat& beat);
  int run();  // the exit code

  void on_ready(std::uint32_t events) override;

 private:
  bool post(const Frame& frame) override;
  bool full() const override { return out_.size() - sent_ > out_limit; }
  void read();
  void write();
  void take(const Frame& frame, Steady now);
  void configure(const WorkerSettings& settings);
  void look(Steady now);

  int socket_;
  WorkerBeat& beat_;
  Poller poller_;
  FrameReader reader_;
  std::string out_;
  std::size_t sent_ = 0;
  std::optional<WorkerSettings> settings_;
  LookTurn turn_;
  std::unordered_map<std::uint32_t, std::unique_ptr<WorkerSession>> sessions_;
  Steady looked_ = 0, looked_at_logins_ = 0;
  bool ended_ = false;
  int code_ = 0;
};

}  // namespace ferry
