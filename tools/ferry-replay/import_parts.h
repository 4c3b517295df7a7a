// What the parts of an import hand to each other, and how much of anything they hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/capture/record.h"

namespace ferry::intake {

// What is over a limit is damage: counted, located, passed over.
namespace limit {
inline constexpr std::size_t stanza = 1'048'576;            // bytes of one stanza
inline constexpr std::size_t depth = 128;                   // of elements in it
inline constexpr std::size_t elements = 65'536;             // of one stanza
inline constexpr std::size_t attributes = 256;              // of one element
inline constexpr std::size_t line_piece = 262'144;          // a longer line is read in pieces of this size
inline constexpr std::size_t streams = 20'000;              // at the same time; then the one longest silent is given up
inline constexpr std::size_t held = 128 * 1'048'576;        // bytes of unfinished stanzas, of all streams together
inline constexpr std::size_t damage_records = 10'000;       // further damage is counted only
inline constexpr std::size_t damage_lines = 20;             // of the summary
inline constexpr std::size_t flows = 20'000;                // TCP connections at the same time, of a pcap
inline constexpr std::size_t early_segments = 128;          // that wait for an earlier one, of one direction
inline constexpr std::size_t early_bytes = 262'144;         // likewise
inline constexpr std::int64_t early_time = 5'000'000;       // µs that they wait
inline constexpr std::size_t mqtt_packet = 1'048'576 + 64;  // bytes of one
}  // namespace limit

// Where something stands in a file.
struct Place {
  std::uint64_t offset = 0;  // byte, decompressed
  std::uint64_t line = 0;    // from 1; 0: the file has no lines
};

// How many there are; memchr looks at many bytes at once.
inline std::uint64_t newlines_in(std::string_view text) {
  std::uint64_t count = 0;
  for (std::size_t at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) ++count;
  return count;
}

// A piece of a stream, as a format found it. The views are the format's.
struct Seen {
  std::string_view key;  // which stream; any text, the same for both directions
  Direction direction = Direction::unknown;
  std::int64_t time = 0;  // µs since the epoch; 0: unknown
  StreamKind kind = StreamKind::unknown;
  std::string_view local, remote, jid;
  Place place;
  bool wire = false;   // bytes of a connection: after <proceed/> comes TLS. A log goes on in clear
  bool infer = false;  // the direction is to be told from the stanza: a client's has no from
};

}  // namespace ferry::intake
