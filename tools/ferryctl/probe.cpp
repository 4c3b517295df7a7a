#include "tools/ferryctl/probe.h"

#include <poll.h>

#include <algorithm>

#include "gateway/links/poller.h"

namespace ferry {
namespace {

MosquittoClient::Settings settings(const Probe::Trial& trial, std::string client_id) {
  MosquittoClient::Settings s;
  s.id = std::move(client_id);
  s.clean = true;
  s.cafile = trial.cafile;
  return s;
}

}  // namespace

bool Probe::Trial::run_until(const std::function<bool()>& condition, int ms) {
  const Steady until = steady_now() + ms;
  for (;;) {
    for (Probe* p : probes)
      if (p->alive_) p->turn();
    if (condition()) return true;
    const Steady left = until - steady_now();
    if (left <= 0) return false;
    std::vector<pollfd> polled;
    for (Probe* p : probes)
      if (p->alive_)
        polled.push_back({p->client_.fd(), static_cast<short>(POLLIN | (p->client_.want_write() ? POLLOUT : 0)), 0});
    constexpr Steady step = 100;  // ms; TLS may hold bytes that poll() does not see
    ::poll(polled.data(), polled.size(), static_cast<int>(std::min(left, step)));
  }
}

Probe::Probe(Trial& trial, std::string client_id, Login login)
    : trial_(trial),
      login_(std::move(login)),
      client_(static_cast<MosquittoEvents&>(*this), settings(trial, std::move(client_id))) {
  trial_.probes.push_back(this);
}

Probe::~Probe() {
  std::erase(trial_.probes, this);
  if (!up_) return;
  client_.disconnect();
  client_.write();
}

int Probe::connect() {
  connack_.reset();
  pubacks_.clear();
  subacks_.clear();
  client_.set_protocol(trial_.mqtt5);
  client_.set_login(login_.username, login_.password);
  lost_ = client_.connect(trial_.host, trial_.port);
  if (!lost_.empty()) return -1;
  alive_ = true;
  trial_.run_until([&] { return connack_ || !alive_; });
  up_ = alive_ && connack_ == 0;
  if (up_) return 0;
  alive_ = false;
  if (lost_.empty()) lost_ = "no answer";
  return connack_ ? *connack_ : -1;
}

void Probe::turn() {
  constexpr int budget = 200;
  const bool lost =
      !client_.write() || !client_.misc() || client_.read(budget) == MosquittoClient::Read::lost || !client_.write();
  if (!lost) return;
  alive_ = up_ = false;
  lost_ = client_.lost_reason();
}

void Probe::on_message(InPublish publish) {
  if (received_.size() < max_kept) received_.push_back(std::move(publish));
}

std::optional<int> Probe::publish(const std::string& topic, const std::string& payload, bool retain) {
  Publish p;
  p.topic = topic;
  p.payload = payload;
  p.retain = retain;
  int mid = 0, reason = 0;
  if (!up_) return std::nullopt;
  if (client_.publish(p, 1, "", mid, reason) == MosquittoClient::Sent::refused) return reason;
  trial_.run_until([&] { return pubacks_.contains(mid) || !alive_; });
  const auto it = pubacks_.find(mid);
  return it == pubacks_.end() ? std::nullopt : std::optional<int>(it->second);
}

Probe::Subscribed Probe::subscribe(const std::string& filter) {
  int mid = 0;
  Subscribe wanted;
  wanted.filter = filter;
  wanted.retain_as_published = true;
  if (!up_ || !client_.subscribe(wanted, mid)) return Subscribed::lost;
  trial_.run_until([&] { return subacks_.contains(mid) || !alive_; });
  const auto it = subacks_.find(mid);
  if (it == subacks_.end()) return Subscribed::lost;
  return it->second ? Subscribed::refused : Subscribed::granted;
}

bool Probe::got(const std::string& topic, const std::string& part) const {
  return std::any_of(received_.begin(), received_.end(),
                     [&](const InPublish& p) { return p.topic == topic && p.payload.find(part) != std::string::npos; });
}

}  // namespace ferry
