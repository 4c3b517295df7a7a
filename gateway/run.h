// One gateway, put together and run until its end.
#pragma once

#include "config/options.h"

namespace ferry {

constexpr int exit_failure = 1, exit_bad_configuration = 2;

// argc, argv: read again on SIGHUP. Gives the exit code.
int run(int argc, char** argv, const Options& options);

void print(const Problems& problems);  // on standard error

}  // namespace ferry
