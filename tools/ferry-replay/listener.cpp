#include "tools/ferry-replay/listener.h"

#include <algorithm>
#include <utility>

#include "gateway/links/broker_advice.h"

namespace ferry::replay {
namespace {

MosquittoClient::Settings listener_settings(const std::string& cafile) {
  MosquittoClient::Settings s;
  s.id = "ferry-replay-" + std::to_string(steady_now_us());
  s.clean = true;
  s.cafile = cafile;
  s.receive_maximum = 65'535;
  return s;
}

}  // namespace

BrokerListener::BrokerListener(Poller& poller, Settings settings, std::function<void(const InPublish&)> publish)
    : poller_(poller),
      settings_(std::move(settings)),
      publish_(std::move(publish)),
      client_(static_cast<MosquittoEvents&>(*this), listener_settings(settings_.cafile)) {}

BrokerListener::~BrokerListener() {
  if (watched_ >= 0) poller_.forget(watched_);
  if (!alive_) return;
  client_.disconnect();
  client_.write();
}

void BrokerListener::fail(const std::string& why) {
  alive_ = ready_ = false;
  if (watched_ >= 0) poller_.forget(std::exchange(watched_, -1));
  if (wrong_.empty())
    wrong_ = "the broker " + settings_.host + ":" + std::to_string(settings_.port) + ", as " +
             (settings_.username.empty() ? "nobody" : settings_.username) + ": " + why;
}

void BrokerListener::connect() {
  client_.set_protocol(settings_.mqtt5);
  client_.set_login(settings_.username, settings_.password);
  const std::string why = client_.connect(settings_.host, settings_.port);
  if (!why.empty()) return fail(why);
  alive_ = true;
  flush();
}

void BrokerListener::on_connack(const Connack& connack) {
  if (connack.reason != 0) {
    const std::string advice = broker_advice(connack.reason);
    return fail(broker_refusal(connack.reason) + (advice.empty() ? "" : "; " + advice));
  }
  for (const std::string& filter : settings_.filters) {
    int mid = 0;
    if (!client_.subscribe({filter, false, false}, mid)) return fail("cannot subscribe to " + filter);
    ++subscribing_;
  }
}

void BrokerListener::on_suback(int, bool refused) {
  if (refused) return fail("a subscription was refused; the account must be allowed to read all users' in/#");
  ready_ = --subscribing_ == 0;
}

void BrokerListener::on_puback(int, int reason) {
  constexpr int first_refusal = 0x80;
  if (unacknowledged_ > 0) --unacknowledged_;
  if (reason >= first_refusal)
    fail("a publish to a user's out/ was refused; the account must be allowed to write there (see --help)");
}

void BrokerListener::publish(const Publish& p) {
  int mid = 0, reason = 0;
  if (!alive_) return;
  if (client_.publish(p, 1, settings_.root, mid, reason) == MosquittoClient::Sent::refused)
    return fail("a publish was refused, reason " + std::to_string(reason));
  ++unacknowledged_;
}

void BrokerListener::on_ready(std::uint32_t) {
  constexpr int budget = 2'000;
  if (!alive_) return;
  const auto got = client_.read(budget);
  more_ = got == MosquittoClient::Read::more;
  if (got == MosquittoClient::Read::lost && wrong_.empty()) fail(client_.lost_reason() + " " + complaint_);
}

void BrokerListener::on_time(Steady now) {
  if (!alive_) return;
  if (more_) on_ready(0);
  if (now < misc_at_) return;
  misc_at_ = now + second;
  if (!client_.misc()) fail(client_.lost_reason());
}

void BrokerListener::flush() {
  if (!alive_) return;
  if (!client_.write()) return fail(client_.lost_reason());
  const int fd = client_.fd();
  if (watched_ >= 0 && watched_ != fd) poller_.forget(watched_);
  watched_ = fd;
  if (fd >= 0) poller_.watch(fd, this, true, client_.want_write());
}

}  // namespace ferry::replay
