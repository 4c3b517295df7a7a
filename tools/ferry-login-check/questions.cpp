#include "tools/ferry-login-check/questions.h"

#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "config/text.h"
#include "tools/ferryctl/replace_file.h"

namespace ferry {
namespace {

constexpr std::size_t most_question = 4096;

std::string socket_trouble(const std::string& path) {
  const std::string wrong = path + ": " + std::strerror(errno), no_place = no_place_for(path);
  if (no_place.empty()) return wrong;
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return wrong + "; " + no_place + "; ferry-login-check.service makes the folder, and by hand: install -d -o " +
         own_name() + " -g mosquitto -m 2750 " + folder;
}

// Empty: the broker can open it, as far as that can be told from here.
std::string give_to_the_broker(const std::string& path) {
  const group* broker = ::getgrnam("mosquitto");
  struct stat info {};
  if (broker == nullptr || ::stat(path.c_str(), &info) != 0 || info.st_gid == broker->gr_gid) return {};
  const gid_t wanted = broker->gr_gid;
  if (::chown(path.c_str(), static_cast<uid_t>(-1), wanted) == 0) return {};
  const std::string why = std::strerror(errno);
  const group* own = ::getgrgid(info.st_gid);
  return path + " is of the group " + (own != nullptr ? own->gr_name : std::to_string(info.st_gid)) +
         ", and its group cannot be mosquitto (" + why + " for " + own_name() +
         "): the broker cannot open it; start this with Group=mosquitto, as ferry-login-check.service does, or as root";
}

// "check 1", id, JID, password. nullopt: of another form.
std::optional<Question> parsed(std::string_view text, std::uint64_t client) {
  std::array<std::string_view, 3> head;
  for (std::string_view& field : head) {
    const std::size_t end = text.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    field = text.substr(0, end);
    text.remove_prefix(end + 1);
  }
  auto jid = Jid::parse(head[2]);
  if (head[0] != "check 1" || head[1].empty() || head[1].size() > 20 || !jid || !jid->has_local() ||
      jid->has_resource() || text.empty() || text.find('\0') != std::string_view::npos)
    return std::nullopt;
  return Question{client, std::string(head[1]), *std::move(jid), Secret(text)};
}

}  // namespace

Result<std::unique_ptr<Questions>, std::string> Questions::listen(Poller& poller, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return in_quotes(path) + " is no name for a socket";
  path.copy(address.sun_path, path.size());
  const int fd = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return socket_trouble(path);
  std::unique_ptr<Questions> out(new Questions(poller, path, fd));
  struct stat info {};
  if (::lstat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode)) ::unlink(path.c_str());  // of a run before
  const mode_t before = ::umask(0117);
  const bool bound = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  const int reason = errno;
  ::umask(before);
  errno = reason;
  if (!bound || ::listen(fd, static_cast<int>(max_clients)) != 0) return socket_trouble(path);
  out->note_ = give_to_the_broker(path);
  poller.watch(fd, out.get(), true, false);
  return out;
}

Questions::Questions(Poller& poller, std::string path, int fd) : poller_(poller), path_(std::move(path)), fd_(fd) {}

Questions::~Questions() {
  for (auto& [id, client] : clients_) close(*client);
  poller_.forget(fd_);
  ::close(fd_);
  ::unlink(path_.c_str());
}

void Questions::on_ready(std::uint32_t) {
  const int socket = ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (socket < 0) return;
  std::erase_if(clients_, [](const auto& entry) { return entry.second->closed; });
  if (clients_.size() >= max_clients) {
    ::close(socket);
    return;
  }
  auto client = std::make_unique<Client>(*this, next_++, socket);
  poller_.watch(socket, client.get(), true, false);
  clients_[client->id] = std::move(client);
}

void Questions::close(Client& client) {
  if (client.closed) return;
  client.closed = true;
  poller_.forget(client.socket);
  ::close(client.socket);
}

void Questions::read(Client& client) {
  std::array<char, most_question + 1> buffer;
  const ssize_t n = ::recv(client.socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  const auto size = static_cast<std::size_t>(std::max<ssize_t>(n, 0));
  auto question = size > most_question ? std::nullopt : parsed({buffer.data(), size}, client.id);
  Secret::wipe(buffer.data(), buffer.size());
  if (!question) return close(client);  // gone, or speaks something else
  asked_.push_back(*std::move(question));
}

std::vector<Question> Questions::take() { return std::exchange(asked_, {}); }

void Questions::answer(std::uint64_t client, const std::string& id, std::string_view word, std::string_view text) {
  const auto found = clients_.find(client);
  if (found == clients_.end() || found->second->closed) return;
  const std::string answer = std::string(id).append(1, '\0').append(word).append(1, '\0').append(text.substr(0, 500));
  if (::send(found->second->socket, answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
    close(*found->second);
}

}  // namespace ferry
