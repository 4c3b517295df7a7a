// What goes over the network as it is.
#pragma once

#include "config/options.h"

namespace ferry {

// This host's own addresses: 127.0.0.0/8, ::1, localhost.
bool is_loopback(std::string_view host);

// Links to other hosts that nothing encrypts, as notes: what it means and what to do.
Problems unencrypted_links(const Options& options);

}  // namespace ferry
