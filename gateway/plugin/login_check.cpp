#include "gateway/plugin/login_check.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "gateway/passwords/secret.h"

namespace ferry {

LoginCheck::~LoginCheck() { drop(); }

void LoginCheck::drop() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  for (const auto& [id, question] : waiting_) known_.erase(question.first);
  waiting_.clear();
}

bool LoginCheck::connect() {
  if (fd_ >= 0) return true;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_.size() >= sizeof address.sun_path) {
    trouble_ = "the socket's name is too long";
    return false;
  }
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  fd_ = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  // Over a Unix socket connect() is done at once or fails: EAGAIN where the listener's queue is full.
  if (fd_ >= 0 && ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return true;
  const bool closed_to_us = errno == EACCES || errno == EPERM;
  trouble_ =
      socket_ + ": " + std::strerror(errno) +
      (closed_to_us ? "; can Mosquitto's user open it? Its group must be Mosquitto's, as ferry-login-check.service "
                      "makes it"
                    : "; does ferry-login-check run?");
  drop();
  return false;
}

LoginCheck::Answer LoginCheck::ask(const std::string& mac, std::string_view jid, std::string_view password,
                                   Instant now) {
  trouble_.clear();
  if (!configured()) {
    trouble_ = "no plugin_opt_login_check is set";
    return Answer::unavailable;
  }
  read(now);
  if (const Known* known = known_.find(mac)) {
    const Duration age = now - known->at;
    if (known->answer != Answer::none && age < remembered) return known->answer;
    if (known->answer == Answer::none && age < patience) return Answer::none;
  }
  if (waiting_.size() >= most_waiting) {
    for (auto i = waiting_.begin(); i != waiting_.end();)
      i = now - i->second.second >= patience ? waiting_.erase(i) : std::next(i);
    if (waiting_.size() >= most_waiting) {
      trouble_ = "too many questions wait for an answer";
      return Answer::unavailable;
    }
  }
  if (!connect()) return Answer::unavailable;
  const std::uint64_t id = next_++;
  std::string question = std::string("check 1").append(1, '\0').append(std::to_string(id)).append(1, '\0');
  question.reserve(question.size() + jid.size() + password.size() + 1);  // no copy is left behind
  question.append(jid).append(1, '\0').append(password);
  const bool sent = ::send(fd_, question.data(), question.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
                    static_cast<ssize_t>(question.size());
  const int reason = errno;
  Secret::wipe(question);
  if (!sent) {
    trouble_ = socket_ + ": " + std::strerror(reason);
    if (reason != EAGAIN) drop();
    return Answer::unavailable;
  }
  waiting_[id] = {mac, now};
  known_[mac] = {Answer::none, now};
  return Answer::none;
}

void LoginCheck::read(Instant now) {
  while (fd_ >= 0) {
    std::array<char, 1024> buffer{};
    const ssize_t n = ::recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) return drop();
    const std::string_view text(buffer.data(), static_cast<std::size_t>(n));
    const std::size_t first = text.find('\0');
    if (first == std::string_view::npos) continue;
    const std::size_t second_end = text.find('\0', first + 1);
    const std::string_view word =
        text.substr(first + 1, second_end == std::string_view::npos ? second_end : second_end - first - 1);
    std::uint64_t id = 0;
    std::from_chars(text.data(), text.data() + first, id);
    const auto question = waiting_.find(id);
    if (question == waiting_.end()) continue;
    if (word == "granted" || word == "wrong")
      known_[question->second.first] = {word == "granted" ? Answer::granted : Answer::wrong, now};
    else
      known_.erase(question->second.first);  // "again": the next attempt asks again
    waiting_.erase(question);
  }
}

}  // namespace ferry
