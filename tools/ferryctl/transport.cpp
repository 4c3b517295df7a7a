// The control socket of a gateway that runs (gateway/links/control_link.h).
#include "tools/ferryctl/transport.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "gateway/links/control_link.h"

namespace ferry {
namespace {

static_assert(AnyGateway::max_command < ControlLink::max_line);

constexpr int patience = 120'000;  // ms without a byte; a check of a million rows takes seconds
constexpr std::chrono::milliseconds owned_time(3000), owned_again(50);

class RunningGateway final : public AnyGateway {
 public:
  RunningGateway(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~RunningGateway() override { ::close(fd_); }
  RunningGateway(const RunningGateway&) = delete;
  RunningGateway& operator=(const RunningGateway&) = delete;

  bool running() const override { return true; }

  Result<Answer, std::string> ask(const std::string& command) override {
    if (std::string wrong = send(command + '\n'); !wrong.empty()) return wrong;
    std::string line;
    if (std::string wrong = receive(line); !wrong.empty()) return wrong;
    auto json = JsonDocument::parse(line);
    if (!json) return std::string("the gateway's answer is not JSON; is ferryctl of the same version?");
    return Answer{std::move(line), *std::move(json)};
  }

 private:
  std::string lost(const char* why) const {
    return "the gateway at " + path_ + " went away (" + why +
           "); its log says why. Look whether the change was made and try again";
  }

  std::string send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return lost(std::strerror(errno));
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
  }

  // One command at a time: nothing follows the line.
  std::string receive(std::string& line) {
    std::array<char, 256 * 1024> buffer;
    for (;;) {
      pollfd wait{fd_, POLLIN, 0};
      const int ready = ::poll(&wait, 1, patience);
      if (ready < 0 && errno == EINTR) continue;
      if (ready == 0)
        return "the gateway at " + path_ + " does not answer; it may be busy: look at its log and try again";
      const ssize_t n = ::recv(fd_, buffer.data(), buffer.size(), 0);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return lost(n == 0 ? "closed" : std::strerror(errno));
      line.append(buffer.data(), static_cast<std::size_t>(n));
      if (line.back() != '\n') continue;
      line.pop_back();
      return {};
    }
  }

  int fd_;
  std::string path_;
};

}  // namespace

Result<std::unique_ptr<AnyGateway>, std::string> open_gateway(const Options& options, Access access) {
  const std::string& path = options.control.socket;
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path)
    return "[control] socket: the path of a Unix socket has at most 107 bytes: " + path;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const auto owned_until = std::chrono::steady_clock::now() + owned_time;
  for (;;) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return std::string(std::strerror(errno));
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
        0)  // NOLINT: sockets' own polymorphism
      return std::unique_ptr<AnyGateway>(std::make_unique<RunningGateway>(fd, path));
    const int error = errno;
    ::close(fd);
    if (error != ENOENT && error != ECONNREFUSED && error != ENOTDIR)
      return path + ": " + std::strerror(error) +
             (error == EACCES ? "; run ferryctl as root or as the user that ferryd runs as" : "");
    bool owned = false;
    auto stopped = open_stopped_gateway(options, access, owned);
    if (stopped || !owned || std::chrono::steady_clock::now() >= owned_until) return stopped;
    std::this_thread::sleep_for(owned_again);  // a ferryd that starts, and will answer; or another ferryctl
  }
}

}  // namespace ferry
