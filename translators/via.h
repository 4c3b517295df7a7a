// The gateways that carried a message: its origin is the first, their number is its hops. A gateway that finds itself
// among them does not carry the message again, so neither two gateways nor a broker's bridge can make a loop.
//
// A gateway is named by its component domain. The mark is <via xmlns='urn:ferry:via:0' hops='a.example b.example'/> in
// a stanza, "via":["a.example","b.example"] in a payload, and the MQTT 5 user property `via` of a feed's publish.
#pragma once

#include <string>
#include <string_view>

#include "translators/event.h"

namespace ferry::via {

inline constexpr std::size_t max_hops = 8;

// May the gateway carry it? No: it did already, or too many others did.
bool may_pass(const Parts& parts, std::string_view gateway);
void add_hop(Parts& parts, std::string_view gateway);

std::string to_property(const Parts& parts);     // hops, separated by a blank
Parts from_property(std::string_view property);  // of a publish: one Via, or nothing

}  // namespace ferry::via
