// A packet's TCP segment, out of whatever link, IPv4 or IPv6 it came through.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "tools/ferry-replay/pcap_file.h"

namespace ferry::intake {

// An address and a port.
struct End {
  std::array<std::uint8_t, 16> address{};
  std::uint8_t size = 0;  // 4 or 16
  std::uint16_t port = 0;
  friend auto operator<=>(const End&, const End&) = default;
};
std::string end_text(const End& end);  // "192.0.2.1:5222", "[2001:db8::1]:5222"

struct TcpSegment {
  End from, to;
  std::uint32_t seq = 0;
  bool syn = false, ack = false, fin = false, rst = false;
  std::string_view payload;  // as captured
  std::size_t missing = 0;   // bytes behind it that were not captured
};

// fragment: part of an IP packet, which is not put together; cut: too little of it was captured to tell; other: no TCP.
enum class Decoded { tcp, other, fragment, cut };
Decoded decode(Link link, const Packet& packet, TcpSegment& out);

}  // namespace ferry::intake
