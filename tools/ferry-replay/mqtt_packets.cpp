#include "tools/ferry-replay/mqtt_packets.h"

#include <algorithm>
#include <optional>

#include "tools/ferry-replay/import_parts.h"

namespace ferry::intake {
namespace {

constexpr std::size_t most_aliases = 1'000;

// Takes a packet apart; after the first piece that is not there, good is false.
struct MqttCursor {
  std::string_view rest;
  bool good = true;

  std::string_view bytes(std::size_t n) {
    if (rest.size() < n) good = false;
    const std::string_view taken = rest.substr(0, good ? n : 0);
    rest.remove_prefix(taken.size());
    return taken;
  }
  std::uint8_t byte() {
    const std::string_view one = bytes(1);
    return one.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(one[0]);
  }
  std::uint16_t number() {
    const unsigned high = byte();
    return static_cast<std::uint16_t>(high << 8 | byte());
  }
  std::string_view text() { return bytes(number()); }
  // Variable byte integer, of at most four bytes.
  std::size_t length() {
    std::size_t value = 0;
    for (unsigned shift = 0; good; shift += 7) {
      const std::uint8_t one = byte();
      value |= std::size_t{one & 0x7Fu} << shift;
      if (!(one & 0x80)) return value;
      if (shift == 21) good = false;
    }
    return 0;
  }
};

struct Properties {
  std::string_view content_type, response_topic, correlation;
  std::uint16_t alias = 0;
};

// MQTT 5, section 2.2.2.2.
Properties take_properties(MqttCursor& c) {
  Properties p;
  MqttCursor in{c.bytes(c.length())};
  while (c.good && in.good && !in.rest.empty()) {
    switch (in.byte()) {
      case 0x01:  // payload format
      case 0x17:
      case 0x19:
      case 0x24:
      case 0x25:
      case 0x28:
      case 0x29:
      case 0x2A:
        in.byte();
        break;
      case 0x02:  // expiry
      case 0x11:
      case 0x18:
      case 0x27:
        in.bytes(4);
        break;
      case 0x03:
        p.content_type = in.text();
        break;
      case 0x08:
        p.response_topic = in.text();
        break;
      case 0x09:
        p.correlation = in.text();
        break;
      case 0x0B:  // subscription identifier
        in.length();
        break;
      case 0x23:
        p.alias = in.number();
        break;
      case 0x13:
      case 0x21:
      case 0x22:
        in.number();
        break;
      case 0x12:
      case 0x15:
      case 0x16:
      case 0x1A:
      case 0x1C:
      case 0x1F:
        in.text();
        break;
      case 0x26:  // user property
        in.text();
        in.text();
        break;
      default:
        in.good = false;
    }
  }
  c.good = c.good && in.good;
  return p;
}

}  // namespace

bool is_mqtt_connect(std::string_view bytes) {
  MqttCursor c{bytes};
  if (c.byte() != 0x10) return false;
  c.length();
  const std::string_view name = c.text();
  return c.good && (name == "MQTT" || name == "MQIsdp");
}

bool MqttPackets::feed(std::string_view bytes, const Found& found) {
  std::string_view all = held_.empty() ? bytes : std::string_view(held_.append(bytes));
  bool good = true;
  while (good && !all.empty()) {
    MqttCursor c{all};
    const std::uint8_t first = c.byte();
    const std::size_t length = c.length();
    if (!c.good && all.size() < 5) break;
    if (!c.good || length > limit::mqtt_packet) return false;
    const std::string_view body = c.bytes(length);
    if (!c.good) break;
    good = packet(first, body, found);
    all = c.rest;
  }
  std::string left(all);
  held_ = std::move(left);
  return good;
}

bool MqttPackets::packet(std::uint8_t first, std::string_view body, const Found& found) {
  switch (first >> 4) {
    case 1:
      return connect(body, found);
    case 3:
      return publish(first, body, found);
    case 14:
      found.disconnect();
      return true;
    default:
      return first >> 4 != 0;
  }
}

bool MqttPackets::connect(std::string_view body, const Found& found) {
  MqttCursor c{body};
  c.text();
  version_ = c.byte();
  const unsigned flags = c.byte();
  c.number();
  if (version_ == 5) take_properties(c);
  c.text();            // client id
  if (flags & 0x04) {  // a will
    if (version_ == 5) take_properties(c);
    c.text();
    c.text();
  }
  const std::string_view user = flags & 0x80 ? c.text() : std::string_view();
  if (c.good) found.connect(version_, user);
  return c.good;
}

bool MqttPackets::publish(std::uint8_t first, std::string_view body, const Found& found) {
  MqttCursor c{body};
  CapturedPublish p;
  p.topic = c.text();
  p.qos = first >> 1 & 3;
  p.retain = first & 1;
  if (p.qos == 3) return false;
  if (p.qos > 0) c.number();  // packet id
  if (version_ == 5) {
    const Properties properties = take_properties(c);
    p.cbor = properties.content_type == "application/cbor";
    p.response_topic = properties.response_topic;
    p.correlation = properties.correlation;
    if (properties.alias != 0 && !p.topic.empty() && aliases_.size() < most_aliases)
      aliases_[properties.alias] = p.topic;
    if (const auto known = aliases_.find(properties.alias); p.topic.empty() && known != aliases_.end())
      p.topic = known->second;
  }
  if (!c.good || p.topic.empty()) return c.good;
  p.payload = c.rest;
  found.publish(std::move(p));
  return true;
}

}  // namespace ferry::intake
