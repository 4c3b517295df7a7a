// Times as logs write them, in µs since the epoch.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ferry::intake {

// What a log's own times leave out.
struct Dates {
  int year = 1970, month = 1, day = 1;  // the file's last change: a log without years or dates ends about then
  std::int64_t zone = 0;                // µs east of UTC, of local times
};

// Each takes a time off the front of text; nothing, and text as it was: there is none. 0: no real date.
// "2026-01-02T03:04:05.678901Z", with ' ' for T, ',' for '.', any number of digits, "+01:00", "+01" or no zone (local).
std::optional<std::int64_t> take_iso(std::string_view& text, const Dates& dates);
// "03:04:05[.678]" of the file's day.
std::optional<std::int64_t> take_clock(std::string_view& text, const Dates& dates);
// "Sep 18 23:29:39": the last one before the file's day.
std::optional<std::int64_t> take_syslog(std::string_view& text, const Dates& dates);
// "Jan 05, 2022 03:04:05:678 PM": the audit log's, in English.
std::optional<std::int64_t> take_audit(std::string_view& text, const Dates& dates);
// "Thu Jan  1 12:00:00 2026": asctime.
std::optional<std::int64_t> take_asctime(std::string_view& text, const Dates& dates);
// "29-Mar-2011::10:55:00": Erlang's reports; or ISO.
std::optional<std::int64_t> take_erlang(std::string_view& text, const Dates& dates);

}  // namespace ferry::intake
