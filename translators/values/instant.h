// Points in time. One Instant is a number of milliseconds since 1970-01-01T00:00:00Z; the brain gets it as an argument.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ferry {

using Instant = std::int64_t;   // ms since the epoch, UTC
using Duration = std::int64_t;  // ms

inline constexpr Duration second = 1'000;
inline constexpr Duration minute = 60 * second;

// "2026-11-20T10:00:00.000Z": RFC 3339 with milliseconds, the DateTime profile of XEP-0082. Years 0 to 9999.
std::string format_instant(Instant t);
// Any RFC 3339 time, and the legacy form of XEP-0091 (20261120T10:00:00). Fractions beyond milliseconds are cut off.
std::optional<Instant> parse_instant(std::string_view text);

}  // namespace ferry
