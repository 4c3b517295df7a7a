// Where sessions of the legacy server's accounts come in: a listener, TLS, and a client-to-server stream for each.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/links/poller.h"
#include "tools/ferry-replay/client_stream.h"
#include "tools/ferry-replay/tls_server.h"

namespace ferry::replay {

// One instance is one listener and everybody who is connected to it. An account has one session, the latest. What it is
// given for an account waits until that session is available (RFC 6121, section 8.5.3: to others no message goes), and
// what a lost connection had not taken whole goes to the next one. Nobody's connection concerns another's.
class ClientDoor {
 public:
  struct Settings {
    std::string host;  // numeric
    std::uint16_t port = 0;
    std::string domain;
    std::size_t message_bytes = 262'144;
    bool direct_tls = false;  // XEP-0368: from the first byte
  };
  struct Calls {
    std::function<void(const Jid& account)> up;           // logged in
    std::function<void(const std::string& reason)> down;  // somebody left, or was refused
    std::function<void(const Jid& account, Element said)> stanza;
    std::function<void(std::uint64_t tag)> sent;  // the kernel has all of what was given with it
  };
  static constexpr std::size_t most_connections = 20'000;
  static constexpr std::size_t most_unread = 8U << 20;      // bytes that a client leaves in its socket
  static constexpr std::size_t ahead = 256 * 1024;          // bytes that are encrypted before the kernel takes them
  static constexpr std::size_t read_per_turn = 256 * 1024;  // of one connection
  static constexpr Duration login_time = 30 * second;

  ClientDoor(Poller& poller, Settings settings, std::unique_ptr<TlsServer> tls, Calls calls);
  ~ClientDoor();
  ClientDoor(const ClientDoor&) = delete;
  ClientDoor& operator=(const ClientDoor&) = delete;

  std::string listen();  // empty: it does. Otherwise why not
  bool up(const std::string& account) const;
  bool available(const std::string& account) const;
  void send(const std::string& account, std::string stanza, std::uint64_t tag);  // in its turn
  void answer(const std::string& account, const std::string& stanza);            // to what was said just now
  void flush(const std::string& account);
  void on_time(Steady now);  // often, and not from within a call
  std::size_t waiting_bytes() const { return waiting_bytes_; }
  void close();  // ends all streams

 private:
  struct Connection;
  struct Item {
    std::string stanza;
    std::uint64_t tag;
    std::uint64_t end = 0;  // of its connection's bytes; once encrypted
  };
  struct Account {
    std::deque<Item> queue;
    Connection* session = nullptr;
  };
  struct Accept final : Pollable {
    explicit Accept(ClientDoor& d) : door(d) {}
    void on_ready(std::uint32_t) override { door.accept(); }
    ClientDoor& door;
  };
  void accept();
  void ready(Connection& connection, std::uint32_t events);
  void read(Connection& connection);
  void take(Connection& connection, std::string_view bytes);
  void on_output(Connection& connection, ClientStream::Output& output);
  void bound(Connection& connection);
  void on_stanza(Connection& connection, Element stanza);
  void say(Connection& connection, std::string_view bytes);
  void pump(Connection& connection);
  void write(Connection& connection);
  void drop(Connection& connection, const std::string& reason);

  Poller& poller_;
  Settings settings_;
  std::unique_ptr<TlsServer> tls_;
  Calls calls_;
  Accept accepting_;
  int listener_ = -1;
  std::uint64_t streams_ = 0;
  std::string chance_;
  std::map<Connection*, std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Connection>> gone_;  // until nobody can be inside of them
  std::map<std::string, Account> accounts_;        // by bare JID
  std::size_t waiting_bytes_ = 0;
  Steady looked_at_ = 0;
};

}  // namespace ferry::replay
