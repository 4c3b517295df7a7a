// The files that accounts on their way need, all of them: the CA of their server, the vault's key.
#pragma once

#include "config/options.h"

namespace ferry {

// What is wrong with them. The gateway starts without, for everybody else, and warns; --check-config is not content.
// Accounts say why in `migrate status`, and go on once the files are good.
Problems unfit_account_files(const Options& options);

}  // namespace ferry
