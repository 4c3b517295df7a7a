// What came from the XMPP server and cannot be kept, as answers that tell its senders (RFC 6120, 8.3:
// resource-constraint, type wait). One instance remembers the heads of the stanzas of one tick: of messages with a
// body, and of questions; what says how somebody is comes again by itself. It does not allocate for each.
#pragma once

#include <string>
#include <vector>

#include "translators/values/xml.h"

namespace ferry {

class GivenBack {
 public:
  void note(const Element& stanza);
  bool empty() const { return heads_.empty(); }
  void clear() { heads_.clear(); }
  std::vector<std::string> answers() const;  // serialised, in the order in which they were noted

 private:
  std::string heads_;  // name, type, from, to, id of each, every one ended by a NUL, which XML cannot have
};

}  // namespace ferry
