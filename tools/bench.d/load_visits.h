// Clients that connect, take what is there for them, and drop: mobile devices whose connection flaps, and devices that
// download their roster.
#pragma once

#include "tools/bench.d/load_plan.h"

namespace ferry::bench {

// Prints one JSON object; the exit code. `--visits` of the arguments says what a visit is.
int run_visits(const Arguments& arguments);

}  // namespace ferry::bench
