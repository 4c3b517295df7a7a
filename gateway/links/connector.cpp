#include "gateway/links/connector.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace ferry {
namespace {

constexpr Duration look_again = 10;  // ms between two looks at a name that is being resolved

addrinfo stream_hints(int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  return hints;
}

std::string numeric(const sockaddr* address, socklen_t size) {
  std::array<char, NI_MAXHOST> host{};
  if (::getnameinfo(address, size, host.data(), host.size(), nullptr, 0, NI_NUMERICHOST) != 0) return "?";
  return host.data();
}

}  // namespace

struct Connector::Address {
  sockaddr_storage address;
  socklen_t size;
};

// The resolver's thread writes into this, so it must live until gai_error() says that it is over.
struct Connector::Lookup {
  std::string host, service;
  addrinfo hints = stream_hints(0);
  gaicb request{};
  ~Lookup() {
    if (request.ar_result) ::freeaddrinfo(request.ar_result);
  }
};

Connector::Connector(Poller& poller, std::string host, std::uint16_t port, std::function<void(int)> done)
    : poller_(poller), host_(std::move(host)), port_(port), done_(std::move(done)) {}

Connector::~Connector() { cancel(); }

void Connector::cancel() {
  close_socket();
  state_ = State::idle;
  if (!lookup_) return;
  // A look-up that cannot be cancelled any more still writes: its memory is given up with it.
  if (::gai_cancel(&lookup_->request) == EAI_NOTCANCELED) (void)lookup_.release();
  lookup_.reset();
}

void Connector::start(Steady now) {
  cancel();
  addresses_.clear();
  next_ = 0;
  const addrinfo hints = stream_hints(AI_NUMERICHOST | AI_NUMERICSERV);
  addrinfo* list = nullptr;
  const int numeric_host = ::getaddrinfo(host_.c_str(), std::to_string(port_).c_str(), &hints, &list);
  if (numeric_host != 0) return look_up(now);
  resolved(now, 0, list);
  ::freeaddrinfo(list);
}

void Connector::look_up(Steady now) {
  lookup_ = std::make_unique<Lookup>();
  lookup_->host = host_;
  lookup_->service = std::to_string(port_);
  lookup_->request.ar_name = lookup_->host.c_str();
  lookup_->request.ar_service = lookup_->service.c_str();
  lookup_->request.ar_request = &lookup_->hints;
  state_ = State::resolving;
  gaicb* list = &lookup_->request;
  if (const int error = ::getaddrinfo_a(GAI_NOWAIT, &list, 1, nullptr); error != 0)
    return resolved(now, error, nullptr);
  until_ = now + look_again;
}

void Connector::resolved(Steady now, int error, const addrinfo* list) {
  for (; error == 0 && list; list = list->ai_next) {
    Address& a = addresses_.emplace_back();
    std::memcpy(&a.address, list->ai_addr, list->ai_addrlen);
    a.size = list->ai_addrlen;
  }
  lookup_.reset();
  reason_ = host_ + " cannot be resolved: " + (error == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(error));
  try_next(now);
}

void Connector::try_next(Steady now) {
  while (next_ < addresses_.size()) {
    const Address& a = addresses_[next_++];
    const sockaddr* address = reinterpret_cast<const sockaddr*>(&a.address);  // NOLINT: sockets' own polymorphism
    address_ = numeric(address, a.size);
    fd_ = ::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ >= 0) {
      state_ = State::connecting;
      until_ = now + patience;
      if (::connect(fd_, address, a.size) == 0) return finish(std::exchange(fd_, -1));
      if (errno == EINPROGRESS) return poller_.watch(fd_, this, false, true);
    }
    reason_ = address_ + ": " + std::strerror(errno);
    close_socket();
  }
  finish(-1);
}

void Connector::on_ready(std::uint32_t) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return failed_address(steady_now(), std::strerror(error));
  poller_.forget(fd_);
  finish(std::exchange(fd_, -1));
}

void Connector::failed_address(Steady now, std::string why) {
  reason_ = address_ + ": " + std::move(why);
  close_socket();
  try_next(now);
}

std::optional<Steady> Connector::deadline() const {
  return state_ == State::idle ? std::nullopt : std::optional<Steady>(until_);
}

void Connector::on_time(Steady now) {
  if (state_ == State::idle || now < until_) return;
  if (state_ == State::connecting) return failed_address(now, "no answer in 10 s");
  const int error = ::gai_error(&lookup_->request);
  if (error == EAI_INPROGRESS) {
    until_ = now + look_again;
    return;
  }
  const addrinfo* list = lookup_->request.ar_result;
  const auto keep = std::move(lookup_);  // resolved() lets go of lookup_, but the list is the request's
  resolved(now, error, list);
}

void Connector::close_socket() {
  if (fd_ < 0) return;
  poller_.forget(fd_);
  ::close(std::exchange(fd_, -1));
}

void Connector::finish(int fd) {
  state_ = State::idle;
  done_(fd);
}

}  // namespace ferry
