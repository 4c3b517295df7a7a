// What each attribute, text, JSON field and topic level is: an address, something that people wrote, a secret, or a
// word of the protocol. What no rule knows is taken for something that nobody else should read.
#pragma once

#include <string_view>
#include <vector>

#include "translators/values/xml.h"

namespace ferry {

enum class Treatment {
  keep,       // as it is
  token,      // a word of the protocol: kept if it looks like one, else foreign
  id,         // kept if it looks like one, else foreign
  jid,        // an address
  localpart,  // a part of one
  resource,   // likewise
  network,    // an IP address or host
  uri,
  written,  // by people or for them: names, texts; kept with keep_bodies
  foreign,  // unknown
  secret,   // gone
};

// path: the element and those around it, itself the last. The text: what is directly inside it.
Treatment treatment_of_text(const std::vector<const Element*>& path, std::string_view text);
Treatment treatment_of_attr(const std::vector<const Element*>& path, const Attr& attr);
Treatment treatment_of_field(std::string_view key);  // of a payload of ours
bool is_known_field(std::string_view key);
bool is_topic_word(std::string_view level);  // of our topic tree

bool is_token(std::string_view text);  // printable ASCII without blanks and @, 256 bytes at most

}  // namespace ferry
