// The broker link: MQTT 5, or 3.1.1 where the broker knows no better, over libmosquitto (mosquitto_client.h).
//
// One instance is the gateway's session at one broker, through all its reconnects. Reading happens in on_ready(), all
// writing in flush(): what was read is acknowledged by the flush() after the commit, never before.
//
// A publish with a token is answered by one Published event, sooner or later, as long as the process lives: what was
// not acknowledged when the link broke is published again, what waited goes on waiting; but for what ends with the link
// (Publish::ends_with_link), of which nothing more is heard. What waits without a token and is not retained ends with
// it too.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "gateway/links/anonymous_check.h"
#include "gateway/links/backoff.h"
#include "gateway/links/connector.h"
#include "gateway/links/link_event.h"
#include "gateway/links/mosquitto_client.h"
#include "gateway/links/publish_queue.h"

namespace ferry {

class BrokerLink final : public Pollable, private MosquittoEvents {
 public:
  struct Settings {
    std::string host;
    std::uint16_t port = 1883;
    std::string username, password_file, cafile;
    std::string root;
    bool mqtt5 = true;  // try it first
    std::uint32_t max_in_flight = 1000;
    bool allow_anonymous = false;
    std::string client_id;  // a secret: who knows it can take the session over. Never logged
    std::string will_topic, will_payload;
  };
  static constexpr Duration step_time = 10 * second;        // from the connection to CONNACK
  static constexpr int read_per_tick = 512;                 // publishes; then the others get their turn
  static constexpr std::size_t most_sent_bytes = 4U << 20;  // unacknowledged, which the library keeps in memory
  static constexpr Duration misc_interval = second;

  BrokerLink(Poller& poller, Inbox& inbox, Settings settings, std::uint64_t seed);
  ~BrokerLink();
  BrokerLink(const BrokerLink&) = delete;
  BrokerLink& operator=(const BrokerLink&) = delete;

  void start(Steady now);
  bool up() const { return state_ == State::up; }
  // Up, subscribed to everything that was asked for at first, and the broker is known to want passwords.
  bool settled() const { return up() && settled_; }

  LinkReport report() const;
  std::size_t queued() const { return queue_.size(); }
  std::size_t queued_bytes() const { return queue_.bytes(); }
  std::uint64_t dropped() const { return queue_.dropped(); }

  void publish(Publish publish);
  void subscribe(const Subscribe& subscribe);  // when the link is not up: nothing happens
  void unsubscribe(const std::string& filter);
  void flush(Steady now);  // the write phase: publishes, PUBACKs, keep-alive

  std::size_t waiting() const { return queue_.size() + unacknowledged_.size(); }
  std::size_t waiting_bytes() const { return queue_.bytes() + sent_bytes_; }
  void set_read_share(double share) { read_share_ = share; }  // of read_per_tick
  bool idle() const { return waiting() == 0 && !client_.want_write(); }
  void close(Steady now);  // DISCONNECT; no reconnect after this
  bool closed() const { return state_ == State::closed; }
  bool wants_read_again() const { return read_again_; }  // there is more than one tick's share: do not wait

  std::optional<Steady> deadline() const;
  void on_time(Steady now);
  void on_ready(std::uint32_t events) override;

 private:
  // down: waiting for the next attempt. probing: is anybody there? connecting: TLS and CONNECT, until CONNACK.
  enum class State { down, probing, connecting, up, closing, closed };
  void probe(Steady now);
  void probed(int fd);
  void read(Steady now);
  void hand_over();
  void put_back_unacknowledged();
  void down(const std::string& reason, Steady now, bool patiently = false, const std::string& advice = {});
  void refused(int reason, Steady now);
  void watch();

  void on_connack(const Connack& connack) override;
  void on_message(InPublish publish) override;
  void on_puback(int mid, int reason) override;
  void on_suback(int mid, bool refused) override;
  void on_complaint(std::string text) override;

  Poller& poller_;
  Inbox& inbox_;
  Settings settings_;
  Backoff backoff_;
  Connector connector_;
  MosquittoClient client_;
  AnonymousCheck anonymous_;
  PublishQueue queue_;
  struct Sent {
    std::int64_t token = 0;  // 0: nobody waits
    int qos = 1;
    std::size_t bytes = 0;
    std::uint64_t number = 0;  // in the order of hand_over()
    Publish again;             // empty where it ends with the link
  };
  std::unordered_map<int, Sent> unacknowledged_;  // by mid
  std::size_t sent_bytes_ = 0;                    // of these
  std::uint64_t handed_over_ = 0;
  double read_share_ = 1;
  std::unordered_map<int, std::string> subscribing_;  // mid -> filter
  State state_ = State::down;
  int watched_ = -1;
  bool mqtt5_, mqtt5_proved_ = false;
  int silent_closes_ = 0;       // in a row: the broker closed after CONNECT without a word
  std::optional<int> refusal_;  // CONNACK's, until the library has closed the connection
  std::size_t window_ = 1;
  int most_qos_ = 1;
  bool read_again_ = false, settled_ = false, ending_ = false;
  Steady until_ = 0, next_misc_ = 0, up_since_ = 0, down_since_ = 0;
  std::uint64_t dropped_logged_ = 0;
  std::string last_problem_, last_advice_;  // logged once per change
};

}  // namespace ferry
