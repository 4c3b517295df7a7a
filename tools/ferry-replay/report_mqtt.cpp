#include "tools/ferry-replay/report_mqtt.h"

#include <algorithm>

#include "translators/values/cbor.h"

namespace ferry::report {
namespace {

constexpr char content_type = 0x03, message_expiry = 0x02, correlation_data = 0x09, user_property = 0x26;
constexpr unsigned char publish_type = 0x30, puback_type = 0x40, pingreq_type = 0xc0, pingresp_type = 0xd0;

std::string big_endian(std::uint32_t value, int bytes) {
  std::string out;
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>((value >> shift) & 0xffU);
  return out;
}

}  // namespace

std::string utf8_string(std::string_view text) {
  return big_endian(static_cast<std::uint32_t>(text.size()), 2).append(text);
}

std::string variable_integer(std::uint32_t value) {
  std::string out;
  do {
    const auto low = static_cast<unsigned char>(value % 128);
    value /= 128;
    out += static_cast<char>(value > 0 ? low | 0x80U : low);
  } while (value > 0);
  return out;
}

std::string packet(unsigned char first, const std::string& rest) {
  std::string out(1, static_cast<char>(first));
  return out.append(variable_integer(static_cast<std::uint32_t>(rest.size()))).append(rest);
}

std::string publish_packet(const Publish& p, std::uint16_t packet_id) {
  std::string properties;
  if (!p.payload.empty())
    properties.append(1, content_type).append(utf8_string(p.cbor ? "application/cbor" : "application/json"));
  if (p.expiry != 0) properties.append(1, message_expiry).append(big_endian(p.expiry, 4));
  if (!p.correlation.empty()) properties.append(1, correlation_data).append(utf8_string(p.correlation));
  const auto pair = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) properties.append(1, user_property).append(utf8_string(name)).append(utf8_string(value));
  };
  pair("id", p.id);
  pair("kind", p.kind);
  pair("via", p.via);
  std::string rest = utf8_string(p.topic);
  if (p.qos > 0) rest.append(big_endian(packet_id, 2));
  rest.append(variable_integer(static_cast<std::uint32_t>(properties.size()))).append(properties).append(p.payload);
  return packet(static_cast<unsigned char>(publish_type | (static_cast<unsigned>(p.qos) << 1U) | (p.retain ? 1U : 0U)),
                rest);
}

// Reason success and no properties: both are left out (section 3.4.2.1).
std::string puback_packet(std::uint16_t packet_id) { return packet(puback_type, big_endian(packet_id, 2)); }

std::string ping_packet(bool answer) { return packet(answer ? pingresp_type : pingreq_type, {}); }

Publish as_cbor(Publish p) {
  if (auto bytes = json_to_cbor(p.payload)) {
    p.payload = std::move(*bytes);
    p.cbor = true;
  }
  return p;
}

std::size_t tls_bytes(std::size_t bytes) {
  return bytes + tls_record_bytes * std::max<std::size_t>(1, (bytes + tls_record_most - 1) / tls_record_most);
}

}  // namespace ferry::report
