// Texts that are words of a protocol, and therefore may stay, told from what people are called where the names of the
// elements are the same.
#pragma once

#include <string_view>

#include "translators/values/xml.h"

namespace ferry {

bool is_number(std::string_view text);  // of 20 characters at most
// name: of the element, in small letters.
bool is_protocol_word(const Element& e, std::string_view name, std::string_view text);
bool is_photo_hash(const Element& e, std::string_view text);  // XEP-0153: a SHA-1

}  // namespace ferry
