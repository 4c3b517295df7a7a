// A few pages over HTTP/1.1 for whoever watches the gateway (health, metrics): libmicrohttpd inside our loop.
//
// libmicrohttpd runs without threads of its own, on an epoll descriptor that our Poller watches. Every connection
// carries one request and has 10 s in all, so that a client that trickles holds nothing up but its own place.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/links/poller.h"

struct MHD_Daemon;  // libmicrohttpd's own header is seen by http_link.cpp alone

namespace ferry {

struct HttpAnswer {
  int status = 200;
  std::string body;
  std::string content_type = "text/plain; charset=utf-8";
};
// By path ("/healthz"). Called while the links read, between two ticks: a page looks and changes nothing.
using HttpPages = std::map<std::string, std::function<HttpAnswer()>, std::less<>>;

// One instance is one listener on one address. GET and HEAD only (405), known paths only (404).
class HttpLink final : public Pollable {
 public:
  static constexpr unsigned max_connections = 16;    // further ones wait in the kernel
  static constexpr Duration lifetime = 10 * second;  // of a connection, from its start to its end
  static constexpr std::size_t memory = 16 * 1024;   // bytes of one connection: a longer header is answered with 431

  // listen: HOST:PORT or [ADDRESS]:PORT, as [http] listen has it.
  HttpLink(Poller& poller, std::string listen, HttpPages pages);
  ~HttpLink();
  HttpLink(const HttpLink&) = delete;
  HttpLink& operator=(const HttpLink&) = delete;

  std::string start();  // what is wrong; empty: listening
  std::optional<Steady> deadline() const;
  void on_time(Steady now);
  void on_ready(std::uint32_t) override;

 private:
  struct Callbacks;  // what libmicrohttpd calls
  struct Connection {
    int fd;
    Steady until;
  };
  HttpAnswer answer(std::string_view method, std::string_view path) const;
  void run();

  Poller& poller_;
  std::string listen_;
  HttpPages pages_;
  MHD_Daemon* daemon_ = nullptr;
  int epoll_ = -1;
  std::vector<Connection> connections_;  // oldest first
};

}  // namespace ferry
