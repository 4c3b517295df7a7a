// libstrophe, seen by strophe_client.cpp alone: one client connection in a context of its own (all connections of one
// context cost each of them time), driven by the worker's epoll instead of the library's select().
//
// One instance is one account's connection, through its log-ins. The worker calls turn() when the socket is ready, and
// the owner is told in turn() what happened. The library's traps, and the lines against them, are marked `Trap:`.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "gateway/links/poller.h"
#include "gateway/session/worker_frames.h"

namespace ferry {

// One instance a process: the library's own initialisation, SIGPIPE, the CA bundle, the alarm of TLS handshakes.
class StropheLibrary {
 public:
  StropheLibrary();
  ~StropheLibrary();
  StropheLibrary(const StropheLibrary&) = delete;
  StropheLibrary& operator=(const StropheLibrary&) = delete;
};

class StropheClient {
 public:
  static constexpr Duration enable_time = 30 * second;  // for <enabled/>; then the server has no XEP-0198

  // Called in connect() and turn(); calls nothing of the client but what says so.
  class Owner {
   public:
    virtual void on_bound(const std::string& full_jid, bool resumed, bool acknowledges) = 0;
    virtual void on_element(Element element) = 0;
    virtual void on_too_much(const Element& head, const std::string& why) = 0;  // over `limits`; without its content
    virtual void on_acknowledged(std::uint32_t h) = 0;                          // XEP-0198: the server has so many
    virtual void on_down(const WorkerDown& down) = 0;                           // the last; fd() is closed

   protected:
    ~Owner() = default;
  };

  StropheClient(Owner& owner, const WorkerSettings& settings);
  ~StropheClient();
  StropheClient(const StropheClient&) = delete;
  StropheClient& operator=(const StropheClient&) = delete;

  // resume: try to go on with the session that the last connection had.
  void connect(const WorkerLogin& login, bool resume, Steady now);
  void turn(Steady now);               // one xmpp_run_once, which waits for nothing, or for a TLS handshake
  void send(std::string_view stanza);  // exactly one; only after on_bound
  void disconnect();                   // asks the server to end the stream; on_down follows, within 2 s

  int fd() const;  // -1: no connection
  bool tcp_connected() const;
  bool logging_in() const;           // a connection, and on_bound not said
  std::size_t unsent_bytes() const;  // in the kernel, not taken by the server
  std::size_t unread_bytes() const;  // in the kernel, not taken by us

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ferry
