// What the gateway tells about itself: to HTTP (metrics.h), to ferryctl and to the service manager (status.h).
#pragma once

#include <string>

#include "gateway/brain/brain.h"
#include "gateway/history.h"
#include "gateway/links/broker_link.h"
#include "gateway/links/component_link.h"
#include "gateway/session/session_link.h"
#include "gateway/tap.h"

namespace ferry {

// What the tick measures as it turns.
struct Meters {
  Histogram tick{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5};    // s
  Histogram commit{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5};  // s
  History history;
};

// One instance is one process. Whoever looks keeps the reference; what is looked at outlives it.
struct Watched {
  const Options& options;
  std::string version;
  Instant started = 0;
  // nullptr: the start still waits for the store, and store_trouble says why.
  const Brain* brain = nullptr;
  const BrokerLink* broker = nullptr;
  const ComponentLink* component = nullptr;  // also: no XMPP link is configured
  const SessionLink* session = nullptr;      // also: no account can move
  const Tap* tap = nullptr;                  // likewise: nothing is recorded
  std::string store_trouble;
  Meters meters;
};

}  // namespace ferry
