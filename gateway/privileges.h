// Who the process is: it gives root up before anything is opened, and what it holds in memory stays its own.
#pragma once

#include <string>

#include "config/options.h"

namespace ferry {

// From here on: no core dump and no debugger of another user (the secrets are in memory), no new privileges by way of
// what is executed, and files that nobody else can read.
void keep_to_ourselves();

bool is_root();

// Becomes this user for good: groups, group, user; and makes sure that there is no way back. Empty: done. Otherwise
// what is wrong; then nothing may be opened.
std::string become(const std::string& user);

// What this process, as the user that it is now, cannot do with the files that it needs: which file, and which owner
// and mode it would have to have.
Problems unfit_files(const Options& options);

// The same of the store alone, and whether it is one. Where there is none yet, nothing.
Problems unfit_store(const Options& options);

}  // namespace ferry
