// Asking an account's archive and reading its answer (XEP-0313 with XEP-0059). Values only.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "translators/values/instant.h"
#include "translators/values/xml.h"

namespace ferry {

inline constexpr std::string_view archive_ns = "urn:xmpp:mam:2";
inline constexpr std::string_view waiting_id = "ferry-waiting";  // of the questions that only look what waits

// The query's form and its result set: `max` entries after an id, from a time, or the last ones.
Element archive_query(std::string_view id, std::size_t max, const std::string& after, std::optional<Instant> start,
                      bool last);

std::string last_of(const Element& iq);  // <last/> of a page; empty: none
bool is_last_page(const Element& iq);    // as the server says: complete
const Element* forwarded_message(const Element& wrapper, std::optional<Instant>* stamp = nullptr);  // XEP-0297

}  // namespace ferry
