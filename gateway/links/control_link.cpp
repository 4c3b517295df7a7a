#include "gateway/links/control_link.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace ferry {
namespace {

bool fill(sockaddr_un& address, const std::string& path) {
  if (path.size() >= sizeof address.sun_path) return false;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return true;
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);  // NOLINT: sockets' own polymorphism
}

bool somebody_answers(const sockaddr_un& address) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  const bool answers = ::connect(fd, generic(address), sizeof address) == 0 || errno == EAGAIN;
  ::close(fd);
  return answers;
}

}  // namespace

ControlLink::ControlLink(Poller& poller, Inbox& inbox, std::string path)
    : poller_(poller), inbox_(inbox), path_(std::move(path)) {}

ControlLink::~ControlLink() {
  for (auto& [id, client] : clients_) {
    poller_.forget(client.fd);
    ::close(client.fd);
  }
  if (fd_ < 0) return;
  poller_.forget(fd_);
  ::close(fd_);
  ::unlink(path_.c_str());
}

std::string ControlLink::start() {
  std::string wrong = bind_socket();
  if (wrong.empty()) {
    poller_.watch(fd_, this, true, false);
    return {};
  }
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  return path_ + ": " + wrong;
}

std::string ControlLink::bind_socket() {
  sockaddr_un address{};
  if (!fill(address, path_)) return "the path of a Unix socket has at most 107 bytes";
  fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0) return std::strerror(errno);
  struct stat info {};
  if (::lstat(path_.c_str(), &info) == 0) {
    if (!S_ISSOCK(info.st_mode)) return "there is something that is no socket";
    if (somebody_answers(address)) return "another ferryd answers here";
    ::unlink(path_.c_str());
  }
  const mode_t before = ::umask(0177);  // never open to others, not even for a moment
  const int bound = ::bind(fd_, generic(address), sizeof address);
  const int error = errno;
  ::umask(before);
  if (bound != 0) return std::strerror(error);
  constexpr int backlog = 16;
  return ::listen(fd_, backlog) == 0 ? std::string() : std::strerror(errno);
}

void ControlLink::on_ready(std::uint32_t) {
  for (;;) {
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    if (clients_.size() >= max_clients) {
      inbox_.say(LogLine::Level::warning, "event=control.refused reason=" + log_value("too many clients"));
      ::close(fd);
      continue;
    }
    const std::uint64_t id = next_id_++;
    const auto it = clients_.try_emplace(id, *this, id, fd).first;
    poller_.watch(fd, &it->second, true, false);
  }
}

void ControlLink::read(Client& client) {
  std::array<char, 64 * 1024> buffer;
  while (!client.gone && !client.ended) {
    const ssize_t n = ::recv(client.fd, buffer.data(), buffer.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
      client.ended = true;
      if (n < 0) client.gone = true;
      return;
    }
    client.in.append(buffer.data(), static_cast<std::size_t>(n));
    take_lines(client);
  }
}

void ControlLink::take_lines(Client& client) {
  std::size_t from = 0;
  for (std::size_t end = 0; (end = client.in.find('\n', from)) != std::string::npos; from = end + 1) {
    ++client.open;
    inbox_.events.emplace_back(Command{client.id, client.in.substr(from, end - from)});
  }
  client.in.erase(0, from);
  if (client.in.size() > max_line) client.gone = true;
}

void ControlLink::answer(std::uint64_t id, std::string_view line) {
  const auto it = clients_.find(id);
  if (it == clients_.end()) return;
  if (it->second.open > 0) --it->second.open;
  it->second.out += line;
  it->second.out += '\n';
}

void ControlLink::flush() {
  for (auto it = clients_.begin(); it != clients_.end();) {
    Client& c = it->second;
    while (!c.gone && !c.out.empty()) {
      const ssize_t n = ::send(c.fd, c.out.data(), c.out.size(), MSG_NOSIGNAL);
      if (n > 0)
        c.out.erase(0, static_cast<std::size_t>(n));
      else if (errno == EAGAIN)
        break;
      else if (errno != EINTR)
        c.gone = true;
    }
    if (c.gone || c.out.size() > max_waiting || (c.ended && c.open == 0 && c.out.empty())) {
      poller_.forget(c.fd);
      ::close(c.fd);
      it = clients_.erase(it);
      continue;
    }
    // Who has sent everything would be readable for ever; a hang-up is still reported.
    poller_.watch(c.fd, &c, !c.ended, !c.out.empty());
    ++it;
  }
}

}  // namespace ferry
