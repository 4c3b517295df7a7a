// Which account is in which worker: workers started as they are needed, buried as they die.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/links/backoff.h"
#include "gateway/session/login_queue.h"
#include "gateway/session/worker_process.h"

namespace ferry {

// One account as the link keeps it.
struct SessionPlace {
  // waiting: for its turn to log in. refused: for other credentials.
  enum class State { waiting, opening, up, shutting, refused };
  SessionPlace(std::uint32_t id_, SessionAccount account_, std::uint64_t seed)
      : id(id_), account(std::move(account_)), backoff(seed) {}
  bool open() const { return state == State::opening || state == State::up; }

  std::uint32_t id;
  SessionAccount account;
  Backoff backoff;
  State state = State::waiting;
  std::uint32_t worker = 0;  // 0: none
  bool alone = false;        // it was what a worker died of: it gets one for itself
  bool unwanted = false, reopen = false;
  std::int64_t deaths = 0;
  std::size_t under_way = 0;
  std::int64_t taken = 0;  // stanzas from its present worker
  bool listed = false;     // there is something to commit
  Steady up_since = 0;
  bool archive = false;                        // the server offers one
  std::string presence_opened, presence_said;  // given to the log-in; said in this session
  std::optional<Jid> traffic_of;               // the connection that is being recorded
  std::string problem, advice;                 // said once; empty once it is up
};

struct DeadWorker {
  std::uint32_t number = 0;
  pid_t pid = 0;
  std::uint32_t culprit = 0;  // the session that it was busy with; 0: none
  std::string reason;
};

// One instance is all the workers of one link.
class SessionPlaces {
 public:
  static constexpr std::int64_t alone_patience = 10;  // times the watchdog's, where nobody else waits
  static constexpr Duration short_life = 2 * second;  // a worker that lived less, of nobody's fault: starts are delayed

  SessionPlaces(Poller& poller, WorkerSettings settings, std::string program, std::size_t per_worker,
                std::size_t most_alone);

  bool enter(SessionPlace& place, Steady now);  // a worker for it; false: none now, see problem()
  void leave(SessionPlace& place);              // a worker with nobody left ends
  void post(const SessionPlace& place, const Frame& frame);
  void shut(SessionPlace& place);
  void flush();
  std::vector<std::pair<std::uint32_t, Frame>> take();  // and from which worker
  void look(Steady now, Duration patience);
  std::vector<DeadWorker> bury();
  bool any_dead() const;
  std::size_t size() const { return workers_.size(); }
  const std::string& problem() const { return problem_; }

 private:
  struct Worker {
    std::unique_ptr<WorkerProcess> process;
    pid_t pid = 0;
    Steady started = 0;
    std::size_t accounts = 0;
    bool alone = false;
  };
  std::uint32_t start(bool alone, Steady now);

  Poller& poller_;
  WorkerSettings settings_;
  std::string program_, problem_;
  std::size_t per_worker_, most_alone_;
  std::map<std::uint32_t, Worker> workers_;
  std::uint32_t last_ = 0;
  Backoff backoff_{1};
  Steady start_at_ = 0;
};

}  // namespace ferry
