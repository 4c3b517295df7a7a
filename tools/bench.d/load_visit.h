// One client that connects, takes what is there for it, and drops without a DISCONNECT.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gateway/links/mosquitto_client.h"

namespace ferry::bench {

class Visit final : private MosquittoEvents {
 public:
  enum class What {
    messages,  // of a persistent session: what waits on in/msg; each is acknowledged with a receipt
    retained,  // a clean session: the roster as retained topics
    request,   // the roster by roster.get, page by page
  };
  struct Settings {
    std::string host, username, password;
    std::uint16_t port = 0;
    What what = What::messages;
    std::string user;          // JID
    std::size_t expected = 0;  // messages or contacts
    // Of a message: is it one that counts? Others are no reason to stay or leave.
    std::function<bool(std::string_view)> counts = [](std::string_view) { return true; };
  };

  explicit Visit(Settings settings);  // connects
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

  int fd() const { return client_.fd(); }
  bool wants_write() const { return client_.want_write(); }
  void turn(bool readable);
  bool done() const { return taken_at_ && unanswered_ == 0; }
  std::size_t taken() const { return taken_; }
  std::optional<std::int64_t> time_ns() const;  // from before the connection to the last of what was expected
  std::size_t errors() const { return errors_; }

 private:
  void on_connack(const Connack& connack) override;
  void on_message(InPublish publish) override;
  void on_puback(int mid, int reason) override;
  void on_suback(int mid, bool refused) override;
  void on_complaint(std::string text) override;

  std::string topic(const char* rest) const { return "im/v1/u/" + settings_.user + rest; }
  void publish(const std::string& topic, std::string payload, bool retain);
  void greet();
  void ask(const std::string& after);
  void take_message(const std::string& payload);
  void take_page(const std::string& payload);
  void took(std::size_t items);

  Settings settings_;
  MosquittoClient client_;
  std::int64_t begin_;
  std::optional<std::int64_t> taken_at_;
  std::size_t taken_ = 0, unanswered_ = 0, errors_ = 0;
};

}  // namespace ferry::bench
