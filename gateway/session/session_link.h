// The session link (design section 7.2): accounts of the legacy server that Ferry is logged in to, with libstrophe, in
// worker processes (`ferry-session`) of some hundred sessions each.
//
// One instance is the gateway's link to one server. It keeps the accounts that are wanted logged in, at a configured
// rate, spread over workers; a worker that dies or hangs is replaced within a second, its accounts log in again and
// nobody else's notice. What a worker was doing when it died is known: that account comes back in a worker of its own,
// where what killed the first can harm nobody.
//
// The tick: poller.wait() and on_time() read; take() gives what came; after the commit committed() acknowledges it to
// the server, and only then more of those sessions is read. So nothing that the server was told is ours is lost.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gateway/links/link_event.h"
#include "gateway/session/session_event.h"

namespace ferry {

class SessionLink final {
 public:
  struct Settings {
    std::string host;  // of the server; the certificate must be for `domain`, whatever this is
    std::uint16_t port = 5222;
    std::string domain;       // of the accounts
    bool direct_tls = false;  // XEP-0368: TLS from the first byte, usually port 5223
    std::string cafile;       // the one CA, or small bundle, that may have signed the server's certificate; required
    std::string program;      // the worker, ferry-session
    double logins_per_second = 50;
    std::size_t sessions_per_worker = 250;
    std::size_t message_bytes = 262'144;  // limits.message-bytes; a stanza may have twice that and 64 kB for its XML
    Duration watchdog = 3 * second;       // a worker that stands still this long is replaced
    std::int64_t worker_memory = std::int64_t{1} << 30;  // bytes of address space; 0: no limit
    bool traffic = false;                                // keep it for take_traffic()
    Duration away_poll = 0;  // how often the archive is asked what waits while nobody is there; 0: never
  };
  static constexpr std::size_t most_under_way = 256;  // of one account, sent and not acknowledged; then send() refuses
  static constexpr std::size_t most_alone = 8;        // accounts in workers of their own, after they killed one
  static constexpr Duration conflict_time = minute;   // before another try where somebody else took the resource
  static constexpr Duration close_time = 5 * second;  // for all log-outs together

  SessionLink(Poller& poller, Inbox& inbox, Settings settings, std::uint64_t seed);  // inbox: for log lines
  ~SessionLink();                                                                    // workers end with it
  SessionLink(const SessionLink&) = delete;
  SessionLink& operator=(const SessionLink&) = delete;

  // Log in, or log in again with what has changed (only `presence`, `roster_version`, `archive_id`, `archive_start`
  // or `offline_first` changed: taken note of for the next log-in). The account's domain must be settings.domain.
  void want(SessionAccount account);
  // Other credentials than those it was wanted with: who was refused is tried again with them. An account that is
  // wanted without any counts as refused, and waits for these.
  void set_credentials(const Jid& bare, std::string password, std::string certificate_file, std::string key_file);
  void unwant(const Jid& bare);  // SessionDown{unwanted} follows; acknowledged sends stay so
  // Where the next catch-up begins. Only the owner moves it: it knows what it has, and how late an archive may be.
  void set_archive_id(const Jid& bare, std::string archive_id);
  void set_roster_version(const Jid& bare, std::string version);
  // Sends this presence now, if up, and at each log-in. Not counted, no token: soft state. Who is available and waits
  // for a log-in comes before those of whom nobody is there.
  void set_presence(const Jid& bare, std::string stanza);

  // One serialised stanza, jabber:client, without `from`. False: not up, or too much under way; keep it and try again
  // after the next SessionSent or SessionUp. token 0: nobody waits for it.
  bool send(const Jid& bare, std::string_view stanza, std::int64_t token);
  bool up(const Jid& bare) const;
  std::size_t under_way(const Jid& bare) const;

  std::vector<SessionEvent> take();            // what came since the last call, in order (per account)
  std::vector<SessionTraffic> take_traffic();  // since the last call; after take()
  void committed();                            // all that take() gave is on disk: acknowledge it, read on
  void flush(Steady now);                      // hands what was sent to the workers; after committed()

  // For the end: sessions stay resumable for nobody, so they are closed properly, unavailable presence and all.
  void close(Steady now);
  bool closed() const;

  struct Counts {
    std::size_t wanted = 0, up = 0, refused = 0, workers = 0;  // refused: waiting for other credentials
    std::uint64_t workers_died = 0, logins = 0, resumed = 0, stanzas_in = 0, stanzas_out = 0, stanzas_refused = 0;
  };
  Counts counts() const;
  // Why nobody can log in, whoever it is: the server is not reached; for people. Empty: it is, or nobody has tried.
  std::string unreachable() const;
  LinkReport report() const;  // name "session": up while every wanted account that is not refused is up

  std::optional<Steady> deadline() const;
  void on_time(Steady now);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ferry
