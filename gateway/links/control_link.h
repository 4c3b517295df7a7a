// The administrator's socket: a Unix socket of mode 0600; one JSON object a line in, one line out (tools/ferryctl).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/links/link_event.h"
#include "gateway/links/poller.h"

namespace ferry {

// One instance is the listener and its clients. A line becomes a Command event; its answer leaves with flush(), after
// the commit. A client gets its answers in the order of its lines.
class ControlLink final : public Pollable {
 public:
  static constexpr std::size_t max_line = 16U << 20;     // bytes: a mapping table to import
  static constexpr std::size_t max_waiting = 64U << 20;  // bytes of answers that a client does not take; then it goes
  static constexpr std::size_t max_clients = 32;

  ControlLink(Poller& poller, Inbox& inbox, std::string path);
  ~ControlLink();  // removes the socket file
  ControlLink(const ControlLink&) = delete;
  ControlLink& operator=(const ControlLink&) = delete;

  // Empty: listening. A socket file that nobody answers on is replaced.
  std::string start();
  void answer(std::uint64_t client, std::string_view line);
  void flush();
  void on_ready(std::uint32_t) override;

 private:
  struct Client final : Pollable {
    Client(ControlLink& o, std::uint64_t i, int f) : owner(o), id(i), fd(f) {}
    void on_ready(std::uint32_t) override { owner.read(*this); }
    ControlLink& owner;
    std::uint64_t id;
    int fd;
    std::string in, out;
    bool ended = false;    // it has sent everything
    std::size_t open = 0;  // commands without an answer
    bool gone = false;     // to be removed in flush()
  };
  void read(Client& client);
  void take_lines(Client& client);
  std::string bind_socket();

  Poller& poller_;
  Inbox& inbox_;
  std::string path_;
  int fd_ = -1;
  std::uint64_t next_id_ = 1;
  std::map<std::uint64_t, Client> clients_;
};

}  // namespace ferry
