// What to do about the stream errors (RFC 6120 section 4.9.3) that a component meets.
#pragma once

#include <string>
#include <string_view>

namespace ferry {

bool is_lasting(std::string_view condition);               // trying again at once will not help
std::string component_advice(std::string_view condition);  // for the administrator; empty: none

}  // namespace ferry
