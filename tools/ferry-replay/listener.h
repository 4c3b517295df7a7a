// One MQTT client of a live replay: it listens to what the gateway publishes, and speaks for the pretended devices.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gateway/links/mosquitto_client.h"
#include "gateway/links/poller.h"

namespace ferry::replay {

// One instance is one connection with a clean session. When it is lost, that is the end: what was published meanwhile
// would never be known.
class BrokerListener final : public Pollable, private MosquittoEvents {
 public:
  struct Settings {
    std::string host;
    std::uint16_t port = 1883;
    std::string username, password, cafile, root;
    bool mqtt5 = true;
    std::vector<std::string> filters;
  };
  BrokerListener(Poller& poller, Settings settings, std::function<void(const InPublish&)> publish);
  ~BrokerListener();
  BrokerListener(const BrokerListener&) = delete;
  BrokerListener& operator=(const BrokerListener&) = delete;

  void connect();
  bool ready() const { return ready_; }                // all subscriptions are granted
  const std::string& wrong() const { return wrong_; }  // empty: all is well
  void publish(const Publish& publish);
  std::size_t unacknowledged() const { return unacknowledged_; }
  void on_time(Steady now);  // often; keeps the connection
  void flush();
  void on_ready(std::uint32_t) override;

 private:
  void fail(const std::string& why);
  void on_connack(const Connack& connack) override;
  void on_message(InPublish publish) override { publish_(publish); }
  void on_puback(int, int reason) override;
  void on_suback(int mid, bool refused) override;
  void on_complaint(std::string text) override { complaint_ = std::move(text); }

  Poller& poller_;
  Settings settings_;
  std::function<void(const InPublish&)> publish_;
  MosquittoClient client_;
  bool alive_ = false, ready_ = false, more_ = false;
  int watched_ = -1;
  std::size_t subscribing_ = 0, unacknowledged_ = 0;
  Steady misc_at_ = 0;
  std::string wrong_, complaint_;
};

}  // namespace ferry::replay
