// Values of log lines: what others wrote must not look like a line, or a field, of ours.
#pragma once

#include <string>
#include <string_view>

namespace ferry {

// As it is, or in quotes if it has blanks, quotes, '=' or anything that does not print; there \" and \\ stand for
// themselves, and \xHH for each byte of a control character, of a line or paragraph separator, of a mark that turns the
// direction of writing, and of what is no UTF-8. Cut off at 300 bytes.
std::string log_value(std::string_view value);

}  // namespace ferry
