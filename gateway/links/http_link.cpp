// The only file that knows libmicrohttpd.
#include "gateway/links/http_link.h"

#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace ferry {
namespace {

// Our own socket and not libmicrohttpd's: the address and no other, and an errno where it fails.
int listen_on(const addrinfo& address) {
  const int fd = ::socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol);
  if (fd < 0) return -1;
  const int yes = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (address.ai_family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
  constexpr int backlog = 64;
  if (::bind(fd, address.ai_addr, address.ai_addrlen) == 0 && ::listen(fd, backlog) == 0) return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

// The socket, or what is wrong.
std::pair<int, std::string> listen_on(const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string::npos) return {-1, "not HOST:PORT"};
  std::string host = listen.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int bad = ::getaddrinfo(host.c_str(), listen.c_str() + colon + 1, &wanted, &found); bad != 0)
    return {-1, ::gai_strerror(bad)};
  int fd = -1;
  for (const addrinfo* a = found; a && fd < 0; a = a->ai_next) fd = listen_on(*a);
  std::string wrong = fd < 0 ? std::strerror(errno) : "";
  ::freeaddrinfo(found);
  return {fd, std::move(wrong)};
}

}  // namespace

struct HttpLink::Callbacks {
  static MHD_Result on_request(void* link, MHD_Connection* connection, const char* path, const char* method,
                               const char*, const char*, std::size_t*, void**) noexcept {
    try {
      const HttpAnswer answer = static_cast<const HttpLink*>(link)->answer(method, path);
      // The library copies the body; its prototype wants a pointer that is not const.
      MHD_Response* response = MHD_create_response_from_buffer(
          answer.body.size(), const_cast<char*>(answer.body.data()), MHD_RESPMEM_MUST_COPY);  // NOLINT
      if (!response) return MHD_NO;
      MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer.content_type.c_str());
      MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
      MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
      if (answer.status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
      const MHD_Result queued = MHD_queue_response(connection, static_cast<unsigned>(answer.status), response);
      MHD_destroy_response(response);
      return queued;
    } catch (const std::exception&) {  // out of memory: this connection ends, the gateway does not
      return MHD_NO;
    }
  }

  static void on_connection(void* link, MHD_Connection* connection, void**, MHD_ConnectionNotificationCode what) {
    auto& connections = static_cast<HttpLink*>(link)->connections_;
    const int fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
      connections.push_back({fd, steady_now() + lifetime});
    else
      std::erase_if(connections, [&](const Connection& c) { return c.fd == fd; });
  }
};

HttpLink::HttpLink(Poller& poller, std::string listen, HttpPages pages)
    : poller_(poller), listen_(std::move(listen)), pages_(std::move(pages)) {
  connections_.reserve(max_connections);
}

HttpLink::~HttpLink() {
  if (!daemon_) return;
  poller_.forget(epoll_);
  MHD_stop_daemon(daemon_);
}

std::string HttpLink::start() {
  const auto [fd, wrong] = listen_on(listen_);
  if (fd < 0) return listen_ + ": " + wrong;
  // No MHD_USE_INTERNAL_POLLING_THREAD: nothing happens but in MHD_run(), on our thread. The socket is the library's
  // now.
  daemon_ = MHD_start_daemon(MHD_USE_EPOLL, 0, nullptr, nullptr, &Callbacks::on_request, this, MHD_OPTION_LISTEN_SOCKET,
                             fd, MHD_OPTION_CONNECTION_LIMIT, max_connections, MHD_OPTION_CONNECTION_TIMEOUT,
                             static_cast<unsigned>(lifetime / second), MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory,
                             MHD_OPTION_NOTIFY_CONNECTION, &Callbacks::on_connection, static_cast<void*>(this),
                             MHD_OPTION_END);
  if (!daemon_) return listen_ + ": libmicrohttpd does not start";
  epoll_ = MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
  poller_.watch(epoll_, this, true, false);
  return {};
}

std::optional<Steady> HttpLink::deadline() const {
  if (!daemon_) return std::nullopt;
  std::optional<Steady> soonest;
  MHD_UNSIGNED_LONG_LONG wait = 0;
  constexpr MHD_UNSIGNED_LONG_LONG longest = 3600 * second;
  if (MHD_get_timeout(daemon_, &wait) == MHD_YES) soonest = steady_now() + static_cast<Steady>(std::min(wait, longest));
  if (!connections_.empty())
    soonest = std::min(soonest.value_or(connections_.front().until), connections_.front().until);
  return soonest;
}

void HttpLink::on_time(Steady now) {
  const auto due = deadline();
  if (!due || *due > now) return;
  // The library's own time-out begins again with every byte; ours does not. It sees the shutdown as the client's end.
  for (Connection& c : connections_) {
    if (c.until > now) break;
    ::shutdown(c.fd, SHUT_RDWR);
    c.until = now + second;  // should that not have been enough
  }
  std::stable_sort(connections_.begin(), connections_.end(),
                   [](const Connection& a, const Connection& b) { return a.until < b.until; });
  run();
}

void HttpLink::on_ready(std::uint32_t) { run(); }

// COMPAT(libmicrohttpd): at its limit it stops to look for new connections, and only the MHD_run() after the one that
// closed some looks again. Nothing would wake us for that.
void HttpLink::run() {
  std::size_t before = 0;
  do {
    before = connections_.size();
    MHD_run(daemon_);
  } while (connections_.size() < before);
}

HttpAnswer HttpLink::answer(std::string_view method, std::string_view path) const {
  if (method != MHD_HTTP_METHOD_GET && method != MHD_HTTP_METHOD_HEAD)
    return {MHD_HTTP_METHOD_NOT_ALLOWED, "GET and HEAD only\n"};
  const auto page = pages_.find(path);
  if (page != pages_.end()) return page->second();
  HttpAnswer none{MHD_HTTP_NOT_FOUND, "There are:\n"};
  for (const auto& [known, make] : pages_) none.body += known + "\n";
  return none;
}

}  // namespace ferry
