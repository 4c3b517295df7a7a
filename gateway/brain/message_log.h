// log.messages: a line for each step of each message, so that an administrator can follow one by its id. Never a body.
#pragma once

#include <string_view>

#include "gateway/brain/world.h"

namespace ferry {

// step: accepted, waiting, published, sent, forwarded, delivered, displayed or failed (condition says why).
// Nothing where log.messages is off, or of what is nobody's message (a bare stanza).
void log_step(World& world, std::string_view step, const MessageRecord& row, std::string_view condition = {});
void log_step(World& world, std::string_view step, Seq seq);  // reads the row, where there is one

}  // namespace ferry
