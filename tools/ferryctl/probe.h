// One MQTT connection of a trial: what it publishes and subscribes to is known, what reaches it is kept.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gateway/links/mosquitto_client.h"

namespace ferry {

struct Login {
  std::string username, password;  // empty username: anonymous
};

// One instance is one client, with a clean session and a client id of its own. The calls wait, each at most `patience`;
// meanwhile `loop` keeps all the others going.
class Probe final : private MosquittoEvents {
 public:
  static constexpr int patience = 5'000;           // ms
  static constexpr std::size_t max_kept = 10'000;  // publishes; an open broker may send all that it retains

  struct Trial {  // what the probes of one trial share
    std::string host, cafile;
    std::uint16_t port = 1883;
    bool mqtt5 = true;
    int wait = patience;  // ms
    std::vector<Probe*> probes;
    // Turns all connections until the condition holds. false: it did not within `ms`.
    bool run_until(const std::function<bool()>& condition, int ms);
    bool run_until(const std::function<bool()>& condition) { return run_until(condition, wait); }
  };

  Probe(Trial& trial, std::string client_id, Login login);
  ~Probe();
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  // 0: connected. Above: the reason of CONNACK. Below: no answer, see lost_reason().
  int connect();
  bool connected() const { return up_; }
  const std::string& lost_reason() const { return lost_; }

  // PUBACK's reason (0 in 3.1.1); nothing: none came, the connection is lost. QoS 1.
  std::optional<int> publish(const std::string& topic, const std::string& payload = {}, bool retain = false);
  enum class Subscribed { granted, refused, lost };
  Subscribed subscribe(const std::string& filter);

  const std::vector<InPublish>& received() const { return received_; }
  void forget() { received_.clear(); }
  bool got(const std::string& topic, const std::string& part_of_payload = {}) const;

 private:
  void turn();  // reads and writes what there is
  void on_connack(const Connack& connack) override { connack_ = connack.reason; }
  void on_message(InPublish publish) override;
  void on_puback(int mid, int reason) override { pubacks_[mid] = reason; }
  void on_suback(int mid, bool refused) override { subacks_[mid] = refused; }
  void on_complaint(std::string) override {}

  Trial& trial_;
  Login login_;
  MosquittoClient client_;
  bool up_ = false, alive_ = false;
  std::string lost_;
  std::optional<int> connack_;
  std::map<int, int> pubacks_;
  std::map<int, bool> subacks_;
  std::vector<InPublish> received_;
};

}  // namespace ferry
