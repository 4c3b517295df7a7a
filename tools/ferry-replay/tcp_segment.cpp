#include "tools/ferry-replay/tcp_segment.h"

#include <arpa/inet.h>

#include <algorithm>
#include <optional>

namespace ferry::intake {
namespace {

constexpr std::uint8_t protocol_tcp = 6;
constexpr std::uint16_t type_ipv4 = 0x0800, type_ipv6 = 0x86DD, type_pppoe = 0x8864;
constexpr std::uint16_t ppp_ipv4 = 0x0021, ppp_ipv6 = 0x0057, ppp_address = 0xFF03;  // the last one may be left out
constexpr std::size_t pppoe_header = 6;
constexpr int most_headers = 8;  // VLAN tags, or extension headers of IPv6

std::uint8_t u8(std::string_view b, std::size_t at) { return static_cast<std::uint8_t>(b[at]); }
std::uint16_t u16(std::string_view b, std::size_t at) {
  return static_cast<std::uint16_t>(u8(b, at) << 8 | u8(b, at + 1));
}
std::uint32_t u32(std::string_view b, std::size_t at) { return std::uint32_t{u16(b, at)} << 16 | u16(b, at + 2); }

std::optional<std::uint16_t> take_ppp(std::string_view& b) {
  if (b.size() >= 2 && u16(b, 0) == ppp_address) b.remove_prefix(2);
  if (b.size() < 2) return std::nullopt;
  const std::uint16_t type = u16(b, 0);
  b.remove_prefix(2);
  return type == ppp_ipv4 ? type_ipv4 : type == ppp_ipv6 ? type_ipv6 : std::uint16_t{0};
}

// What the link carries: takes its header off, and answers the type; 0: something else.
std::optional<std::uint16_t> take_link(Link link, std::string_view& b) {
  std::size_t header = 0, type_at = 0;
  switch (link) {
    case Link::ethernet:
      header = 14, type_at = 12;
      break;
    case Link::sll:
      header = 16, type_at = 14;
      break;
    case Link::sll2:
      header = 20;
      break;
    case Link::loopback:
      header = 4;
      break;
    case Link::raw:
      break;
    case Link::ppp:
      return take_ppp(b);
    case Link::other:
      return 0;
  }
  if (b.size() < header + 1) return std::nullopt;
  if (link == Link::loopback || link == Link::raw) {
    b.remove_prefix(header);
    return u8(b, 0) >> 4 == 4 ? type_ipv4 : u8(b, 0) >> 4 == 6 ? type_ipv6 : std::uint16_t{0};
  }
  std::uint16_t type = u16(b, type_at);
  b.remove_prefix(header);
  for (int tags = 0; tags < most_headers && (type == 0x8100 || type == 0x88A8 || type == 0x9100); ++tags) {
    if (b.size() < 4) return std::nullopt;
    type = u16(b, 2);
    b.remove_prefix(4);
  }
  if (type != type_pppoe) return type;
  if (b.size() < pppoe_header) return std::nullopt;
  b.remove_prefix(pppoe_header);
  return take_ppp(b);
}

void set_address(End& end, std::string_view bytes) {
  std::copy(bytes.begin(), bytes.end(), end.address.begin());
  end.size = static_cast<std::uint8_t>(bytes.size());
}

// whole: bytes that the packet had, of which b were captured. Leaves the TCP segment's in both.
Decoded take_ipv4(std::string_view& b, std::size_t& whole, TcpSegment& out) {
  if (b.size() < 20) return Decoded::cut;
  const std::size_t header = (u8(b, 0) & 0x0Fu) * 4, total = u16(b, 2);
  if (header < 20) return Decoded::other;
  if (total >= header) whole = std::min(whole, total);  // 0: the card cuts it up later
  if (u8(b, 9) != protocol_tcp) return Decoded::other;
  set_address(out.from, b.substr(12, 4));
  set_address(out.to, b.substr(16, 4));
  if ((u16(b, 6) & 0x3FFF) != 0) return Decoded::fragment;  // more of them, or not the first
  if (b.size() < header || whole < header) return Decoded::cut;
  b = b.substr(header);
  whole -= header;
  return Decoded::tcp;
}

Decoded take_ipv6(std::string_view& b, std::size_t& whole, TcpSegment& out) {
  if (b.size() < 40) return Decoded::cut;
  if (const std::size_t length = u16(b, 4); length != 0) whole = std::min(whole, length + 40);
  std::uint8_t next = u8(b, 6);
  set_address(out.from, b.substr(8, 16));
  set_address(out.to, b.substr(24, 16));
  std::size_t size = 40;
  for (int headers = 0; headers <= most_headers; ++headers) {
    if (b.size() < size || whole < size) return Decoded::cut;
    b.remove_prefix(size);
    whole -= size;
    if (next == protocol_tcp) return Decoded::tcp;
    if (next == 44) return Decoded::fragment;
    if (next != 0 && next != 43 && next != 60 && next != 51) return Decoded::other;  // hop by hop, routing, options, AH
    if (b.size() < 8) return Decoded::cut;
    size = next == 51 ? (u8(b, 1) + std::size_t{2}) * 4 : (u8(b, 1) + std::size_t{1}) * 8;
    next = u8(b, 0);
  }
  return Decoded::other;
}

}  // namespace

Decoded decode(Link link, const Packet& packet, TcpSegment& out) {
  std::string_view b = packet.bytes;
  std::size_t whole = std::max(packet.whole, b.size());
  const auto type = take_link(link, b);
  if (!type) return Decoded::cut;
  whole -= packet.bytes.size() - b.size();
  if (*type != type_ipv4 && *type != type_ipv6) return Decoded::other;
  const Decoded ip = *type == type_ipv4 ? take_ipv4(b, whole, out) : take_ipv6(b, whole, out);
  if (ip != Decoded::tcp) return ip;
  if (b.size() < 20) return Decoded::cut;
  const std::size_t header = (u8(b, 12) >> 4) * std::size_t{4};
  if (header < 20 || whole < header) return Decoded::other;
  out.from.port = u16(b, 0);
  out.to.port = u16(b, 2);
  out.seq = u32(b, 4);
  const std::uint8_t flags = u8(b, 13);
  out.fin = flags & 0x01, out.syn = flags & 0x02, out.rst = flags & 0x04, out.ack = flags & 0x10;
  const std::size_t length = whole - header;
  b.remove_prefix(std::min(header, b.size()));
  out.payload = b.substr(0, length);  // behind it may be the link's padding
  out.missing = length - out.payload.size();
  return Decoded::tcp;
}

std::string end_text(const End& end) {
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(end.size == 4 ? AF_INET : AF_INET6, end.address.data(), text, sizeof text);
  const std::string port = ":" + std::to_string(end.port);
  return end.size == 4 ? text + port : "[" + std::string(text) + "]" + port;
}

}  // namespace ferry::intake
