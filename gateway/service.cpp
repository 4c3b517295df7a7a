// The only file that knows libsystemd.
#include "gateway/service.h"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <chrono>

namespace ferry {
namespace {

constexpr int keep_environment = 0;
constexpr Duration microseconds = 1000;  // in a ms

}  // namespace

Service::Service() {
  std::uint64_t patience = 0;  // µs
  if (::sd_watchdog_enabled(keep_environment, &patience) > 0)
    interval_ = std::max<Duration>(1, static_cast<Duration>(patience) / microseconds / 2);
}

void Service::ready() { ::sd_notify(keep_environment, "READY=1"); }

void Service::status(const std::string& text) {
  if (text == status_) return;
  status_ = text;
  std::string line = "STATUS=" + text;
  for (char& c : line)
    if (c == '\n') c = ' ';
  ::sd_notify(keep_environment, line.c_str());
}

void Service::reloading() {
  using namespace std::chrono;
  const auto now = duration_cast<std::chrono::microseconds>(steady_clock::now().time_since_epoch()).count();
  ::sd_notify(keep_environment, ("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now)).c_str());
}

void Service::stopping() { ::sd_notify(keep_environment, "STOPPING=1"); }

void Service::extend(Duration time) {
  ::sd_notify(keep_environment, ("EXTEND_TIMEOUT_USEC=" + std::to_string(time * microseconds)).c_str());
}

void Service::turned(Steady now) {
  if (interval_ == 0 || now < next_) return;
  next_ = now + interval_;
  ::sd_notify(keep_environment, "WATCHDOG=1");
}

}  // namespace ferry
