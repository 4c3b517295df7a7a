#include "gateway/links/component_link.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "config/options.h"
#include "gateway/links/component_advice.h"
#include "gateway/links/handshake.h"

namespace ferry {
namespace {

constexpr std::string_view end_of_stream = "</stream:stream>";

XmlLimits limits_for(std::size_t bytes) {
  XmlLimits limits;
  limits.bytes = bytes;
  limits.elements = std::max<std::size_t>(limits.elements, bytes / 64);
  return limits;
}

void no_delay(int fd, int option) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, option, &on, sizeof on);
}

std::string stream_header(std::string_view domain) {
  std::string out =
      "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
      "xmlns:stream='http://etherx.jabber.org/streams' to='";
  append_escaped(out, domain);
  return out + "'>";
}

}  // namespace

ComponentLink::ComponentLink(Poller& poller, Inbox& inbox, Settings settings, std::uint64_t seed)
    : poller_(poller),
      inbox_(inbox),
      settings_(std::move(settings)),
      backoff_(seed),
      connector_(poller, settings_.host, settings_.port, [this](int fd) { connected(fd); }) {}

ComponentLink::~ComponentLink() { drop_socket(); }

void ComponentLink::start(Steady now) {
  down_since_ = now;
  connect(now);
}

LinkReport ComponentLink::report() const {
  const std::string address = settings_.host + ":" + std::to_string(settings_.port);
  if (up()) return {"component", address, true, up_since_, {}, {}, {}};
  const auto next = state_ == State::down ? std::optional(until_) : std::nullopt;
  return {"component", address, false, down_since_, last_problem_, last_advice_, next};
}

void ComponentLink::connect(Steady now) {
  state_ = State::connecting;
  connector_.start(now);
}

void ComponentLink::connected(int fd) {
  const Steady now = steady_now();
  if (fd < 0)
    return down(connector_.reason(), now, false,
                "is the server's component listener on " + settings_.host + ":" + std::to_string(settings_.port) + "?");
  fd_ = fd;
  no_delay(fd_, TCP_NODELAY);
  reader_.emplace(limits_for(handshake_stanza));
  out_ = stream_header(settings_.domain);
  sent_ = 0;
  step(State::stream_sent, now);
  write(now);
}

void ComponentLink::step(State state, Steady now) {
  state_ = state;
  until_ = now + step_time;
}

void ComponentLink::on_ready(std::uint32_t events) {
  const Steady now = steady_now();
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) read(now);
  if (fd_ >= 0 && events & EPOLLOUT) write(now);  // what was committed before and did not fit
}

void ComponentLink::read(Steady now) {
  std::array<char, 64 * 1024> buffer;
  const auto share = static_cast<std::size_t>(read_share_ * static_cast<double>(read_per_tick));
  for (std::size_t taken = 0; fd_ >= 0 && taken < share;) {
    const ssize_t n = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n < 0) return down(std::strerror(errno), now);
    if (n == 0) return down("the server closed the connection", now);
    // COMPAT(Prosody): it leaves Nagle on, so what it sends next waits for our delayed ACK. The option does not last.
    no_delay(fd_, TCP_QUICKACK);
    taken += static_cast<std::size_t>(n);
    items_.clear();
    reader_->feed({buffer.data(), static_cast<std::size_t>(n)}, items_);
    for (StreamItem& item : items_) {
      if (fd_ < 0) return;
      take(item, now);
    }
  }
}

void ComponentLink::take(StreamItem& item, Steady now) {
  if (const auto* header = std::get_if<StreamHeader>(&item)) return take_header(*header, now);
  if (auto* element = std::get_if<Element>(&item)) return take_element(*element, now);
  if (auto* refused = std::get_if<Refused>(&item)) {
    if (up() || state_ == State::closing) inbox_.events.emplace_back(std::move(*refused));
    return;
  }
  if (const auto* fault = std::get_if<StreamFault>(&item)) {
    out_ += "<stream:error><" + fault->condition + " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>";
    out_ += end_of_stream;
    write(now);
    return down("the server's stream is broken: " + fault->condition + ", " + fault->text, now);
  }
  down("the server closed the stream", now);
}

void ComponentLink::take_header(const StreamHeader& header, Steady now) {
  if (state_ != State::stream_sent) return down("a second stream header", now);
  // COMPAT(other servers): some answer in jabber:client.
  if (!header.element.is("stream", ns::stream) ||
      (header.content_ns != ns::component && header.content_ns != ns::client))
    return down("this is no component listener: its stream is for " + header.content_ns, now, true,
                "component.port must be the listener for external components, not the one for clients or servers");
  const std::string* id = header.element.attr("id");
  if (!id || id->empty()) return;  // a header without an id precedes a stream error
  const auto secret = read_secret(settings_.secret_file);
  if (!secret) return down(format_problem(secret.error()), now, true);
  const std::string digest = handshake_digest(*id, *secret);
  if (digest.empty()) return down("this system's OpenSSL refuses SHA-1, which XEP-0114 needs", now, true);
  out_ += "<handshake>" + digest + "</handshake>";
  reader_->set_limits(limits_for(2 * settings_.message_bytes + 64 * 1024));
  step(State::handshake_sent, now);
  write(now);
}

