#include "gateway/session/worker_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "tests/store/temporary.h"

namespace ferry {
namespace worker_process_test {

// A library's socket that a worker held would stay open when ferryd closes it, and be ready for ever in its epoll.
TEST(WorkerProcess, HoldsNothingOfTheProcessThatStartedIt) {
  const TemporaryFolder folder;
  const std::string program = folder.file("worker");
  std::ofstream(program) << "#!/bin/sh\nexec tail -f /dev/null\n";
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);  // as a library opens it: exec() would keep it
  constexpr int above = 20;           // the numbers that a worker gets for what it needs
  const int moved = ::fcntl(ends[1], F_DUPFD, above);
  ASSERT_GE(moved, above);
  ::close(ends[1]);
  Poller poller;
  WorkerProcess worker(poller, program, WorkerSettings{}, steady_now());
  ASSERT_TRUE(worker.alive()) << worker.reason();
  ::close(moved);
  pollfd end{ends[0], POLLIN, 0};
  constexpr int patience_ms = 20'000;
  EXPECT_EQ(::poll(&end, 1, patience_ms), 1) << "the worker holds the other end";
  EXPECT_TRUE(end.revents & POLLHUP);
  ::close(ends[0]);
}

}  // namespace worker_process_test
}  // namespace ferry
