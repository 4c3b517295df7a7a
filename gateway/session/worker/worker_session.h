// One account in a worker: its connection, what it says by itself (account_session.h), what the gateway sends through
// it, and when it may run.
//
// It may run while everything that it has given to the gateway is committed there: libstrophe writes <a/> at the start
// of the next turn, so no turn may come before the commit.
#pragma once

#include <deque>
#include <string>

#include "gateway/session/account_session.h"
#include "gateway/session/worker/strophe_client.h"
#include "gateway/session/worker_beat.h"

namespace ferry {

// Where a session puts its frames for the gateway.
class FrameSink {
 public:
  virtual bool post(const Frame& frame) = 0;  // false: too large, and not sent
  virtual bool full() const = 0;              // the gateway takes nothing: stop reading

 protected:
  ~FrameSink() = default;
};

class WorkerSession final : public Pollable, private StropheClient::Owner {
 public:
  // Trap: one turn reads 4 kB, and of a TLS record of 16 kB the rest is hidden from epoll; what handlers queue is
  // written only by the turn after.
  static constexpr int turns_per_event = 6;
  static constexpr std::size_t kernel_limit = 128 * 1024;  // bytes in the kernel; more waits here
  static constexpr std::size_t sure_size = 64 * 1024;      // a larger stanza may be written in part when the cut comes

  WorkerSession(Poller& poller, FrameSink& sink, WorkerBeat& beat, const WorkerSettings& settings, LookTurn& turn,
                std::uint32_t id, SessionAccount account);
  ~WorkerSession();

  void open(WorkerLogin login, Steady now);
  void shut();
  void send(std::int64_t token, std::string stanza);
  void say_presence(std::string stanza);
  void commit(std::int64_t count);
  void pump(Steady now);     // as many turns as are due and allowed
  void on_time(Steady now);  // about once a second, ten times while logging in
  bool logging_in() const { return client_.logging_in(); }
  bool gone() const { return state_ == State::gone; }

  void on_ready(std::uint32_t events) override;

 private:
  enum class State { down, open, shutting, gone };
  struct Waiting {
    std::int64_t token;
    bool report;  // false: the session's own
    std::string stanza;
  };
  struct UnderWay {
    std::int64_t token;
    bool report;
    std::size_t size;
  };

  void on_bound(const std::string& full_jid, bool resumed, bool acknowledges) override;
  void on_element(Element element) override;
  void on_too_much(const Element& head, const std::string& why) override;
  void on_acknowledged(std::uint32_t h) override;
  void on_down(const WorkerDown& down) override;

  void hand_over();
  void settle();
  void give_up_if_busy(Duration turn);
  void report(const UnderWay& one);
  void record(SessionTraffic::What what, std::string text);
  bool may_resume(const WorkerDown& down) const;
  void watch();
  void forget();

  Poller& poller_;
  FrameSink& sink_;
  WorkerBeat& beat_;
  const std::uint32_t id_;
  const XmlLimits limits_;
  const Duration stanza_limit_;  // 0: none
  const bool traffic_;           // what goes over the connection is told
  State state_ = State::down;
  StropheClient client_;
  AccountSession session_;
  WorkerLogin login_;
  std::optional<WorkerDown> down_;
  std::string lost_;                   // why we gave the connection up
  std::optional<WorkerDown> verdict_;  // likewise, and for good
  int watched_ = -1;
  int turns_ = 0, writable_turns_ = 0;
  Duration busy_ = 0;  // with one stanza, in turns that others waited for
  bool bound_ = false, acknowledges_ = false, resumable_ = false, activity_ = false;
  bool skewed_ = false;  // Trap: the library counts wrong after a resumption that had to send again
  std::int64_t given_ = 0, committed_ = 0;
  std::uint32_t acknowledged_ = 0;
  std::size_t handed_now_ = 0;
  std::deque<Waiting> waiting_;
  std::deque<UnderWay> under_way_;
};

}  // namespace ferry
