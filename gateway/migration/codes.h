// Base64 and hexadecimal, as the stores of other servers write keys.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ferry {

std::optional<std::string> from_base64(std::string_view text);  // blanks and lines are let pass, padding may be missing
std::string to_base64(std::string_view bytes);
std::optional<std::string> from_hexadecimal(std::string_view text);

}  // namespace ferry
