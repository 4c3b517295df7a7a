// What MQTT 5 packets take on the wire: OASIS MQTT 5.0, section 2 and 3, to the byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/brain/effects.h"

namespace ferry::report {

std::string utf8_string(std::string_view text);     // with its two bytes of length
std::string variable_integer(std::uint32_t value);  // section 1.5.5
std::string packet(unsigned char first, const std::string& rest);

// A PUBLISH as the gateway sends it (gateway/links/mosquitto_client.cpp) and the broker passes it on: content type,
// expiry, correlation data, user properties.
std::string publish_packet(const Publish& publish, std::uint16_t packet_id = 1);
std::string puback_packet(std::uint16_t packet_id = 1);
std::string ping_packet(bool answer);

// The same object as CBOR; the content type says so. What is no JSON stays as it is.
Publish as_cbor(Publish publish);

inline constexpr std::size_t tls_record_bytes = 22;  // TLS 1.3 with AES-GCM: header 5, content type 1, tag 16
inline constexpr std::size_t tls_record_most = 16'384;
std::size_t tls_bytes(std::size_t bytes);  // of one write: its records

}  // namespace ferry::report
