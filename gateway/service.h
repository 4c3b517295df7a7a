// The service manager: systemd's notification protocol, sd_notify(3). Where there is none, nothing happens.
#pragma once

#include <optional>
#include <string>

#include "gateway/links/poller.h"

namespace ferry {

// One instance is the process as its manager sees it.
//
// ready() comes when the store is open and the links have been started, not when they are up: servers that are down at
// the start are waited for by a gateway that runs, and status() says which. While the store cannot be written, the
// start is not over: it is made longer by extend() each time, and status() says why.
class Service {
 public:
  Service();

  void ready();
  void status(const std::string& text);  // for `systemctl status`; sent when it changed
  void reloading();                      // then ready() again
  void stopping();
  void extend(Duration time);  // a start or stop that goes on: not yet the end of the manager's patience

  // The watchdog: called where the tick turns and nowhere else, so that a gateway that hangs is ended and started
  // again.
  void turned(Steady now);
  std::optional<Steady> deadline() const { return interval_ > 0 ? std::optional(next_) : std::nullopt; }

 private:
  Duration interval_ = 0;  // half of what the manager bears; 0: no watchdog
  Steady next_ = 0;
  std::string status_;
};

}  // namespace ferry
