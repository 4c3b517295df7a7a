// What a broker's refusal of a connection means (MQTT 5 section 3.2.2.2), and what to do about it.
#pragma once

#include <string>

namespace ferry {

std::string broker_refusal(int reason);
std::string broker_advice(int reason);  // for the administrator; empty: none

}  // namespace ferry
