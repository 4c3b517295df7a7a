// JIDs and resources as one level of a topic name, and as MQTT user name (design section 4).
//
//   bob@corp.example           uid bob@corp.example
//   anna+news@corp.example     uid anna=2Bnews@corp.example
//   resource "Work/PC 2"       device Work=2FPC=202
//
// The escape is injective and reversible: + # / $ % = space, DEL and the control characters become =HH per
// byte, upper-case hex; so do the characters that brokers refuse (below); every other byte, UTF-8 included, stays.
// Any other use of = is refused, and so is an escape of a byte that needs none: one name has one form. At most 200
// bytes escaped, never empty. Names are not compared after Unicode normalisation; a Jid is normalised already.
#pragma once

#include <string>
#include <string_view>

#include "translators/values/jid.h"

namespace ferry {

inline constexpr std::size_t max_level_bytes = 200;  // of one escaped name

// Errors: not-acceptable (empty, over the limit), jid-malformed (not UTF-8; unescape: not the one form).
// Characters that MQTT 5 section 1.5.4 forbids in strings (U+0000) or discourages in ways brokers enforce (Mosquitto
// 2.0.11 refuses U+0001..U+001F, U+007F..U+009F, U+FDD0..U+FDEF, U+xFFFE and U+xFFFF in topic names and user names,
// and no other; each code point was tried) are escaped too, byte by byte.
Result<std::string> escape_level(std::string_view bytes);
Result<std::string> unescape_level(std::string_view level);

// The uid of the bare JID (a resourcepart is left out), and back. from_uid gives a bare JID with a localpart, or an
// error if the text is not exactly what to_uid would make of that JID.
Result<std::string> to_uid(const Jid& jid);
Result<Jid> from_uid(std::string_view uid);

// The device of a resourcepart (of a Jid, so normalised), and back. from_device also checks resourceprep: a device name
// that resourceprep would change is refused (not-acceptable), so that two devices never meet in one resource.
Result<std::string> to_device(std::string_view resourcepart);
Result<std::string> from_device(std::string_view device);

}  // namespace ferry
