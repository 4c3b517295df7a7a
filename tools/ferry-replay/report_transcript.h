// The XMPP side of the ten operations, and the MQTT packets that are no publishes: text and bytes, nothing is decided.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/brain/effects.h"

namespace ferry::report::transcript {

struct Line {
  int link;
  bool from_client;
  std::string xml;
};

std::string my_full_jid();
std::string contact(int n);                      // "anna.schmidt@corp.example": 100 different ones
std::string name_of(std::string_view bare_jid);  // "Anna Schmidt"

std::vector<std::pair<bool, std::string>> log_in();  // from the client?, bytes
std::string ack_request();
std::string ack();
std::string roster_get();
std::string roster_result(const std::vector<std::string>& contacts);
std::string presence(std::string_view from, std::string_view to, std::string_view show = {},
                     std::string_view status = {});
std::vector<Line> message_with_receipt(std::string_view peer, std::string_view text);
std::string typing(std::string_view from, std::string_view to);
std::vector<Line> subscription(std::string_view peer);
std::string room_message(std::string_view from, std::string_view to, std::string_view text);
std::string delayed_message(std::string_view from, std::string_view text);

std::string connect_packet(const std::string& client_id, const Publish& will, std::string_view username,
                           std::string_view password);
std::string connack_packet();  // as Mosquitto 2.0 answers
std::string subscribe_packet(const std::vector<std::string>& filters);
std::string suback_packet(std::size_t filters);

}  // namespace ferry::report::transcript
