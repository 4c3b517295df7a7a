// What ferryctl acl and ferryctl broker apply share: who there is, and the broker's dynamic-security plugin.
#pragma once

#include <string>

#include "config/dynsec.h"
#include "tools/ferryctl/commands.h"

namespace ferry {

// The gateway, its filters, and every user that it knows or that a row names. Error: why not.
Result<dynsec::Inputs, std::string> read_inputs(CtlCall& call);

// Prints the text of a file as `ferryctl acl` does; empty: it could not be had, and that was said.
std::string acl_text(CtlCall& call);

// --dynsec ADMIN:PASSWORD-FILE
int apply_dynsec(CtlCall& call, const std::string& admin);

}  // namespace ferry
