// What a client would believe because it looks like a server's word (CVE-2017-5589 and its family).
#pragma once

#include "translators/part.h"

namespace ferry::ext {

// Nobody but a server has anything to say in its namespace: carbons, archive results, privileges, delegations,
// forwarded stanzas; occupant ids, stanza ids and delays that are no part of their own.
bool is_servers_only(const Element& e);

}  // namespace ferry::ext
