// What the gateway tells about itself over HTTP: /healthz, /readyz, /metrics. No bodies, JIDs or secrets anywhere.
#pragma once

#include "gateway/links/http_link.h"
#include "gateway/watched.h"

namespace ferry {

// /healthz  200 as long as the loop turns. A commit that fails ends the process (Tick::run), so whoever can answer has
//           stored everything that it took.
// /readyz   200 when every configured link is up and subscribed and the store has room, else 503; a line for each
//           link and the store says what is not.
// /metrics  Prometheus text exposition: the brain's counters as ferry_NAME_total, gauges, histograms, the process.
// `watched` is kept.
HttpPages pages_of(const Watched& watched);

}  // namespace ferry
