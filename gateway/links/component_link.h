// The component link (XEP-0114): our own stream, over translators/values/xml_reader.h.
//
// One instance is the gateway's link to one server, through all its reconnects: a fresh stream reader each time. The
// protocol has no acknowledgement and no TLS; what was handed to the socket is not proved to have arrived (the brain
// sends a ping after a batch). The link reads always and at once: a stalled component that is then killed loses
// everything that the server had sent.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/links/backoff.h"
#include "gateway/links/connector.h"
#include "gateway/links/link_event.h"

namespace ferry {

class ComponentLink final : public Pollable {
 public:
  struct Settings {
    std::string host;
    std::uint16_t port = 5347;
    std::string domain, secret_file;
    std::size_t message_bytes = 262'144;  // limits.message-bytes; a stanza may have twice that and 64 kB for its XML
    Duration keepalive = 60 * second;     // a blank after so long without sending; 0: never
  };
  static constexpr Duration step_time = 10 * second;          // for each answer of the handshake
  static constexpr Duration close_time = 10 * second;         // for the server's end of the stream, after ours
  static constexpr std::size_t read_per_tick = 256 * 1024;    // then the others get their turn
  static constexpr std::size_t handshake_stanza = 16 * 1024;  // bytes, before the server has said who it is
  static constexpr std::size_t out_limit = 64U << 20;         // bytes the server does not take: it is stuck, start over

  ComponentLink(Poller& poller, Inbox& inbox, Settings settings, std::uint64_t seed);
  ~ComponentLink();
  ComponentLink(const ComponentLink&) = delete;
  ComponentLink& operator=(const ComponentLink&) = delete;

  void start(Steady now);
  bool up() const { return state_ == State::up; }
  LinkReport report() const;
  void send(std::string_view stanza);  // one serialised stanza; kept until flush(). Nowhere if the link is not up
  void flush(Steady now);              // one write for all; the rest goes out as the socket takes it
  void reconnect(const std::string& reason, Steady now);

  // The end: </stream:stream> after what is queued, then waiting for the server's; no reconnect after this.
  void close(Steady now);
  bool flushed() const { return sent_ == out_.size(); }
  std::size_t waiting_bytes() const { return out_.size() - sent_; }
  void set_read_share(double share) { read_share_ = share; }  // of read_per_tick
  bool closed() const { return state_ == State::closed || state_ == State::down; }

  std::optional<Steady> deadline() const;
  void on_time(Steady now);
  void on_ready(std::uint32_t events) override;

 private:
  // down: waiting for the next attempt. closing: our end of the stream is said, the server's is not.
  enum class State { down, connecting, stream_sent, handshake_sent, up, closing, closed };
  void connect(Steady now);
  void connected(int fd);
  void read(Steady now);
  void take(StreamItem& item, Steady now);
  void take_header(const StreamHeader& header, Steady now);
  void take_element(Element& element, Steady now);
  void stream_error(const Element& error, Steady now);
  void step(State state, Steady now);
  void write(Steady now);
  void down(const std::string& reason, Steady now, bool patiently = false, const std::string& advice = {});
  void drop_socket();

  Poller& poller_;
  Inbox& inbox_;
  Settings settings_;
  Backoff backoff_;
  Connector connector_;
  State state_ = State::down;
  int fd_ = -1;
  std::optional<XmlStreamReader> reader_;
  std::vector<StreamItem> items_;
  std::string out_;  // bytes for the socket, the first sent_ of them gone
  std::size_t sent_ = 0;
  double read_share_ = 1;
  Steady until_ = 0;  // of the step; down: when to try again
  Steady last_sent_ = 0, up_since_ = 0, down_since_ = 0;
  std::string last_problem_, last_advice_;  // logged once per change
};

}  // namespace ferry
