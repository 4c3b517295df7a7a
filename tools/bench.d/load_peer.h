// The two ends that the load generator has: an XMPP component and an MQTT client. No code of the gateway's hot path is
// in them but libmosquitto's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/links/mosquitto_client.h"
#include "tools/bench.d/load_watch.h"

namespace ferry::bench {

// What is sent and counted: chat messages, presences (the marker is the status), bare values of a feed, lines of a
// room.
enum class Kind { chat, presence, feed, room };

// An address or topic of message `seq`.
using Named = std::function<std::string(std::size_t seq)>;

// One instance is one connection. The constructors connect and wait until the peer has agreed; what goes wrong ends the
// program with a line on stderr.
class Peer {
 public:
  virtual ~Peer() = default;
  virtual int fd() const = 0;
  virtual bool wants_write() const = 0;
  virtual void read() = 0;                                        // what is there; calls on_message
  virtual void write() = 0;                                       // what is queued, as far as the socket takes it
  virtual void send(std::size_t seq, std::string_view body) = 0;  // queues one message to the other side

  // One whole message, and whose: the number in the receiver's name.
  std::function<void(std::string_view, std::size_t)> on_message = [](std::string_view, std::size_t) {};
  std::size_t errors = 0;    // messages of type error, refused publishes, failed receipts
  std::size_t receipts = 0;  // publishes on in/receipt
};

// XEP-0114.
class ComponentPeer final : public Peer {
 public:
  struct Settings {
    std::string host, domain, secret;
    std::uint16_t port = 0;
    Kind kind = Kind::chat;
    Named from, to;
    std::string room;                    // XEP-0045; empty: none
    std::vector<std::string> occupants;  // of it, full JIDs: they come in now and leave at the end
  };
  explicit ComponentPeer(Settings settings);
  ~ComponentPeer() override;
  ComponentPeer(const ComponentPeer&) = delete;
  ComponentPeer& operator=(const ComponentPeer&) = delete;

  int fd() const override { return fd_; }
  bool wants_write() const override { return sent_ < out_.size(); }
  void read() override;
  void write() override;
  void send(std::size_t seq, std::string_view body) override;

 private:
  void handshake();
  void enter();
  void leave();
  void wait_for(std::string_view one, std::string_view other, const std::string& who);
  void take_stanzas();

  Settings settings_;
  int fd_ = -1;
  std::string in_, out_;
  std::size_t sent_ = 0;
};

// An MQTT 5 client.
class MqttPeer final : public Peer, private MosquittoEvents {
 public:
  struct Settings {
    std::string host, username, password, client_id;
    std::uint16_t port = 0;
    Kind kind = Kind::chat;
    std::string subscribe;   // empty: nothing
    std::string presence;    // topic of a device's presence; empty: none is published
    Named topic, to;         // of what is sent
    std::size_t number = 0;  // this receiver's
  };
  explicit MqttPeer(Settings settings);
  MqttPeer(const MqttPeer&) = delete;
  MqttPeer& operator=(const MqttPeer&) = delete;

  int fd() const override { return client_.fd(); }
  bool wants_write() const override { return client_.want_write(); }
  void read() override;
  void write() override;
  void send(std::size_t seq, std::string_view body) override;

 private:
  void on_connack(const Connack& connack) override;
  void on_message(InPublish publish) override;
  void on_puback(int mid, int reason) override;
  void on_suback(int mid, bool refused) override;
  void on_complaint(std::string text) override;
  void wait_for(const bool& flag, const char* what);
  void publish(const std::string& topic, std::string payload, bool retain);

  Settings settings_;
  MosquittoClient client_;
  std::int64_t misc_at_ = 0;
  bool connected_ = false, subscribed_ = false, announced_ = false;
};

}  // namespace ferry::bench
