// Does the broker let in clients without a password? Then it would carry anybody's publishes as anybody's (design
// section 10).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "gateway/links/link_event.h"
#include "gateway/links/mosquitto_client.h"
#include "gateway/links/poller.h"

namespace ferry {

// One instance asks once: a second client without credentials connects beside the link, and is gone when it has its
// answer. Without an answer in time it is not decided, which is logged and forbids nothing.
class AnonymousCheck final : public Pollable, private MosquittoEvents {
 public:
  static constexpr Duration patience = 5 * second;

  AnonymousCheck(Poller& poller, Inbox& inbox) : poller_(poller), inbox_(inbox) {}
  ~AnonymousCheck();
  AnonymousCheck(const AnonymousCheck&) = delete;
  AnonymousCheck& operator=(const AnonymousCheck&) = delete;

  void start(const std::string& host, std::uint16_t port, const std::string& cafile, bool mqtt5, std::uint64_t chance,
             Steady now);
  void flush();
  bool running() const { return client_ != nullptr; }
  bool over() const { return over_; }
  std::optional<Steady> deadline() const { return running() ? std::optional<Steady>(until_) : std::nullopt; }
  void on_time(Steady now);
  void on_ready(std::uint32_t) override;

 private:
  void finish(const std::string& undecided = {});
  void on_connack(const Connack& connack) override;
  void on_message(InPublish) override {}
  void on_puback(int, int) override {}
  void on_suback(int, bool) override {}
  void on_complaint(std::string) override {}

  Poller& poller_;
  Inbox& inbox_;
  std::unique_ptr<MosquittoClient> client_;
  std::optional<int> answer_;
  bool over_ = false;
  int watched_ = -1;
  Steady until_ = 0;
};

}  // namespace ferry
