// The values of a capture's fields as text, both ways: directions, kinds of streams, times, bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/capture/record.h"

namespace ferry {

std::string_view direction_name(Direction direction);  // "unknown", "received", "sent"
std::optional<Direction> direction_of(std::string_view name);
std::string_view stream_kind_name(StreamKind kind);  // "unknown", "client", "component", "server", "broker"
std::optional<StreamKind> stream_kind_of(std::string_view name);

// "2026-11-20T10:00:00.000000Z": RFC 3339 in µs since the epoch, UTC. Empty beyond the years 0 to 9999.
std::string format_micros(std::int64_t time);
std::optional<std::int64_t> parse_micros(std::string_view text);  // any RFC 3339 time; finer fractions are cut off

std::string as_utf8(std::string_view bytes);  // what is no UTF-8 becomes U+FFFD, byte by byte

}  // namespace ferry
