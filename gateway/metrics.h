// What the gateway tells about itself over HTTP: /healthz, /readyz, /metrics. No bodies, JIDs or secrets anywhere.
#pragma once

#include <string>

#include "gateway/brain/brain.h"
#include "gateway/links/broker_link.h"
#include "gateway/links/component_link.h"
#include "gateway/links/http_link.h"

namespace ferry {

// Whom the pages ask; they keep the references.
struct Watched {
  const Brain& brain;
  const ComponentLink* component;  // nullptr: no XMPP link is configured
  const BrokerLink& broker;
  std::string version;
};

// /healthz  200 as long as the loop turns. A commit that fails ends the process (Tick::run), so whoever can answer has
//           stored everything that it took.
// /readyz   200 when every configured link is up and subscribed, else 503; a line for each link says which is not.
// /metrics  Prometheus text exposition: the brain's counters as ferry_NAME_total, links, users, what waits, the
// process.
HttpPages pages_of(const Watched& watched);

}  // namespace ferry
