// What `ferry-replay run` and `serve` read before they begin: ferryd's configuration, and what is played how.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/mapping.h"
#include "config/options.h"
#include "tools/ferry-replay/arguments.h"
#include "tools/ferry-replay/player.h"
#include "translators/values/result.h"

namespace ferry::replay {

// One instance is one configuration, read from ferryd's file alone: no secret is opened.
struct Setup {
  Options options;
  MappingTable table{"im/v1", ""};
  Player::Settings play;
  std::uint64_t seed = 1;
};

inline constexpr std::uint32_t most_users = 10'000;

// The flags that both know.
const std::vector<ReplayFlag>& shared_flags();

// Error: all that is wrong, one line each.
Result<std::unique_ptr<Setup>, std::string> read_setup(const Arguments& arguments);

// What is played and what is not, for --help.
std::string_view played_text();

// For people: what was not played, by reason, and what the capture had. One line each.
std::string describe(const Player::Counts& counts);

}  // namespace ferry::replay
