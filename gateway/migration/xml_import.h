// Accounts out of XML: XEP-0227 (1.1 and the forms that servers really write: ejabberd's, Openfire's plug-in's,
// Prosody's, M-Link's trees of XInclude), and the Openfire plug-in's own format. Streaming (xml_walk.h).
//
// XInclude: a relative href to a file in or below the folder of the first file, between accounts only.
#pragma once

#include <functional>
#include <string>

#include "gateway/migration/input.h"
#include "gateway/migration/intake.h"

namespace ferry {

inline constexpr std::size_t most_include_depth = 8, most_includes = 1'000'000;

// Error: why the rest of the source did not come.
using Working = std::function<void(std::uint64_t bytes)>;
std::string import_xep0227(Input& input, Intake& intake, const Working& working = {});
std::string import_openfire_xml(Input& input, Intake& intake, const Working& working = {});

// The export of something that could not read a password has the user's name in its place.
bool is_placeholder_password(std::string_view user, std::string_view password);
void take_exported_password(Intake& intake, const Place& place, std::string_view user, std::string_view password);

}  // namespace ferry
