// The Mosquitto ACL file that goes with a mapping table (mosquitto.conf(5), acl_file).
#pragma once

#include <string>

#include "config/mapping.h"
#include "config/options.h"

namespace ferry {

// Text of the file: the gateway's own user (everything under the root, the feeds, $SYS/broker/uptime), one pattern per
// base of user rows (%u is the uid, or the escaped localpart where the row says {localpart}), a user section for each
// exact row whose topic holds no name of its owner. Nobody else gets anything: Mosquitto denies what is not granted.
std::string mosquitto_acl(const MappingTable& table, const Options& options);

}  // namespace ferry
