// The state of the gateway in words: readiness, the service manager's line, ferryctl status.
#pragma once

#include <string>
#include <string_view>

#include "gateway/watched.h"

namespace ferry {

struct Readiness {
  bool ready = false;
  std::string lines;  // one for each link and the store, and one for the accounts' sessions, which decide nothing
};
// Ready: every configured link is up and subscribed (the same as the line "ready …"), and the store has room.
Readiness readiness_of(const Watched& watched);

// One line: "component up, broker down: Connection refused".
std::string service_status(const Watched& watched);

// ferryctl status: what the brain answered, and what it cannot know (links, store, rates).
std::string status_answer(const Watched& watched, std::string_view of_the_brain, Steady steady, Instant now);

}  // namespace ferry
