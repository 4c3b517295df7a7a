// MQTT topic names and topic filters, MQTT 5 section 4.7.
//
//   topic name     im/v1/u/bob@corp.example/in/msg
//   topic filter   im/v1/u/+/out/#
//
// Valid: 1 to 65,535 bytes of UTF-8 without U+0000; a name has no + or #; in a filter + fills a level and # is the
// last level. Names that begin with $ are the broker's own ($SYS, $CONTROL): refused as names, allowed in filters, and
// never matched by a filter that begins with a wildcard (section 4.7.2). A shared subscription ($share/group/filter,
// section 4.8.2) is not a filter of this kind and is refused.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "translators/values/result.h"

namespace ferry {

// Errors: not-acceptable with a text that says what is wrong.
Result<std::string> parse_topic_name(std::string_view text);
Result<std::string> parse_topic_filter(std::string_view text);

// Does the filter match the name? Both valid.
bool topic_matches(std::string_view filter, std::string_view name);
// Is there a topic name that both filters match? Both valid. (For overlaps in the mapping table.)
bool filters_overlap(std::string_view a, std::string_view b);

std::vector<std::string_view> topic_levels(std::string_view topic);  // "a//b" -> a, "", b

// Strict UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF).
bool is_utf8(std::string_view bytes);

}  // namespace ferry
