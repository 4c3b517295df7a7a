// The epochs of a device's connections that are over, by digest: a broker that comes back older than it was has one of
// them as its retained presence. A text, as the records keep it: 16 hexadecimal digits each, the latest first.
#pragma once

#include <string>
#include <string_view>

namespace ferry::past_epochs {

inline constexpr std::size_t most = 8;  // of one device; a broker that saves every second can bring back one or two

bool contains(std::string_view past, std::string_view epoch);
bool add(std::string& past, std::string_view epoch);  // true: it was not the latest
void remove(std::string& past, std::string_view epoch);

}  // namespace ferry::past_epochs
