// TCP connections that nobody waits for.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/links/poller.h"

struct addrinfo;

namespace ferry {

// One instance makes one connection after the other to one host and port: numeric hosts at once, names through
// getaddrinfo_a (a DNS server that is away must not stop the tick), then each address in turn, 10 s each.
class Connector final : public Pollable {
 public:
  static constexpr Duration patience = 10 * second;  // for one address; names: the resolver's own limit

  // done(fd): a connected non-blocking socket that is now the caller's, or -1: see reason(). Called from on_ready or
  // on_time, or by start() itself.
  Connector(Poller& poller, std::string host, std::uint16_t port, std::function<void(int fd)> done);
  ~Connector();
  Connector(const Connector&) = delete;
  Connector& operator=(const Connector&) = delete;

  void start(Steady now);  // gives up what was under way
  void cancel();
  std::optional<Steady> deadline() const;
  void on_time(Steady now);
  void on_ready(std::uint32_t) override;

  const std::string& reason() const { return reason_; }    // of the last failure, for people
  const std::string& address() const { return address_; }  // numeric; of the last success

 private:
  struct Lookup;
  enum class State { idle, resolving, connecting };
  void look_up(Steady now);
  void resolved(Steady now, int error, const addrinfo* list);
  void try_next(Steady now);
  void failed_address(Steady now, std::string why);
  void close_socket();
  void finish(int fd);

  Poller& poller_;
  std::string host_;
  std::uint16_t port_;
  std::function<void(int)> done_;
  State state_ = State::idle;
  std::unique_ptr<Lookup> lookup_;
  struct Address;
  std::vector<Address> addresses_;
  std::size_t next_ = 0;
  int fd_ = -1;
  Steady until_ = 0;
  std::string reason_, address_;
};

}  // namespace ferry
