#include "gateway/links/broker_link.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "config/options.h"
#include "gateway/links/broker_advice.h"

namespace ferry {
namespace {

constexpr int unsupported_protocol = 0x84;

// Many small write()s of libmosquitto become few segments: with 20 publishes a tick it saves a quarter of our CPU for
// them and a fifth of Mosquitto's (measured on loopback); with one a tick it costs nothing that can be measured.
class Cork {
 public:
  explicit Cork(int fd) : fd_(fd) { set(1); }
  ~Cork() { set(0); }
  Cork(const Cork&) = delete;
  Cork& operator=(const Cork&) = delete;

 private:
  void set(int on) const { ::setsockopt(fd_, IPPROTO_TCP, TCP_CORK, &on, sizeof on); }
  int fd_;
};

MosquittoClient::Settings client_settings(const BrokerLink::Settings& s) {
  MosquittoClient::Settings out;
  out.id = s.client_id;
  out.cafile = s.cafile;
  out.will_topic = s.will_topic;
  out.send_maximum = s.max_in_flight;
  return out;
}

}  // namespace

BrokerLink::BrokerLink(Poller& poller, Inbox& inbox, Settings settings, std::uint64_t seed)
    : poller_(poller),
      inbox_(inbox),
      settings_(std::move(settings)),
      backoff_(seed),
      connector_(poller, settings_.host, settings_.port, [this](int fd) { probed(fd); }),
      client_(*this, client_settings(settings_)),
      anonymous_(poller, inbox),
      mqtt5_(settings_.mqtt5) {}

BrokerLink::~BrokerLink() {
  if (watched_ >= 0) poller_.forget(watched_);
}

void BrokerLink::start(Steady now) {
  down_since_ = now;
  probe(now);
}

LinkReport BrokerLink::report() const {
  const std::string address = settings_.host + ":" + std::to_string(settings_.port);
  if (up()) return {"broker", address, true, up_since_, {}, {}, {}};
  const auto next = state_ == State::down ? std::optional(until_) : std::nullopt;
  return {"broker", address, false, down_since_, last_problem_, last_advice_, next};
}

void BrokerLink::probe(Steady now) {
  state_ = State::probing;
  connector_.start(now);
}

// COMPAT(libmosquitto): its connect blocks, for minutes where packets vanish. So a connection of ours tries first; it
// is not the one that MQTT will use. Without TLS libmosquitto gets the address that answered; with TLS it needs the
// name.
void BrokerLink::probed(int fd) {
  const Steady now = steady_now();
  if (fd < 0) return down(connector_.reason(), now);
  ::close(fd);
  std::string password;
  if (!settings_.password_file.empty()) {
    const auto secret = read_secret(settings_.password_file);  // again each time: it may have been changed
    if (!secret) return down(format_problem(secret.error()), now, true);
    password = *secret;
  }
  client_.set_protocol(mqtt5_);
  client_.set_login(settings_.username, password);
  client_.set_will(settings_.will_payload);
  refusal_.reset();
  state_ = State::connecting;
  until_ = now + step_time;
  const std::string wrong =
      client_.connect(settings_.cafile.empty() ? connector_.address() : settings_.host, settings_.port);
  if (!wrong.empty()) return down(wrong, now);
  watched_ = client_.fd();
  if (!client_.write()) return down(client_.lost_reason(), now);  // CONNECT; nothing else can be queued yet
  watch();
}

void BrokerLink::watch() { poller_.watch(watched_, this, true, client_.want_write()); }

void BrokerLink::on_ready(std::uint32_t events) {
  // EPOLLOUT is flush()'s: PUBACKs of this very tick may be queued already.
  if (watched_ >= 0 && (events & ~std::uint32_t{EPOLLOUT} || state_ == State::connecting)) read(steady_now());
}

void BrokerLink::read(Steady now) {
  read_again_ = false;
  const auto result = client_.read(std::max(1, static_cast<int>(read_share_ * read_per_tick)));
  if (result == MosquittoClient::Read::lost) {
    if (refusal_ && *refusal_ != 0) return refused(*refusal_, now);
    if (state_ == State::connecting && mqtt5_ && !mqtt5_proved_ && ++silent_closes_ >= 2) {
      mqtt5_ = false;  // COMPAT(old brokers): some hang up on an MQTT 5 CONNECT instead of answering
      silent_closes_ = 0;
    } else if (state_ == State::connecting && !mqtt5_ && settings_.mqtt5 && !mqtt5_proved_) {
      mqtt5_ = true;  // it was not that
    }
    return down(
        client_.lost_reason(), now, client_.taken_over(),
        client_.taken_over() ? "another gateway uses this one's client id: is its database a copy of ours?" : "");
  }
  if (state_ == State::connecting) {
    // A peer that hung up during the TLS handshake is not noticed by libmosquitto.
    char byte = 0;
    if (::recv(watched_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0) return down("the broker closed the connection", now);
  }
  read_again_ = result == MosquittoClient::Read::more && state_ == State::up;
}

void BrokerLink::refused(int reason, Steady now) {
  if (reason == unsupported_protocol && mqtt5_) {
    mqtt5_ = false;  // until a restart
    inbox_.say(LogLine::Level::info,
               "event=broker.downgraded version=3.1.1 reason=" + log_value("the broker does not speak MQTT 5"));
    down("no MQTT 5", now);
    until_ = now;
    return;
  }
  down("the broker refused us: " + broker_refusal(reason), now, true, broker_advice(reason));
}

void BrokerLink::on_connack(const Connack& connack) {
  refusal_ = connack.reason;
  if (connack.reason != 0) return;
  const Steady now = steady_now();
  state_ = State::up;
  up_since_ = now;
  next_misc_ = now + misc_interval;
  settled_ = false;
  silent_closes_ = 0;
  mqtt5_proved_ = mqtt5_proved_ || mqtt5_;
  last_problem_.clear();
  subscribing_.clear();
  window_ = std::max<std::size_t>(1, std::min<std::size_t>(settings_.max_in_flight, connack.receive_maximum));
  most_qos_ = std::min(1, connack.maximum_qos);
  inbox_.events.emplace_back(BrokerUp{connack.session_present, mqtt5_});
  inbox_.say(LogLine::Level::info,
             "event=link.up link=broker host=" + log_value(settings_.host) + " port=" + std::to_string(settings_.port) +
                 " version=" + (mqtt5_ ? "5" : "3.1.1") + " session=" + (connack.session_present ? "present" : "new") +
                 " tls=" + (settings_.cafile.empty() ? "no" : "yes"));
  if (most_qos_ < 1)
    inbox_.say(LogLine::Level::warning,
               "event=broker.qos-missing advice=" + log_value("this broker can lose messages: it takes QoS 0 only"));
  if (!settings_.allow_anonymous && !anonymous_.over() && !anonymous_.running())
    anonymous_.start(settings_.cafile.empty() ? connector_.address() : settings_.host, settings_.port, settings_.cafile,
                     mqtt5_, static_cast<std::uint64_t>(backoff_.longest()) + static_cast<std::uint64_t>(now), now);
}

void BrokerLink::on_message(InPublish publish) { inbox_.events.emplace_back(std::move(publish)); }

void BrokerLink::on_puback(int mid, int reason) {
  const auto it = unacknowledged_.find(mid);
  if (it == unacknowledged_.end()) return;
  if (it->second.token != 0) inbox_.events.emplace_back(Published{it->second.token, reason});
  sent_bytes_ -= it->second.bytes;
  unacknowledged_.erase(it);
}

void BrokerLink::on_suback(int mid, bool was_refused) {
  const auto it = subscribing_.find(mid);
  if (it == subscribing_.end()) return;
  if (was_refused)
    inbox_.say(LogLine::Level::error, "event=broker.subscribe-refused filter=" + log_value(it->second) + " advice=" +
                                          log_value("the broker's ACL must let the gateway read this filter"));
  subscribing_.erase(it);
}

void BrokerLink::on_complaint(std::string text) {
  inbox_.say(LogLine::Level::warning, "event=broker.complained text=" + log_value(text));
}

// A subscription that exists is replaced without a gap, and every retained publish that matches comes again (MQTT 5
// section 3.8.4, 3.1.1 section 3.8.4); no UNSUBSCRIBE first, after which publishes would pass us by.
void BrokerLink::subscribe(const Subscribe& subscribe) {
  int mid = 0;
  if (!up()) return;
  if (client_.subscribe(subscribe, mid))
    subscribing_[mid] = subscribe.filter;
  else
    inbox_.say(LogLine::Level::error, "event=broker.subscribe-failed filter=" + log_value(subscribe.filter));
}

void BrokerLink::unsubscribe(const std::string& filter) {
  if (up()) client_.unsubscribe(filter);
}

void BrokerLink::publish(Publish publish) {
  if (publish.ends_with_link && !up()) return;  // the brain has not heard yet
  queue_.push(std::move(publish));
}

void BrokerLink::hand_over() {
  while (!queue_.empty() &&
         (queue_.front().qos == 0 || (unacknowledged_.size() < window_ && sent_bytes_ < most_sent_bytes))) {
    Publish p = queue_.pop();
    const int qos = std::clamp(p.qos, 0, most_qos_);
    int mid = 0, reason = 0;
    if (client_.publish(p, qos, settings_.root, mid, reason) == MosquittoClient::Sent::queued) {
      if (qos > 0 || p.token != 0) {
        const std::size_t bytes = PublishQueue::size_of(p);
        const std::int64_t token = p.token;
        unacknowledged_[mid] = {token, qos, bytes, ++handed_over_, p.ends_with_link ? Publish() : std::move(p)};
        sent_bytes_ += bytes;
      }
      continue;
    }
    inbox_.say(LogLine::Level::warning, "event=publish.refused topic=" + log_value(p.topic) + " bytes=" +
                                            std::to_string(p.payload.size()) + " reason=" + std::to_string(reason));
    if (p.token != 0) inbox_.events.emplace_back(Published{p.token, reason});
  }
}

void BrokerLink::flush(Steady now) {
  anonymous_.flush();
  if (watched_ < 0) return;
  if (state_ == State::up) {
    hand_over();
    if (now >= next_misc_) {
      next_misc_ = now + misc_interval;
      if (!client_.misc()) return down(client_.lost_reason(), now);
    }
    // The tick that brought the link up has asked for its subscriptions before this.
    settled_ = settled_ || (subscribing_.empty() && (settings_.allow_anonymous || anonymous_.over()));
  }
  if (client_.want_write()) {
    const Cork cork(watched_);
    if (!client_.write() && state_ != State::closing) return down(client_.lost_reason(), now);
  }
  if (state_ == State::closing && client_.fd() < 0) return down("closed", now);  // DISCONNECT is out
  watch();
  if (queue_.dropped() != dropped_logged_) {
    dropped_logged_ = queue_.dropped();
    inbox_.say(LogLine::Level::warning, "event=publish.dropped total=" + std::to_string(dropped_logged_));
  }
}

void BrokerLink::close(Steady now) {
  ending_ = true;
  if (state_ != State::up) return down("closed", now);
  state_ = State::closing;
  until_ = now + 2 * second;
  client_.disconnect();
  flush(now);
}

void BrokerLink::down(const std::string& reason, Steady now, bool patiently, const std::string& advice) {
  connector_.cancel();
  if (watched_ >= 0) {
    poller_.forget(watched_);
    if (client_.fd() == watched_) ::shutdown(watched_, SHUT_RDWR);  // the library closes it with the next connect
  }
  watched_ = -1;
  read_again_ = false;
  subscribing_.clear();
  const State was = std::exchange(state_, State::down);
  if (ending_) {
    state_ = State::closed;
    return;
  }
  if (was == State::up) {
    down_since_ = now;
    inbox_.events.emplace_back(BrokerDown{reason});
    backoff_.was_up(now - up_since_);
    queue_.link_lost();
    put_back_unacknowledged();
  }
  until_ = now + (patiently ? backoff_.longest() : backoff_.next());
  if (reason == last_problem_) return;
  last_problem_ = reason;
  last_advice_ = advice;
  inbox_.say(LogLine::Level::warning, "event=link.down link=broker reason=" + log_value(reason) +
                                          (advice.empty() ? "" : " advice=" + log_value(advice)));
}

// libmosquitto would send them before anything else: before what the broker turns out to have forgotten, and before the
// mark that tells so was read back.
void BrokerLink::put_back_unacknowledged() {
  constexpr int unspecified_error = 0x80;
  client_.forget();
  std::vector<Sent> lost;
  for (auto& [mid, sent] : std::exchange(unacknowledged_, {})) lost.push_back(std::move(sent));
  sent_bytes_ = 0;
  std::sort(lost.begin(), lost.end(), [](const Sent& a, const Sent& b) { return a.number < b.number; });
  std::vector<Publish> again;
  for (Sent& sent : lost) {
    if (sent.again.topic.empty()) continue;
    if (sent.qos > 0)
      again.push_back(std::move(sent.again));
    else  // a broker that takes nothing else cannot be asked for more
      inbox_.events.emplace_back(Published{sent.token, unspecified_error});
  }
  queue_.put_back(std::move(again));
}

std::optional<Steady> BrokerLink::deadline() const {
  std::optional<Steady> out = anonymous_.deadline();
  const auto sooner = [&](std::optional<Steady> t) {
    if (t && (!out || *t < *out)) out = t;
  };
  if (state_ == State::probing)
    sooner(connector_.deadline());
  else if (state_ == State::up)
    sooner(next_misc_);
  else if (state_ != State::closed)
    sooner(until_);
  return out;
}

void BrokerLink::on_time(Steady now) {
  anonymous_.on_time(now);
  if (state_ == State::probing) return connector_.on_time(now);
  if (read_again_ && watched_ >= 0) read(now);  // what TLS holds back does not make the socket readable
  if (now < until_ || state_ == State::up || state_ == State::closed) return;
  if (state_ == State::down) return probe(now);
  down(state_ == State::closing ? "closed" : "no CONNACK in 10 s", now);
}

}  // namespace ferry
