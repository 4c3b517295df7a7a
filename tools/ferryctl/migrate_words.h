// What the commands of ferryctl migrate share.
#pragma once

#include <optional>

#include "tools/ferryctl/commands.h"
#include "tools/ferryctl/print.h"

namespace ferry {

// A flag's number; nullopt: it is none, and that was said.
std::optional<std::int64_t> number_flag(const CtlCall& call, const std::string& flag, std::int64_t least,
                                        std::int64_t most, std::int64_t otherwise);

// "command" with the cohort or the accounts that were named, and "go" where --apply was given. Empty: nobody was named,
// and that was said.
std::string command_for(const CtlCall& call, std::string_view command, const Members& members = {},
                        const std::vector<std::pair<std::string, std::int64_t>>& numbers = {});

// Of a write to the old server, as migrate show lists them: what it is, and who alone can undo it.
std::string what_of_write(JsonView write);
// Some of an array of them: "a, b and 3 more".
std::string some_names(JsonView names, std::int64_t all);

}  // namespace ferry
