// libmosquitto, as far as the links need it: one MQTT connection driven from outside. Nothing else sees <mosquitto.h>.
//
// The order that makes an acknowledgement mean "on disk" (design section 3): read() only queues PUBACKs, and the only
// call that writes to the socket is write(). Checked in the sources of 2.0.11 (packet__queue): with threaded_set,
// publish, subscribe, misc, disconnect and what arrives in read() all queue. connect() throws the queue away;
// destruction too.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/brain/effects.h"

struct mosquitto;

namespace ferry {

// What happened on the connection. Called from read() and write() only.
class MosquittoEvents {
 public:
  struct Connack {
    int reason = 0;  // MQTT 5 reason code, also for 3.1.1's return codes
    bool session_present = false;
    std::uint32_t receive_maximum = 65'535;  // publishes the broker takes unacknowledged
    int maximum_qos = 2;
  };
  virtual void on_connack(const Connack& connack) = 0;
  virtual void on_message(InPublish publish) = 0;
  virtual void on_puback(int mid, int reason) = 0;  // QoS 0: written
  virtual void on_suback(int mid, bool refused) = 0;
  virtual void on_complaint(std::string text) = 0;  // libmosquitto's errors, for the log

 protected:
  ~MosquittoEvents() = default;
};

// One instance is one client id through all its connections. libmosquitto would send again after a reconnect what was
// not acknowledged; forget() leaves that to the caller.
class MosquittoClient {
 public:
  struct Settings {
    std::string id;
    bool clean = false;
    std::string cafile;                            // set: TLS 1.2 or later, verified with this file, the host name too
    std::string will_topic;                        // empty: no Will. Retained, QoS 1
    std::uint32_t session_expiry = 7 * 24 * 3600;  // s, MQTT 5
    std::uint32_t receive_maximum = 1'000;         // publishes to us, unacknowledged; MQTT 5
    std::uint32_t send_maximum = 1000;             // publishes from us, unacknowledged
  };
  static constexpr int keepalive = 30;  // s
  enum class Read { drained, more, lost };
  enum class Sent { queued, refused };

  MosquittoClient(MosquittoEvents& events, Settings settings);
  ~MosquittoClient();
  MosquittoClient(const MosquittoClient&) = delete;
  MosquittoClient& operator=(const MosquittoClient&) = delete;

  // Before connect(), each time anew.
  void set_protocol(bool mqtt5);
  void set_login(const std::string& username, const std::string& password);  // empty username: anonymous
  void set_will(const std::string& payload);

  // COMPAT(libmosquitto): resolving and the TCP handshake block; call it only for a host that has just answered.
  // Empty: under way, write() sends CONNECT. Otherwise why not.
  std::string connect(const std::string& host, std::uint16_t port);
  int fd() const;         // -1: no connection. Another one after each connect()
  Read read(int budget);  // at most about so many publishes; more: call again without waiting
  bool write();           // everything queued, as far as the socket takes it. false: lost
  bool want_write() const;
  bool misc();        // keep-alive; once a second, in the write phase. false: lost
  void disconnect();  // queues DISCONNECT; goes out with write()
  void forget();      // closes the connection; what was queued or not acknowledged is gone. Not from a callback
  const std::string& lost_reason() const { return lost_reason_; }
  bool taken_over() const { return taken_over_; }  // another client uses our id

  // root: under it payloads are JSON (or CBOR) and say so. mid identifies the PUBACK. reason: MQTT 5's, where refused.
  Sent publish(const Publish& publish, int qos, std::string_view root, int& mid, int& reason);
  bool subscribe(const Subscribe& subscribe, int& mid);
  bool unsubscribe(const std::string& filter);

 private:
  struct Callbacks;
  friend struct Callbacks;
  void make();
  bool survived(int rc);

  MosquittoEvents& events_;
  Settings settings_;
  mosquitto* m_ = nullptr;
  bool mqtt5_ = true;
  bool tls_set_ = false;
  bool active_ = false;    // CONNACK was positive
  int deliveries_ = 0;     // publishes in this read()
  bool progress_ = false;  // a packet was handled in this call of libmosquitto
  bool taken_over_ = false;
  std::string lost_reason_;
};

}  // namespace ferry
