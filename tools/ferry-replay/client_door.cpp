#include "tools/ferry-replay/client_door.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "gateway/capture/keyed_hash.h"
#include "tools/ferry-replay/listen_socket.h"

namespace ferry::replay {

struct ClientDoor::Connection final : Pollable {
  Connection(ClientDoor& door_, int fd_, const std::string& id, Steady now)
      : door(door_), fd(fd_), since(now), stream(door_.settings_.domain, id, door_.settings_.message_bytes) {}
  void on_ready(std::uint32_t events) override { door.ready(*this, events); }

  ClientDoor& door;
  int fd;
  Steady since;
  ClientStream stream;
  std::unique_ptr<TlsStream> tls;
  bool greeted = false;                // TLS: the stream knows that it is there
  bool available = false;              // it has said so
  std::string account;                 // bound: its bare JID
  std::string out;                     // for the network
  std::size_t sent = 0;                // of out
  std::uint64_t given = 0, taken = 0;  // bytes that were put into out, and that the kernel has; ever
  std::deque<Item> under_way;
};

ClientDoor::ClientDoor(Poller& poller, Settings settings, std::unique_ptr<TlsServer> tls, Calls calls)
    : poller_(poller),
      settings_(std::move(settings)),
      tls_(std::move(tls)),
      calls_(std::move(calls)),
      accepting_(*this) {
  for (const char c : random_key().substr(0, 8)) {
    const auto byte = static_cast<unsigned char>(c);
    chance_ += "0123456789abcdef"[byte & 15], chance_ += "0123456789abcdef"[byte >> 4];
  }
}

ClientDoor::~ClientDoor() {
  for (auto& [key, connection] : connections_) {
    poller_.forget(connection->fd);
    ::close(connection->fd);
  }
  if (listener_ < 0) return;
  poller_.forget(listener_);
  ::close(listener_);
}

std::string ClientDoor::listen() {
  rlimit files{};  // a descriptor for each session
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
  std::string wrong = listen_at(settings_.host, settings_.port, listener_);
  if (wrong.empty()) poller_.watch(listener_, &accepting_, true, false);
  return wrong;
}

void ClientDoor::accept() {
  const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return;
  if (connections_.size() >= most_connections) {
    ::close(fd);
    return calls_.down("there are " + std::to_string(most_connections) + " connections already");
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  auto connection = std::make_unique<Connection>(*this, fd, chance_ + "-" + std::to_string(++streams_), steady_now());
  if (settings_.direct_tls) connection->tls = std::make_unique<TlsStream>(*tls_);
  Connection* const key = connection.get();
  connections_.emplace(key, std::move(connection));
  poller_.watch(fd, key, true, false);
}

void ClientDoor::ready(Connection& c, std::uint32_t events) {
  if (c.fd >= 0 && events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) read(c);
  if (c.fd >= 0 && events & EPOLLOUT) pump(c);
}

void ClientDoor::read(Connection& c) {
  std::array<char, 64 * 1024> buffer;
  for (std::size_t taken = 0; c.fd >= 0 && taken < read_per_turn;) {
    const ssize_t n = ::recv(c.fd, buffer.data(), buffer.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n <= 0) return drop(c, n < 0 ? std::strerror(errno) : "it closed the connection");
    taken += static_cast<std::size_t>(n);
    take(c, {buffer.data(), static_cast<std::size_t>(n)});
  }
  if (c.fd >= 0) pump(c);
}

void ClientDoor::take(Connection& c, std::string_view bytes) {
  std::string plain;
  bool whole = true;
  if (c.tls) {
    whole = c.tls->feed(bytes, plain);
    const std::string handshake = c.tls->take();
    c.given += handshake.size();
    c.out += handshake;
    if (c.tls->ready() && !std::exchange(c.greeted, c.tls->ready())) c.stream.secured(c.tls->names());
    bytes = plain;
  }
  if (!bytes.empty() && (!c.tls || c.greeted)) {
    ClientStream::Output output = c.stream.feed(bytes);
    on_output(c, output);
  }
  if (c.fd < 0 || whole) return;
  write(c);  // the alert that says why
  if (c.fd >= 0) drop(c, c.tls->wrong());
}

void ClientDoor::on_output(Connection& c, ClientStream::Output& output) {
  say(c, output.bytes);
  if (output.start_tls && c.fd >= 0) c.tls = std::make_unique<TlsStream>(*tls_);
  if (output.bound && c.fd >= 0) bound(c);
  for (Element& stanza : output.stanzas)
    if (c.fd >= 0) on_stanza(c, std::move(stanza));
  if (c.fd < 0 || output.over.empty()) return;
  write(c);
  if (c.fd >= 0) drop(c, output.over);
}

// RFC 6120, section 7.7.2.2: who comes last has the resource; and here the account.
void ClientDoor::bound(Connection& c) {
  const Jid bare = c.stream.full()->bare();
  c.account = bare.str();
  Account& account = accounts_[c.account];
  if (account.session) {
    Connection& other = *account.session;
    say(other, ClientStream::error("conflict"));
    write(other);
    drop(other, "it logged in anew");
  }
  account.session = &c;
  calls_.up(bare);
}

void ClientDoor::on_stanza(Connection& c, Element stanza) {
  if (stanza.name == "presence" && !stanza.attr("to")) c.available = stanza.attr_or("type").empty();
  calls_.stanza(c.stream.full()->bare(), std::move(stanza));
}

bool ClientDoor::up(const std::string& account) const {
  const auto it = accounts_.find(account);
  return it != accounts_.end() && it->second.session;
}

bool ClientDoor::available(const std::string& account) const {
  const auto it = accounts_.find(account);
  return it != accounts_.end() && it->second.session && it->second.session->available;
}

void ClientDoor::send(const std::string& account, std::string stanza, std::uint64_t tag) {
  waiting_bytes_ += stanza.size();
  accounts_[account].queue.push_back({std::move(stanza), tag});
}

void ClientDoor::answer(const std::string& account, const std::string& stanza) {
  const auto it = accounts_.find(account);
  if (it == accounts_.end() || !it->second.session) return;
  say(*it->second.session, stanza);
}

void ClientDoor::flush(const std::string& account) {
  const auto it = accounts_.find(account);
  if (it != accounts_.end() && it->second.session) pump(*it->second.session);
}

void ClientDoor::say(Connection& c, std::string_view bytes) {
  if (c.fd < 0 || bytes.empty()) return;
  std::string cipher;
  if (c.tls) {
    if (!c.tls->write(bytes)) return drop(c, c.tls->wrong());
    cipher = c.tls->take();
    bytes = cipher;
  }
  c.given += bytes.size();
  c.out += bytes;
  if (c.out.size() - c.sent > most_unread) drop(c, "it does not read");
}

// What waits for its account, as far as the socket takes it. Not earlier: of what is encrypted and lost with the
// connection nobody could say to the next one where it was cut.
void ClientDoor::pump(Connection& c) {
  const auto it = accounts_.find(c.account);
  while (c.available && it != accounts_.end() && it->second.session == &c) {
    std::deque<Item>& queue = it->second.queue;
    while (!queue.empty() && c.out.size() - c.sent < ahead) {
      c.under_way.push_back(std::move(queue.front()));
      queue.pop_front();
      say(c, c.under_way.back().stanza);
      if (c.fd < 0) return;
      c.under_way.back().end = c.given;
    }
    write(c);
    if (c.fd < 0) return;
    if (queue.empty() || c.sent < c.out.size()) break;
  }
  write(c);
  if (c.fd >= 0) poller_.watch(c.fd, &c, true, c.sent < c.out.size());
}

void ClientDoor::write(Connection& c) {
  while (c.fd >= 0 && c.sent < c.out.size()) {
    const ssize_t n = ::send(c.fd, c.out.data() + c.sent, c.out.size() - c.sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0) return drop(c, std::strerror(errno));
    c.sent += static_cast<std::size_t>(n);
    c.taken += static_cast<std::uint64_t>(n);
  }
  if (c.sent == c.out.size() || c.sent >= ahead) {
    c.out.erase(0, c.sent);
    c.sent = 0;
  }
  while (!c.under_way.empty() && c.under_way.front().end != 0 && c.under_way.front().end <= c.taken) {
    const Item item = std::move(c.under_way.front());
    c.under_way.pop_front();
    waiting_bytes_ -= item.stanza.size();
    calls_.sent(item.tag);
  }
}

void ClientDoor::drop(Connection& c, const std::string& reason) {
  if (c.fd < 0) return;
  poller_.forget(c.fd);
  ::close(std::exchange(c.fd, -1));
  c.available = false;
  if (const auto it = accounts_.find(c.account); it != accounts_.end() && it->second.session == &c) {
    it->second.session = nullptr;
    for (; !c.under_way.empty(); c.under_way.pop_back()) {
      c.under_way.back().end = 0;
      it->second.queue.push_front(std::move(c.under_way.back()));
    }
  }
  calls_.down((c.account.empty() ? "a client" : c.account) + ": " + reason);
  if (const auto it = connections_.find(&c); it != connections_.end()) {
    gone_.push_back(std::move(it->second));
    connections_.erase(it);
  }
}

void ClientDoor::on_time(Steady now) {
  gone_.clear();
  if (now - looked_at_ < second) return;
  looked_at_ = now;
  std::vector<Connection*> late;
  for (const auto& [key, connection] : connections_)
    if (connection->account.empty() && now - connection->since >= login_time) late.push_back(key);
  for (Connection* connection : late) drop(*connection, "it did not log in");
}

void ClientDoor::close() {
  std::vector<Connection*> all;
  for (const auto& [key, connection] : connections_) all.push_back(key);
  for (Connection* connection : all) {
    if (!connection->account.empty()) say(*connection, "</stream:stream>");
    if (connection->fd >= 0) write(*connection);
    if (connection->fd >= 0) drop(*connection, "the replay is over");
  }
  gone_.clear();
  if (listener_ < 0) return;
  poller_.forget(listener_);
  ::close(std::exchange(listener_, -1));
}

}  // namespace ferry::replay
