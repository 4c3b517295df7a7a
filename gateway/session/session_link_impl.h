// The inside of the session link, for its own .cpp files.
#pragma once

#include <utility>

#include "gateway/links/backoff.h"
#include "gateway/links/connector.h"
#include "gateway/session/session_link.h"
#include "gateway/session/session_places.h"

namespace ferry {

inline constexpr Duration worker_look_time = 250;  // how often the watchdog looks
WorkerSettings settings_for_workers(const SessionLink::Settings& settings);

class SessionLink::Impl {
 public:
  Impl(Poller& poller, Inbox& inbox, Settings settings, std::uint64_t seed)
      : inbox_(inbox),
        settings_(std::move(settings)),
        seed_(seed),
        limits_(stanza_limits(settings_.message_bytes)),
        backoff_(seed),
        connector_(poller, settings_.host, settings_.port, [this](int fd) { probed(fd); }),
        queue_(settings_.logins_per_second),
        places_(poller, settings_for_workers(settings_), settings_.program, settings_.sessions_per_worker,
                SessionLink::most_alone) {}

  void want(SessionAccount wanted);
  void set_credentials(const Jid& bare, std::string password, std::string certificate_file, std::string key_file);
  void unwant(const Jid& bare);
  SessionPlace* find(const Jid& bare);
  const SessionPlace* find(const Jid& bare) const { return const_cast<Impl*>(this)->find(bare); }
  void set_presence(const Jid& bare, std::string stanza);
  bool send(const Jid& bare, std::string_view stanza, std::int64_t token);
  std::vector<SessionEvent> take();
  std::vector<SessionTraffic> take_traffic() { return std::exchange(traffic_, {}); }
  void committed();
  void flush() { places_.flush(); }
  void close(Steady now);
  bool closed() const;
  Counts counts() const;
  std::string unreachable() const;
  std::string unreachable_advice() const;
  LinkReport report() const;
  std::optional<Steady> deadline() const;
  void on_time(Steady now);

 private:
  void gather(Steady now);
  void take_frame(SessionPlace& place, const Frame& frame, Steady now);
  void take_stanza(SessionPlace& place, const Frame& frame);
  void take_traffic(SessionPlace& place, const Frame& frame);
  void end_traffic(SessionPlace& place, std::string reason);
  void list(SessionPlace& place);
  void take_caught_up(SessionPlace& place, const SessionCaughtUp& event);
  void take_up(SessionPlace& place, const SessionUp& up, Steady now);
  void take_down(SessionPlace& place, const WorkerDown& down, Steady now);
  void worker_died(const DeadWorker& dead, Steady now);
  void log_in(Steady now);
  void open(SessionPlace& place, Steady now);
  void probe(Steady now);
  void probed(int fd);
  void tell_down(SessionPlace& place, const WorkerDown& down);
  void forget(SessionPlace& place);
  void try_again(SessionPlace& place, Steady now);
  void line_up(SessionPlace& place, Steady due, Steady now);
  void hurry(const SessionPlace& place, Steady now);
  void say_presence(SessionPlace& place);

  Inbox& inbox_;
  Settings settings_;
  std::uint64_t seed_;
  XmlLimits limits_;
  Backoff backoff_;  // of the server: whether it can be reached at all
  Connector connector_;
  LoginQueue queue_;
  SessionPlaces places_;
  std::unordered_map<std::uint32_t, SessionPlace> accounts_;
  std::unordered_map<Jid, std::uint32_t> ids_;
  struct Given {  // by take(), and not yet committed
    std::uint32_t id, worker;
    std::int64_t count;
  };
  std::vector<std::uint32_t> uncommitted_;  // came since the last take()
  std::vector<Given> given_;
  std::vector<SessionEvent> events_;
  std::vector<SessionTraffic> traffic_;
  Counts counts_;
  std::uint32_t last_id_ = 0;
  std::string address_, problem_;  // address: where the server was last reached; empty: look again
  bool probing_ = false, closing_ = false;
  Steady probe_at_ = 0, looked_ = 0, close_until_ = 0, since_ = 0;
};

}  // namespace ferry
