#include "gateway/session/worker/strophe_client.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strophe.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "gateway/session/tls_files.h"
#include "gateway/session/trouble.h"

namespace ferry {
namespace {

// The only variables outside of objects: a signal handler, and a callback to which the library gives no pointer of
// ours.
volatile std::sig_atomic_t handshake_fd = -1;
volatile std::sig_atomic_t handshake_over = 0;
StropheClient* connecting = nullptr;

// Trap: a TLS handshake waits for the server without limit, and with it every session of this process. Shutting the
// socket down is what a signal handler may do, and ends the library's wait.
void on_alarm(int) {
  handshake_over = 1;
  if (handshake_fd >= 0) ::shutdown(handshake_fd, SHUT_RDWR);
}

void set_alarm(std::int64_t ms) {
  itimerval timer{};
  timer.it_value.tv_sec = ms / 1000;
  timer.it_value.tv_usec = static_cast<suseconds_t>(ms % 1000 * 1000);
  ::setitimer(ITIMER_REAL, &timer, nullptr);
}

void set_option(int fd, int level, int option, int value) { ::setsockopt(fd, level, option, &value, sizeof value); }

// Each time: what was wrong may have been mended since.
std::optional<WorkerDown> wrong_file(const WorkerSettings& settings, const SessionAccount& account) {
  using Why = SessionDown::Why;
  if (std::string wrong = cafile_problem(settings.cafile); !wrong.empty())
    return WorkerDown{Why::tls, false, std::move(wrong),
                      "session.cafile must hold, in PEM, the CA that signed the server's certificate, readable by "
                      "ferryd's user"};
  if (account.certificate_file.empty()) return std::nullopt;
  if (std::string wrong = certificate_problem(account.certificate_file, account.key_file); !wrong.empty())
    return WorkerDown{Why::tls, false, std::move(wrong),
                      "session.certificates must hold UID.crt and its UID.key, in PEM, readable by ferryd's user"};
  return std::nullopt;
}

struct Converting {
  std::size_t elements, bytes;  // still allowed
  const XmlLimits& limits;
};

bool take(std::size_t& left, std::size_t n) {
  if (n > left) return false;
  left -= n;
  return true;
}

// Name, namespace and attributes. Trap: the library drops the namespaces of attributes; `lang` can only have been
// xml:lang (nothing in XMPP has a bare one), what other prefixed attributes there are lose their prefix.
bool convert_head(xmpp_stanza_t* stanza, Element& out, Converting& left) {
  const char* name = xmpp_stanza_get_name(stanza);
  const char* space = xmpp_stanza_get_ns(stanza);
  if (!name) return false;
  out.name = name;
  if (space) out.ns = space;
  const int count = xmpp_stanza_get_attribute_count(stanza);
  if (count < 0 || static_cast<std::size_t>(count) > left.limits.attributes) return false;
  std::vector<const char*> attributes(2 * static_cast<std::size_t>(count));
  if (count > 0) xmpp_stanza_get_attributes(stanza, attributes.data(), 2 * count);
  for (std::size_t i = 0; i + 1 < attributes.size(); i += 2) {
    const std::string_view key = attributes[i], value = attributes[i + 1];
    if (!take(left.bytes, key.size() + value.size())) return false;
    if (key == "lang")
      out.set_lang(value);
    else if (key != "xmlns")
      out.set(key, value);
  }
  return take(left.bytes, out.name.size() + out.ns.size()) && take(left.elements, 1);
}

// False: over a limit. The recursion ends at limits.depth.
bool convert(xmpp_stanza_t* stanza, Element& out, std::size_t depth, Converting& left) {
  if (depth > left.limits.depth || !convert_head(stanza, out, left)) return false;
  for (xmpp_stanza_t* child = xmpp_stanza_get_children(stanza); child; child = xmpp_stanza_get_next(child)) {
    if (xmpp_stanza_is_text(child)) {
      const char* text = xmpp_stanza_get_text_ptr(child);
      const std::string_view view = text ? text : "";
      if (!take(left.bytes, view.size())) return false;
      out.add_text(view);
    } else if (!convert(child, out.add(Element(std::string_view(), out.ns)), depth + 1, left)) {
      return false;
    }
  }
  return true;
}

}  // namespace

StropheLibrary::StropheLibrary() {
  // Trap: the library's send() has no MSG_NOSIGNAL.
  std::signal(SIGPIPE, SIG_IGN);
  // Trap: each connection loads the system's whole CA bundle, 800 kB and 60 ms. There is the one CA file of the
  // settings (Impl::connect) and nothing else.
  ::setenv("SSL_CERT_FILE", "/nonexistent", 1);
  ::setenv("SSL_CERT_DIR", "/nonexistent", 1);
  struct sigaction action {};
  action.sa_handler = on_alarm;
  ::sigaction(SIGALRM, &action, nullptr);
  xmpp_initialize();
}

StropheLibrary::~StropheLibrary() { xmpp_shutdown(); }

struct StropheClient::Impl {
  Impl(StropheClient& self_, Owner& owner_, const WorkerSettings& settings_)
      : self(self_), owner(owner_), settings(settings_), limits(stanza_limits(settings_.message_bytes)) {}
  ~Impl() { free(); }

