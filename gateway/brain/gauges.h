// What the brain has at this moment, for the metrics and for ferryctl status.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gateway/brain/histogram.h"
#include "gateway/brain/queues.h"

namespace ferry {

struct Gauges {
  std::size_t users = 0, users_online = 0, devices_online = 0;
  std::size_t routes = 0;               // rows of the mapping table
  Load to_xmpp, to_mqtt;                // on disk, accepted and not yet taken by the other side, sent or not
  std::int64_t dead_letters = 0;        // failed, and kept
  std::size_t to_xmpp_unconfirmed = 0;  // of these, sent on this stream
  std::int64_t to_mqtt_waiting = 0;     // messages on disk for users who are not there
  std::size_t to_mqtt_unconfirmed = 0;  // published and not acknowledged by the broker
};

// How long things take, in seconds.
struct Latencies {
  // From the acceptance to the confirmation by the other side's server. Those that waited for somebody to be there are
  // left out.
  Histogram to_mqtt{0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
  Histogram to_xmpp{0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
  Histogram barrier{0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};  // ping and answer
};

}  // namespace ferry
