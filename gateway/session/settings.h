// What the configuration says of session links, for every program that makes one.
#pragma once

#include "config/options.h"
#include "gateway/session/session_link.h"

namespace ferry {

SessionLink::Settings session_settings(const Options& options);

}  // namespace ferry
