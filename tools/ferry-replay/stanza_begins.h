// Where a stanza can be told from anything else by its first bytes: at the beginning of a capture, and after damage.
#pragma once

#include <cstddef>
#include <string_view>

namespace ferry::intake {

enum class Begins { yes, no, unclear };  // unclear: more bytes would tell

// text: from a '<'. stanzas_only: message, presence, iq and stream headers; otherwise also what SASL, STARTTLS, stream
// management, components and dialback send outside of stanzas.
Begins stanza_begins(std::string_view text, bool stanzas_only);

// Of an element with this name, "<name".
Begins element_begins(std::string_view text, std::string_view name);

// Is what begins behind this text the content of <forwarded/> (XEP-0297)? No more than so many bytes tell.
inline constexpr std::size_t most_looked_back = 1'024;
bool is_forwarded(std::string_view text);

}  // namespace ferry::intake
