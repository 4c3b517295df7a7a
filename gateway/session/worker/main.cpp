// ferry-session: a session worker, started by ferryd and by nobody else.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string_view>

#include "gateway/session/worker/worker.h"

namespace {

using namespace ferry;

constexpr rlim_t stack = 64U << 20;  // the library recurses into a stanza: 1 MB of <a><a>… overflows 8 MB

void limit(int resource, rlim_t value) {
  rlimit now{};
  if (::getrlimit(static_cast<__rlimit_resource>(resource), &now) != 0) return;
  now.rlim_cur = std::min(value, now.rlim_max);
  if (value < now.rlim_max && resource != RLIMIT_STACK) now.rlim_max = value;
  ::setrlimit(static_cast<__rlimit_resource>(resource), &now);
}

// Passwords are in this memory: no core file, no debugger of the same user. No descriptor can be too high for select().
void confine() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_DUMPABLE, 0);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_NOFILE, FD_SETSIZE);
  limit(RLIMIT_STACK, stack);
  // The terminal's Ctrl-C reaches the whole group; the gateway says when this ends, by closing the socket.
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) std::signal(number, SIG_IGN);
}

WorkerBeat* shared_beat() {
  struct stat about {};
  if (::fstat(worker_beat_fd, &about) != 0 || about.st_size < static_cast<off_t>(sizeof(WorkerBeat))) return nullptr;
  void* page = ::mmap(nullptr, sizeof(WorkerBeat), PROT_READ | PROT_WRITE, MAP_SHARED, worker_beat_fd, 0);
  return page == MAP_FAILED ? nullptr : static_cast<WorkerBeat*>(page);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) {
    const bool version = std::string_view(argv[1]) == "--version";
    std::printf(version ? "ferry-session " FERRY_VERSION "\n"
                        : "ferry-session holds sessions on an XMPP server for ferryd, which starts it by itself and "
                          "says\nwhat to do through a socket. There is nothing to run by hand; see ferryd --help, "
                          "[session].\n");
    return version || std::string_view(argv[1]) == "--help" || std::string_view(argv[1]) == "-h" ? 0 : 2;
  }
  confine();
  struct stat about {};
  WorkerBeat* beat = shared_beat();
  if (!beat || ::fstat(worker_socket_fd, &about) != 0 || !S_ISSOCK(about.st_mode)) {
    std::fprintf(stderr, "ferry-session: started by hand? ferryd starts it (ferry-session --help)\n");
    return 2;
  }
  ::fcntl(worker_socket_fd, F_SETFD, FD_CLOEXEC);
  ::fcntl(worker_beat_fd, F_SETFD, FD_CLOEXEC);
  const StropheLibrary library;
  return Worker(worker_socket_fd, *beat).run();
}
