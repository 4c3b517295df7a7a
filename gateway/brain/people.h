// Who of the records' people is in the brain's memory: those whom a row of the mapping table serves. The others, and
// what waits for them, stay in the records until a row does.
#pragma once

#include <vector>

#include "gateway/brain/world.h"

namespace ferry {

// Those who are not there yet, with their contacts and devices. How many nobody serves is noted in world.unserved, and
// who they are in the log where `tell` says so.
std::vector<User*> read_people(World& world, bool tell);

}  // namespace ferry
