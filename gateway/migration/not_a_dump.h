// Files that were taken for a dump: what they are instead, and what brings their accounts.
#pragma once

#include <string>
#include <string_view>

namespace ferry {

// By its first bytes; empty: nobody knows.
std::string what_it_is(std::string_view first_bytes);

}  // namespace ferry
