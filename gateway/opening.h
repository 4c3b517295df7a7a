// The start, as long as the store cannot be written: the disk is full, the store is locked or read-only.
#pragma once

#include <functional>
#include <memory>

#include "gateway/clock.h"
#include "gateway/links/control_link.h"
#include "gateway/links/http_link.h"
#include "gateway/log.h"
#include "gateway/service.h"
#include "gateway/store/store.h"
#include "gateway/watched.h"

namespace ferry {

// One instance is one start. A process that ended instead would be started again each second, and each time its links
// would come up and go down, and everybody's presence with them.
class Opening {
 public:
  static constexpr Duration again = 1 * second;
  static constexpr Duration longer = 30 * second;  // asked of the service manager, each time
  // A ferryctl that found no ferryd has the store for a moment; another ferryd keeps it.
  static constexpr Duration owned_time = 3 * second, owned_again = 50;

  struct Parts {
    Watched& watched;
    Poller& poller;
    Signals& signals;
    Inbox& inbox;
    ControlLink& control;
    Clock& clock;
    Log& log;
    Service& service;
    std::function<HttpLink*()> listen;  // starts HTTP and the control socket, once; nullptr: no HTTP
  };
  explicit Opening(Parts parts) : p_(std::move(parts)) {}

  // The store, open and proved to be writable. nullptr: it is over; then `wrong` says why, or is empty where a signal
  // came.
  std::unique_ptr<Store> wait(std::string& wrong);

 private:
  Result<std::unique_ptr<Store>, StoreError> attempt();
  void say(const StoreError& error);
  void rest(HttpLink* http);

  Parts p_;
};

}  // namespace ferry
