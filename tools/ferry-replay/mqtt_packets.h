// The publishes of one direction of an MQTT connection (3.1, 3.1.1, 5), of a packet capture.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "gateway/capture/record.h"

namespace ferry::intake {

// Does a client's first packet, CONNECT, begin so?
bool is_mqtt_connect(std::string_view bytes);

// One instance is one direction.
class MqttPackets {
 public:
  struct Found {
    std::function<void(CapturedPublish&&)> publish;
    std::function<void(int version, std::string_view user)> connect;
    std::function<void()> disconnect;
  };
  void version(int version) { version_ = version; }  // as its CONNECT says
  // false: no MQTT, or a packet over limit::mqtt_packet; nothing can be read behind it.
  bool feed(std::string_view bytes, const Found& found);

 private:
  bool packet(std::uint8_t first, std::string_view body, const Found& found);
  bool connect(std::string_view body, const Found& found);
  bool publish(std::uint8_t first, std::string_view body, const Found& found);

  std::string held_;
  int version_ = 4;
  std::map<std::uint16_t, std::string> aliases_;  // MQTT 5
};

}  // namespace ferry::intake