void ComponentLink::take_element(Element& element, Steady now) {
  if (element.is("error", ns::stream)) return stream_error(element, now);
  if (up() || state_ == State::closing) {
    inbox_.events.emplace_back(std::move(element));
    return;
  }
  if (state_ != State::handshake_sent || !element.is("handshake", ns::client))
    return down("<" + element.name + "/> instead of a handshake", now, true);
  state_ = State::up;
  up_since_ = now;
  last_problem_.clear();
  inbox_.events.emplace_back(ComponentUp{});
  inbox_.say(LogLine::Level::info, "event=link.up link=component host=" + log_value(settings_.host) + " port=" +
                                       std::to_string(settings_.port) + " domain=" + log_value(settings_.domain));
}

void ComponentLink::stream_error(const Element& error, Steady now) {
  const Element* first = error.first_child();
  const std::string condition = first ? first->name : "undefined-condition";
  const Element* text = error.child("text", ns::stream_error);
  down("stream error " + condition + (text ? ": " + text->text() : ""), now, is_lasting(condition),
       component_advice(condition));
}

void ComponentLink::send(std::string_view stanza) {
  if (up()) out_ += stanza;
}

void ComponentLink::flush(Steady now) {
  if (!up() && state_ != State::closing) return;
  if (!flushed()) write(now);
}

void ComponentLink::write(Steady now) {
  while (sent_ < out_.size()) {
    const ssize_t n = ::send(fd_, out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0) return down(std::strerror(errno), now);
    sent_ += static_cast<std::size_t>(n);
    last_sent_ = now;
  }
  constexpr std::size_t worth_moving = 1U << 20;
  if (flushed()) {
    out_.clear();
    sent_ = 0;
  } else if (sent_ > worth_moving && sent_ > out_.size() / 2) {
    out_.erase(0, sent_);
    sent_ = 0;
  }
  if (out_.size() - sent_ > out_limit) return down("the server takes nothing any more", now);
  poller_.watch(fd_, this, true, !flushed());
}

void ComponentLink::reconnect(const std::string& reason, Steady now) {
  if (state_ == State::closing || state_ == State::closed || state_ == State::down) return;
  down(reason, now);
}

void ComponentLink::close(Steady now) {
  if (state_ != State::up) {
    drop_socket();
    state_ = State::closed;
    return;
  }
  state_ = State::closing;
  until_ = now + close_time;
  out_ += end_of_stream;
  write(now);
}

void ComponentLink::drop_socket() {
  connector_.cancel();
  if (fd_ < 0) return;
  poller_.forget(fd_);
  ::close(std::exchange(fd_, -1));
}

void ComponentLink::down(const std::string& reason, Steady now, bool patiently, const std::string& advice) {
  drop_socket();
  out_.clear();
  sent_ = 0;
  const State was = std::exchange(state_, State::down);
  if (was == State::closing) {
    state_ = State::closed;
    return;
  }
  if (was == State::up) {
    down_since_ = now;
    inbox_.events.emplace_back(ComponentDown{reason});
    backoff_.was_up(now - up_since_);
  }
  until_ = now + (patiently ? backoff_.longest() : backoff_.next());
  if (reason == last_problem_) return;
  last_problem_ = reason;
  last_advice_ = advice;
  inbox_.say(LogLine::Level::warning, "event=link.down link=component reason=" + log_value(reason) +
                                          (advice.empty() ? "" : " advice=" + log_value(advice)));
}

std::optional<Steady> ComponentLink::deadline() const {
  switch (state_) {
    case State::connecting:
      return connector_.deadline();
    case State::closed:
      return std::nullopt;
    case State::up:
      return settings_.keepalive > 0 ? std::optional<Steady>(last_sent_ + settings_.keepalive) : std::nullopt;
    default:
      return until_;
  }
}

void ComponentLink::on_time(Steady now) {
  if (state_ == State::connecting) return connector_.on_time(now);
  const auto due = deadline();
  if (!due || now < *due) return;
  if (state_ == State::down) return connect(now);
  if (state_ == State::up) {
    if (!flushed()) {  // it has not taken what was there: a blank would not help
      last_sent_ = now;
      return;
    }
    out_ += ' ';  // Openfire closes streams that say nothing for six minutes
    return write(now);
  }
  down(state_ == State::closing ? "closed" : "no answer to the handshake in 10 s", now);
}

}  // namespace ferry
