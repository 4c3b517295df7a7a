// A command again and again: --watch.
#pragma once

#include "tools/ferryctl/commands.h"

namespace ferry {

// Each round opens the gateway anew and lets go of it: over the store of one that does not run, ferryd could not start
// meanwhile, and one that is started again is found again. Ends where the first round or the command fails.
int watch(const CtlCommand& command, const Options& options, const CtlLine& line, const std::vector<std::string>& words,
          const Problems& problems);

}  // namespace ferry
