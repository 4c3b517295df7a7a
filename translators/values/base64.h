// Base64 (RFC 4648 section 4), strictly: with padding, without line breaks, one text for the same bytes; and
// hexadecimal.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ferry {

std::string to_base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);  // nullopt: not the one form

std::string to_hex(std::string_view bytes);                  // lower-case
std::optional<std::string> from_hex(std::string_view text);  // either case

}  // namespace ferry
