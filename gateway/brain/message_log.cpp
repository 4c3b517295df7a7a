#include "gateway/brain/message_log.h"

#include "gateway/brain/log_value.h"

namespace ferry {

void log_step(World& world, std::string_view step, const MessageRecord& row, std::string_view condition) {
  if (!world.options.log.messages || row.id.empty()) return;
  const User* user = world.user(row.user);
  const std::string ours = user ? user->jid.str() : "";
  const bool to_xmpp = row.way == Way::to_xmpp;
  world.log(LogLine::Level::info, "event=message.step step=" + std::string(step) + " id=" + log_value(row.id) +
                                      (row.xmpp_id.empty() ? "" : " xmpp-id=" + log_value(row.xmpp_id)) +
                                      " from=" + log_value(to_xmpp ? ours : row.peer) +
                                      " to=" + log_value(to_xmpp ? row.peer : ours) +
                                      (condition.empty() ? "" : " condition=" + std::string(condition)));
}

void log_step(World& world, std::string_view step, Seq seq) {
  if (!world.options.log.messages) return;
  if (const auto row = world.records.message(seq)) log_step(world, step, *row);
}

}  // namespace ferry
