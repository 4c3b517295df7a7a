// The three stringprep profiles of an XMPP address (RFC 6122 sections 2.2 to 2.4): what one part of a JID
// becomes, in full and without short cuts. Jid looks first whether a part needs any of this; most do not.
//
// Each function returns the normalised part, 1 to 1023 bytes of UTF-8, which it would return unchanged if asked
// again: a part that does not settle is refused. Errors: jid-malformed, with a text that names the part.
// Code points that Unicode 3.2 does not assign (most emoji) are allowed, as in Prosody.
// COMPAT(ejabberd, Openfire): they refuse such code points in every part, so not each Jid can be said to them.
// COMPAT(Prosody): it knows the direction of scripts younger than Unicode 3.2 and refuses some mixtures that are taken
// here, or the reverse; stringprep's own tables (RFC 3454 appendix D) do not.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "translators/values/result.h"

namespace ferry::jid_prep {

inline constexpr std::size_t max_part_bytes = 1023;  // RFC 6122 section 2.1, after normalisation
// Before normalisation, which may shrink a part (a full-width letter has three bytes and becomes one). It also
// bounds the work that a hostile address can ask for.
inline constexpr std::size_t max_input_bytes = 3 * max_part_bytes;

Result<std::string> localpart(std::string_view text);     // nodeprep
Result<std::string> resourcepart(std::string_view text);  // resourceprep

// Nameprep of each label (RFC 3490 section 4), or an IP literal. The labels are separated by a full stop in one of
// the four forms of RFC 3490 section 3.1; one at the end goes. ASCII in a label is letters, digits, - and _ (host
// names of private networks have it). A label stays in the form it came in: xn--bcher-kva.example and
// bücher.example are two addresses, as they are to ejabberd and Prosody.
// COMPAT(Openfire): it writes every IDN as xn--; beside it, domains have to be configured in that form.
// COMPAT(Prosody): it runs nameprep over the whole name, and so refuses the right-to-left names with a left-to-right
// top-level domain that RFC 3490 allows, which are taken here.
Result<std::string> domainpart(std::string_view text);

// Not of an address, but stringprep too: a user name or password, RFC 4013, at most max_input_bytes. Unassigned code
// points are allowed, as in a query (RFC 3454 section 7).
Result<std::string> saslprep(std::string_view text);

}  // namespace ferry::jid_prep