  void free();
  void fresh();
  void connect(const WorkerLogin& login, bool resume, Steady now);
  void turn(Steady now);
  void announce(bool resumed, bool acknowledges);
  int take(xmpp_stanza_t* stanza);
  void take_management(xmpp_stanza_t* stanza);
  void ended(int error, const xmpp_stream_error_t* stream_error);
  void tell_down();

  static int on_socket(xmpp_conn_t* connection, void* socket);
  static int on_any(xmpp_conn_t*, xmpp_stanza_t* stanza, void* data) { return static_cast<Impl*>(data)->take(stanza); }
  static void on_state(xmpp_conn_t*, xmpp_conn_event_t event, int error, xmpp_stream_error_t* stream_error, void* data);
  static void on_log(void* data, xmpp_log_level_t level, const char* area, const char* text);

  StropheClient& self;
  Owner& owner;
  const WorkerSettings& settings;
  XmlLimits limits;
  xmpp_log_t log{on_log, this};
  xmpp_ctx_t* context = nullptr;
  xmpp_conn_t* connection = nullptr;
  int fd = -1;
  bool freeing = false, tcp = false, secured = false, connected = false, announced = false, over = false;
  Steady connected_at = 0;
  Trouble trouble;  // what the library said about this log-in
  std::optional<WorkerDown> down;
};

// Never inside of a callback.
void StropheClient::Impl::free() {
  freeing = true;  // releasing a connection that is up calls on_state
  if (connection) xmpp_conn_release(std::exchange(connection, nullptr));
  if (context) xmpp_ctx_free(std::exchange(context, nullptr));
  freeing = false;
  fd = -1;
}

void StropheClient::Impl::fresh() {
  free();
  // The log handler is how the library tells why a log-in failed; on_log keeps its own words for it and no line.
  context = xmpp_ctx_new(nullptr, &log);
  connection = context ? xmpp_conn_new(context) : nullptr;
}

int StropheClient::Impl::on_socket(xmpp_conn_t*, void* socket) {
  const int fd = *static_cast<int*>(socket);
  // Trap: select() aborts the process at this number (or, without fortification, writes over the stack).
  if (fd >= FD_SETSIZE || !connecting) return -1;
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  connecting->impl_->fd = fd;
  return 0;
}

void StropheClient::Impl::connect(const WorkerLogin& login, bool resume, Steady now) {
  if (!resume || !connection) fresh();
  tcp = secured = connected = announced = over = false;
  trouble = {};
  down.reset();
  connected_at = now;
  if (!connection) {
    down = WorkerDown{SessionDown::Why::lost, true, "out of memory", {}};
    return tell_down();
  }
  const SessionAccount& account = login.account;
  if (auto wrong = wrong_file(settings, account)) {
    down = std::move(wrong);
    return tell_down();
  }
  // Trap: without this call the library reads uninitialised memory. TLS is never optional: it is also what makes it
  // harmless that the library does not verify the server's SCRAM signature.
  xmpp_conn_set_flags(connection, XMPP_CONN_FLAG_MANDATORY_TLS |
                                      (settings.direct_tls ? static_cast<long>(XMPP_CONN_FLAG_LEGACY_SSL) : 0L));
  xmpp_conn_set_cafile(connection, settings.cafile.c_str());
  const std::string jid = account.jid.str() + (account.resource.empty() ? "" : "/" + account.resource);
  xmpp_conn_set_jid(connection, jid.c_str());
  if (!account.password.empty()) xmpp_conn_set_pass(connection, account.password.c_str());
  if (!account.certificate_file.empty())
    xmpp_conn_set_client_cert(connection, account.certificate_file.c_str(), account.key_file.c_str());
  xmpp_conn_set_sockopt_callback(connection, on_socket);
  connecting = &self;
  const int result = xmpp_connect_client(connection, login.address.c_str(), login.port, on_state, this);
  connecting = nullptr;
  if (result == XMPP_EOK) return;
  down = WorkerDown{SessionDown::Why::lost, false, "cannot connect to " + login.address, {}};
  tell_down();
}

void StropheClient::Impl::turn(Steady now) {
  if (!connection || fd < 0) return;
  if (!tcp) {
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    tcp = ::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0;  // NOLINT: sockets' own polymorphism
  }
  if (!connected) {
    // Handlers run in the order in which they were added, ours only once authenticated: it must be the last to see
    // <resumed/>, which authenticates.
    xmpp_handler_delete(connection, on_any);
    xmpp_handler_add(connection, on_any, nullptr, nullptr, nullptr, this);
  }
  const bool guarded = !secured;
  if (guarded) {
    handshake_fd = fd;
    handshake_over = 0;
    set_alarm(settings.handshake_ms);
  }
  xmpp_run_once(context, 0);
  if (guarded) {
    set_alarm(0);
    handshake_fd = -1;
    if (handshake_over != 0) trouble.handshake_timed_out = true;
    if (!over) secured = xmpp_conn_is_secured(connection) != 0;
  }
  if (over) return tell_down();
  // COMPAT(Prosody): it leaves Nagle on, so what it sends next waits for our delayed ACK. The option does not last.
  set_option(fd, IPPROTO_TCP, TCP_QUICKACK, 1);
  if (connected && !announced && now - connected_at >= enable_time) announce(false, false);
  // Trap: the library waits for ever for what answers <auth/>.
  if (!connected && now - connected_at >= settings.login_ms && trouble.said.empty()) {
    trouble.said = "the server did not finish the log-in in " + std::to_string(settings.login_ms / second) + " s";
    xmpp_disconnect(connection);
  }
}

// Trap: what is sent between XMPP_CONN_CONNECT and <enabled/> is counted by the server and not by the library, and as
// much is lost at the next resumption. So nobody is told of a connection before.
void StropheClient::Impl::announce(bool resumed, bool acknowledges) {
  announced = true;
  const char* jid = xmpp_conn_get_bound_jid(connection);
  owner.on_bound(jid ? jid : xmpp_conn_get_jid(connection), resumed, acknowledges);
}

int StropheClient::Impl::take(xmpp_stanza_t* stanza) {
  const char* space = xmpp_stanza_get_ns(stanza);
  if (space && std::strcmp(space, XMPP_NS_SM) == 0) {
    take_management(stanza);
    return 1;
  }
  if (!space || std::strcmp(space, XMPP_NS_CLIENT) != 0) return 1;  // stream errors and features are the library's
  const char* id = xmpp_stanza_get_id(stanza);
  if (!announced && id && std::string_view(id).starts_with("_xmpp_")) return 1;  // its own bind and session
  Converting left{limits.elements, limits.bytes, limits};
  Element element;
  if (convert(stanza, element, 1, left)) {
    owner.on_element(std::move(element));
    return 1;
  }
  Element head;
  Converting small{1, limits.bytes, limits};
  if (convert_head(stanza, head, small)) owner.on_too_much(head, "more elements, levels or bytes than are allowed");
  return 1;
}

void StropheClient::Impl::take_management(xmpp_stanza_t* stanza) {
  const char* text = xmpp_stanza_get_name(stanza);
  const std::string_view name = text ? text : "";
  const char* h = xmpp_stanza_get_attribute(stanza, "h");
  if (name == "enabled") {
    if (!announced) return announce(false, true);
    trouble.said = "the server enabled stream management after " + std::to_string(enable_time / second) + " s";
    xmpp_disconnect(connection);  // what was sent meanwhile would be counted wrong
  } else if (name == "resumed") {
    announce(true, true);
    if (h) owner.on_acknowledged(static_cast<std::uint32_t>(std::strtoul(h, nullptr, 10)));
  } else if (name == "failed" && connected && !announced) {
    announce(false, false);
  } else if (name == "a" && h) {
    owner.on_acknowledged(static_cast<std::uint32_t>(std::strtoul(h, nullptr, 10)));
  }
}

void StropheClient::Impl::on_state(xmpp_conn_t*, xmpp_conn_event_t event, int error, xmpp_stream_error_t* stream_error,
                                   void* data) {
  auto& me = *static_cast<Impl*>(data);
  if (me.freeing) return;
  if (event == XMPP_CONN_CONNECT) {
    me.connected = true;
    me.connected_at = steady_now();
  } else if (event == XMPP_CONN_DISCONNECT || event == XMPP_CONN_FAIL) {
    me.ended(error, stream_error);  // the library goes on with this connection: told after the turn
  }
}

void StropheClient::Impl::ended(int error, const xmpp_stream_error_t* stream_error) {
  over = true;
  trouble.tcp = tcp;
  trouble.secured = secured;
  trouble.connected = connected;
  trouble.error = error;
  if (stream_error) {
    trouble.stream_condition = stream_condition(static_cast<int>(stream_error->type));
    if (stream_error->text) trouble.stream_text = stream_error->text;
  }
  down = why_down(trouble);
}

void StropheClient::Impl::tell_down() {
  fd = -1;
  over = false;
  if (down) owner.on_down(*std::exchange(down, std::nullopt));
}

void StropheClient::Impl::on_log(void* data, xmpp_log_level_t level, const char* area, const char* text) {
  static_cast<Impl*>(data)->trouble.listen(level == XMPP_LEVEL_ERROR, area, text);
}

StropheClient::StropheClient(Owner& owner, const WorkerSettings& settings)
    : impl_(std::make_unique<Impl>(*this, owner, settings)) {}
StropheClient::~StropheClient() = default;

void StropheClient::connect(const WorkerLogin& login, bool resume, Steady now) { impl_->connect(login, resume, now); }
void StropheClient::turn(Steady now) { impl_->turn(now); }
void StropheClient::send(std::string_view stanza) {
  if (impl_->connection && impl_->fd >= 0) xmpp_send_raw(impl_->connection, stanza.data(), stanza.size());
}
void StropheClient::disconnect() {
  if (impl_->connection && impl_->fd >= 0) xmpp_disconnect(impl_->connection);
}
int StropheClient::fd() const { return impl_->fd; }
bool StropheClient::tcp_connected() const { return impl_->tcp; }
bool StropheClient::logging_in() const { return impl_->fd >= 0 && !impl_->announced; }

namespace {
std::size_t bytes_in_kernel(int fd, unsigned long what) {
  int bytes = 0;
  return fd >= 0 && ::ioctl(fd, what, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
}
}  // namespace

std::size_t StropheClient::unsent_bytes() const { return bytes_in_kernel(impl_->fd, TIOCOUTQ); }
std::size_t StropheClient::unread_bytes() const { return bytes_in_kernel(impl_->fd, FIONREAD); }

}  // namespace ferry
