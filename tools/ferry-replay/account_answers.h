// What the pretended legacy server says to the session of one of its accounts, live and offline alike.
#pragma once

#include <optional>
#include <string_view>

#include "translators/values/jid.h"
#include "translators/values/xml.h"

namespace ferry::replay {

// The answer to a stanza that a session has sent; nothing: it needs none. roster: the query with the account's items.
// Pings, disco, the roster, carbons, an empty vCard and no bookmarks are answered; everything else (the archive, the
// block list), and whatever is for somebody else, is refused with service-unavailable.
std::optional<Element> account_answer(const Jid& account, Element stanza, const Element& roster);

// The empty roster.
Element empty_roster();

// A stanza that the session's own machine says, or libstrophe, and no part of the gateway that decides: of no interest.
bool is_of_the_link(const Element& stanza);

}  // namespace ferry::replay
