#include "gateway/session/worker_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

namespace ferry {
namespace {

// Out of the way of the numbers that the worker gets, so that no dup2 of the two can hit the other.
int moved_up(int fd) {
  constexpr int above = 10;
  const int moved = ::fcntl(fd, F_DUPFD_CLOEXEC, above);
  ::close(fd);
  return moved;
}

// Nothing is inherited but the two: no signal mask, no ignored signals, no argument that says anything. And no socket
// of a library that does not mark its own close-on-exec (libmosquitto): when ferryd closes it, it would stay open here,
// and ready for ever in ferryd's epoll.
int spawn(const std::string& program, int socket, int beat, pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_adddup2(&actions, socket, worker_socket_fd);
  posix_spawn_file_actions_adddup2(&actions, beat, worker_beat_fd);
  posix_spawn_file_actions_addclosefrom_np(&actions, worker_beat_fd + 1);
  sigset_t none, defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  for (const int number : {SIGPIPE, SIGXFSZ, SIGTERM, SIGINT, SIGHUP}) sigaddset(&defaults, number);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::string name = program;
  std::array<char*, 2> argv{name.data(), nullptr};
  const int error = ::posix_spawn(&pid, program.c_str(), &actions, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

std::string ended_how(int status) {
  if (WIFSIGNALED(status)) return "killed by signal " + std::to_string(WTERMSIG(status));
  if (WEXITSTATUS(status) == worker_kept_busy) return "gave up a stanza that took too long";
  return "ended with code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

WorkerProcess::WorkerProcess(Poller& poller, const std::string& program, const WorkerSettings& settings, Steady now)
    : poller_(poller) {
  if (!start(program)) return;
  beat_->at.store(now);
  poller_.watch(socket_, this, true, false);
  post(to_frame(settings));
}

WorkerProcess::~WorkerProcess() {
  end({});
  if (beat_) ::munmap(beat_, sizeof(WorkerBeat));
}

bool WorkerProcess::start(const std::string& program) {
  int beat = ::memfd_create("ferry-session-beat", MFD_CLOEXEC);
  std::array<int, 2> sockets{-1, -1};
  if (beat < 0 || ::ftruncate(beat, sizeof(WorkerBeat)) != 0 ||
      ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sockets.data()) != 0) {
    reason_ = std::string("no worker can be started: ") + std::strerror(errno);
    if (beat >= 0) ::close(beat);
    return false;
  }
  beat = moved_up(beat);
  const int theirs = moved_up(sockets[1]);
  void* page = ::mmap(nullptr, sizeof(WorkerBeat), PROT_READ | PROT_WRITE, MAP_SHARED, beat, 0);
  int error = page == MAP_FAILED ? errno : 0;
  if (error == 0) {
    beat_ = new (page) WorkerBeat{};
    error = spawn(program, theirs, beat, pid_);
  }
  ::close(beat);
  ::close(theirs);
  socket_ = sockets[0];
  if (error == 0) return true;
  pid_ = -1;
  reason_ = "cannot start " + program + ": " + std::strerror(error);
  ::close(std::exchange(socket_, -1));
  return false;
}

void WorkerProcess::on_ready(std::uint32_t events) {
  if (events & EPOLLOUT) flush();
  if (events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP | EPOLLERR)) read();
}

void WorkerProcess::read() {
  std::array<char, 64 * 1024> buffer;
  for (std::size_t taken = 0; socket_ >= 0 && taken < read_per_tick;) {
    const ssize_t n = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) return end("it");
    taken += static_cast<std::size_t>(n);
    reader_.feed({buffer.data(), static_cast<std::size_t>(n)}, frames_);
    if (reader_.broken()) return end("it said something that is no frame; it");
  }
}

void WorkerProcess::flush() {
  while (socket_ >= 0 && sent_ < out_.size()) {
    const ssize_t n = ::send(socket_, out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n < 0) return end("it");
    sent_ += static_cast<std::size_t>(n);
  }
  constexpr std::size_t worth_moving = 1U << 20;
  if (sent_ == out_.size() || sent_ > worth_moving) {
    out_.erase(0, sent_);
    sent_ = 0;
  }
  if (waiting_bytes() > out_limit) return end("it took nothing any more and");
  if (socket_ >= 0) poller_.watch(socket_, this, true, waiting_bytes() > 0);
}

std::vector<Frame> WorkerProcess::take() { return std::exchange(frames_, {}); }

void WorkerProcess::finish() {
  if (socket_ < 0) return;
  poller_.forget(socket_);
  ::close(std::exchange(socket_, -1));
}

// Twice, some time apart: where this process itself was stopped, or the machine is overloaded, the worker gets its
// chance to run before it is judged.
void WorkerProcess::look(Steady now, Duration patience) {
  if (!alive() || socket_ < 0) return;
  const std::int64_t at = beat_->at.load();
  if (now - at <= patience) {
    doubted_ = 0;
  } else if (doubted_ == 0 || doubted_beat_ != at) {
    doubted_ = now;
    doubted_beat_ = at;
  } else if (now - doubted_ >= doubt_time) {
    end("it hung for " + std::to_string((now - at) / second) + " s and");
  }
}

void WorkerProcess::end(std::string reason) {
  finish();
  if (!alive()) return;
  culprit_ = beat_->session.load();
  ::kill(pid_, SIGKILL);  // one that has ended already stays what it is
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {}
  pid_ = -1;
  out_.clear();
  sent_ = 0;
  reason_ = reason + " " + ended_how(status);
}

}  // namespace ferry
