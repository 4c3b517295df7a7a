#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "gateway/links/handshake.h"
#include "tools/bench.d/load_peer.h"

namespace ferry::bench {

namespace {

// The number in the receiver's name: to='follower0012@...'.
std::size_t receiver_of(std::string_view head) {
  std::size_t at = head.find(" to="), number = 0;
  if (at == std::string_view::npos) return 0;
  for (at += 5; at < head.size() && head[at] != '@' && head[at] != '\'' && head[at] != '"'; ++at)
    if (head[at] >= '0' && head[at] <= '9') number = number * 10 + static_cast<std::size_t>(head[at] - '0');
  return number;
}

}  // namespace

ComponentPeer::ComponentPeer(Settings settings) : settings_(std::move(settings)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(settings_.port);
  if (::inet_pton(AF_INET, settings_.host.c_str(), &address.sin_addr) != 1)
    give_up(settings_.host + " is no IPv4 address");
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0 || ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    give_up("cannot connect to " + settings_.host + ":" + std::to_string(settings_.port) + ": " + std::strerror(errno));
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  handshake();
  enter();
}

ComponentPeer::~ComponentPeer() {
  leave();
  ::close(fd_);
}

void ComponentPeer::handshake() {
  std::string in;
  const auto say = [&](const std::string& text) {
    if (::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
      give_up("the server hung up");
  };
  const auto wait = [&](std::string_view what) {
    std::array<char, 4096> buffer;
    while (in.find(what) == std::string::npos) {
      const ssize_t n = ::recv(fd_, buffer.data(), buffer.size(), 0);
      if (n <= 0 || in.find("stream:error") != std::string::npos) give_up(settings_.domain + " was refused: " + in);
      in.append(buffer.data(), static_cast<std::size_t>(n));
    }
  };
  say("<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
      "xmlns:stream='http://etherx.jabber.org/streams' to='" +
      settings_.domain + "'>");
  wait("<stream:stream");
  wait(" id=");
  const std::size_t at = in.find(" id=") + 4;
  const char quote = in[at];
  while (in.find(quote, at + 1) == std::string::npos) wait(std::string_view(&quote, 1));
  say("<handshake>" + handshake_digest(in.substr(at + 1, in.find(quote, at + 1) - at - 1), settings_.secret) +
      "</handshake>");
  wait("<handshake");
}

void ComponentPeer::read() {
  std::array<char, 256 * 1024> buffer;
  const ssize_t n = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) give_up("the XMPP server closed the connection of " + settings_.domain + ": " + in_);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);  // COMPAT(Prosody): it leaves Nagle on
  in_.append(buffer.data(), static_cast<std::size_t>(n));
  take_stanzas();
}

// A scanner for what these servers send here; a parser would make the generator the bottleneck.
void ComponentPeer::take_stanzas() {
  const bool presence = settings_.kind == Kind::presence;
  const std::string_view begin = presence ? "<presence" : "<message", end = presence ? "</presence>" : "</message>";
  std::size_t done = 0;
  for (;;) {
    const std::size_t from = in_.find(begin, done);
    if (from == std::string::npos) {
      done = in_.size() - std::min(in_.size(), begin.size());
      break;
    }
    const std::size_t head_end = in_.find('>', from);
    const bool empty = head_end != std::string::npos && in_[head_end - 1] == '/';
    const std::size_t to = head_end == std::string::npos ? head_end : empty ? head_end + 1 : in_.find(end, from);
    if (to == std::string::npos) {
      done = from;
      break;
    }
    done = empty ? to : to + end.size();
    const std::string_view text = std::string_view(in_).substr(from, done - from);
    const std::string_view head = text.substr(0, text.find('>'));
    if (head.find("type='error'") != std::string_view::npos || head.find("type=\"error\"") != std::string_view::npos)
      ++errors;
    else
      on_message(text, receiver_of(head));
  }
  in_.erase(0, done);
}

void ComponentPeer::write() {
  while (wants_write()) {
    const ssize_t n = ::send(fd_, out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) give_up(std::string("the XMPP server does not read: ") + std::strerror(errno));
    sent_ += static_cast<std::size_t>(n);
  }
  out_.clear();
  sent_ = 0;
}

void ComponentPeer::send(std::size_t seq, std::string_view body) {
  const bool presence = settings_.kind == Kind::presence;
  const std::string type = settings_.kind == Kind::room ? "groupchat" : "chat";
  out_ += presence ? "<presence from='" : "<message type='" + type + "' id='l" + std::to_string(seq) + "' from='";
  out_ += settings_.from(seq);
  out_ += "' to='";
  out_ += settings_.to(seq);
  out_ += presence ? "'><status>" : "'><body>";
  out_ += body;
  out_ += presence ? "</status></presence>" : "</body></message>";
}

}  // namespace ferry::bench
