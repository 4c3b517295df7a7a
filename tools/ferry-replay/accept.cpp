#include "tools/ferry-replay/accept.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "gateway/capture/keyed_hash.h"
#include "gateway/links/handshake.h"
#include "tools/ferry-replay/listen_socket.h"

namespace ferry::replay {
namespace {

constexpr std::string_view end_of_stream = "</stream:stream>";
constexpr std::size_t handshake_bytes = 16 * 1024;

XmlLimits accept_limits(std::size_t bytes) {
  XmlLimits limits;
  limits.bytes = bytes;
  limits.elements = std::max<std::size_t>(limits.elements, bytes / 64);
  return limits;
}

std::string random_id() {
  std::string out;
  for (const char c : random_key().substr(0, 8)) {
    const auto byte = static_cast<unsigned char>(c);
    out += "0123456789abcdef"[byte & 15], out += "0123456789abcdef"[byte >> 4];
  }
  return out;
}

}  // namespace

AcceptLink::AcceptLink(Poller& poller, Settings settings, Calls calls)
    : poller_(poller),
      settings_(std::move(settings)),
      calls_(std::move(calls)),
      listening_([this](std::uint32_t) { accept(); }),
      talking_([this](std::uint32_t events) { ready(events); }) {}

AcceptLink::~AcceptLink() {
  for (const int fd : {listener_, fd_}) {
    if (fd < 0) continue;
    poller_.forget(fd);
    ::close(fd);
  }
}

std::string AcceptLink::listen() {
  std::string wrong = listen_at(settings_.host, settings_.port, listener_);
  if (wrong.empty()) poller_.watch(listener_, &listening_, true, false);
  return wrong;
}

void AcceptLink::accept() {
  const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return;
  if (fd_ >= 0) drop("the gateway connected anew");
  fd_ = fd;
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  reader_.emplace(accept_limits(handshake_bytes));
  state_ = State::header;
  poller_.watch(fd_, &talking_, true, false);
}

void AcceptLink::ready(std::uint32_t events) {
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) read();
  if (fd_ >= 0 && events & EPOLLOUT) flush();
}

void AcceptLink::read() {
  std::array<char, 64 * 1024> buffer;
  for (std::size_t taken = 0; fd_ >= 0 && taken < read_per_turn;) {
    const ssize_t n = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) return drop(n < 0 ? std::strerror(errno) : "the gateway closed the connection");
    taken += static_cast<std::size_t>(n);
    items_.clear();
    reader_->feed({buffer.data(), static_cast<std::size_t>(n)}, items_);
    std::vector<StreamItem> items = std::exchange(items_, {});
    for (StreamItem& item : items) {
      if (fd_ < 0) return;
      take(item);
    }
    items_ = std::move(items);
  }
}

void AcceptLink::take(StreamItem& item) {
  if (const auto* header = std::get_if<StreamHeader>(&item)) return take_header(*header);
  if (const auto* fault = std::get_if<StreamFault>(&item)) return refuse(fault->condition);
  if (std::holds_alternative<StreamEnd>(item)) return drop("the gateway ended its stream");
  auto* element = std::get_if<Element>(&item);
  if (!element) return refuse("policy-violation");  // a stanza over the limit, which no gateway sends
  if (state_ == State::up) return calls_.stanza(std::move(*element));
  if (state_ != State::handshake || element->name != "handshake") return refuse("not-authorized");
  const std::string expected = handshake_digest(stream_id_, settings_.secret);
  if (expected.empty() || element->text() != expected) return refuse("not-authorized");
  say("<handshake/>");
  if (fd_ < 0) return;
  reader_->set_limits(accept_limits(2 * settings_.message_bytes + 64 * 1024));
  state_ = State::up;
  calls_.up();
}

void AcceptLink::take_header(const StreamHeader& header) {
  stream_id_ = random_id() + std::to_string(++streams_);
  std::string answer =
      "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
      "xmlns:stream='http://etherx.jabber.org/streams' from='";
  append_escaped(answer, settings_.domain);
  say(answer + "' id='" + stream_id_ + "'>");
  if (fd_ < 0) return;
  if (header.content_ns != ns::component) return refuse("invalid-namespace");
  if (header.element.attr_or("to") != settings_.domain) return refuse("host-unknown");
  state_ = State::handshake;
}

void AcceptLink::refuse(const std::string& condition) {
  say("<stream:error><" + condition + " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>" +
      std::string(end_of_stream));
  drop("a component was refused: " + condition);
}

void AcceptLink::say(const std::string& bytes) {
  if (fd_ < 0 || sent_ != 0) return;
  if (::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
    drop(std::strerror(errno));
}

void AcceptLink::send(std::string stanza, std::uint64_t tag) {
  waiting_bytes_ += stanza.size();
  out_.push_back({std::move(stanza), tag});
}

void AcceptLink::flush() {
  constexpr std::size_t at_once = 64;
  while (state_ == State::up && !out_.empty()) {
    std::array<iovec, at_once> parts{};
    std::size_t count = 0;
    for (const Item& item : out_) {
      if (count == at_once) break;
      const std::size_t skip = count == 0 ? sent_ : 0;
      parts[count++] = {const_cast<char*>(item.bytes.data()) + skip, item.bytes.size() - skip};
    }
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = count;
    const ssize_t n = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0) return drop(std::strerror(errno));
    waiting_bytes_ -= static_cast<std::size_t>(n);
    sent_ += static_cast<std::size_t>(n);
    while (!out_.empty() && sent_ >= out_.front().bytes.size()) {
      sent_ -= out_.front().bytes.size();
      if (out_.front().tag != no_tag) calls_.sent(out_.front().tag);
      out_.pop_front();
    }
  }
  if (fd_ >= 0) poller_.watch(fd_, &talking_, true, state_ == State::up && !out_.empty());
}

void AcceptLink::drop(const std::string& reason) {
  if (fd_ < 0) return;
  poller_.forget(fd_);
  ::close(std::exchange(fd_, -1));
  state_ = State::none;
  waiting_bytes_ += sent_;  // what it had of the first is worth nothing
  sent_ = 0;
  calls_.down(reason);
}

void AcceptLink::close() {
  if (state_ == State::up && sent_ == 0) say(std::string(end_of_stream));
  if (fd_ < 0) return;
  poller_.forget(fd_);
  ::close(std::exchange(fd_, -1));
  state_ = State::none;
}

}  // namespace ferry::replay
