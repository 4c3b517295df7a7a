#include "tools/bench.d/measure.h"

#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstring>

namespace ferry::bench {
namespace {

std::int64_t cpu_ns() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<std::int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

int open_counter() {
  perf_event_attr attr;
  std::memset(&attr, 0, sizeof attr);
  attr.type = PERF_TYPE_HARDWARE;
  attr.size = sizeof attr;
  attr.config = PERF_COUNT_HW_INSTRUCTIONS;
  attr.exclude_kernel = 1;
  attr.exclude_hv = 1;
  return static_cast<int>(::syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC));
}

std::uint64_t read_counter(int fd) {
  std::uint64_t value = 0;
  return fd >= 0 && ::read(fd, &value, sizeof value) == sizeof value ? value : 0;
}

}  // namespace

Meter::Meter() : fd_(open_counter()) {
  if (fd_ >= 0 && read_counter(fd_) == 0) {  // opened, but nothing counts: a virtual machine without counters
    ::close(fd_);
    fd_ = -1;
  }
}

Meter::~Meter() {
  if (fd_ >= 0) ::close(fd_);
}

void Meter::start() {
  ns_ = cpu_ns();
  instructions_ = read_counter(fd_);
}

Cost Meter::stop() {
  const std::uint64_t instructions = read_counter(fd_);
  const std::int64_t ns = cpu_ns();
  return {static_cast<double>(ns - ns_), static_cast<double>(instructions - instructions_)};
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace ferry::bench
