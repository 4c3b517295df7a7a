// The XMPP server's end of a component stream (XEP-0114): what a gateway's component link connects to.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gateway/links/poller.h"
#include "translators/values/xml_reader.h"

namespace ferry::replay {

// One instance is one listener and the one component that is connected to it. It reads always; what it is given to send
// waits until the socket takes it, and what a lost connection had not taken whole goes to the next one.
class AcceptLink {
 public:
  struct Settings {
    std::string host;  // numeric
    std::uint16_t port = 0;
    std::string domain, secret;  // of the component
    std::size_t message_bytes = 262'144;
  };
  struct Calls {
    std::function<void()> up;
    std::function<void(const std::string& reason)> down;  // also: who tried was refused
    std::function<void(Element stanza)> stanza;
    std::function<void(std::uint64_t tag)> sent;  // the kernel has all of what was given with it
  };
  static constexpr std::size_t read_per_turn = 1U << 20;

  AcceptLink(Poller& poller, Settings settings, Calls calls);
  ~AcceptLink();
  AcceptLink(const AcceptLink&) = delete;
  AcceptLink& operator=(const AcceptLink&) = delete;

  std::string listen();  // empty: it does. Otherwise why not
  bool up() const { return state_ == State::up; }
  static constexpr std::uint64_t no_tag = UINT64_MAX;
  void send(std::string stanza, std::uint64_t tag = no_tag);
  void flush();
  std::size_t waiting_bytes() const { return waiting_bytes_; }
  void close();  // ends the stream

 private:
  enum class State { none, header, handshake, up };
  struct Ready final : Pollable {
    explicit Ready(std::function<void(std::uint32_t)> c) : call(std::move(c)) {}
    void on_ready(std::uint32_t events) override { call(events); }
    std::function<void(std::uint32_t)> call;
  };
  struct Item {
    std::string bytes;
    std::uint64_t tag;
  };
  void accept();
  void ready(std::uint32_t events);
  void read();
  void take(StreamItem& item);
  void take_header(const StreamHeader& header);
  void refuse(const std::string& condition);
  void say(const std::string& bytes);  // of the handshake: at once, or the connection is lost
  void drop(const std::string& reason);

  Poller& poller_;
  Settings settings_;
  Calls calls_;
  Ready listening_, talking_;
  int listener_ = -1, fd_ = -1;
  State state_ = State::none;
  std::string stream_id_;
  std::uint64_t streams_ = 0;
  std::optional<XmlStreamReader> reader_;
  std::vector<StreamItem> items_;
  std::deque<Item> out_;
  std::size_t sent_ = 0, waiting_bytes_ = 0;  // sent_: of the first
};

}  // namespace ferry::replay
