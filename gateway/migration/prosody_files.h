// Prosody's internal storage: data/HOST/STORE/NAME.dat and .list, names percent-encoded.
#pragma once

#include <string>
#include <string_view>

#include "gateway/migration/intake.h"

namespace ferry {

// The folder with the hosts, or one host's. Error: why it is none.
std::string import_prosody(const std::string& folder, Intake& intake);

std::string prosody_decoded(std::string_view name);  // "example%2eorg"
std::string prosody_encoded(std::string_view name);

}  // namespace ferry
