// Rooms: whether a room has what was said to it. The server's word is not the room's: it may have taken us out a moment
// ago, and send everything back (XEP-0045 section 7.4).
#include <algorithm>

#include "gateway/brain/rooms.h"

namespace ferry {

bool Rooms::awaits_reflection(Member& member, const XmppOutbox::Sent& sent) {
  const auto to = Jid::parse(sent.peer);
  Room* room = sent.groupchat && to ? find(member, to->bare_view()) : nullptr;
  if (!room || !room->hopeful() || !member.link.speaks(member)) return false;
  if (!room->in()) {
    wait(*room, sent.seq);
    return true;
  }
  room->unreflected.insert_or_assign(sent.seq, world_.now + reflection_time);
  if (!room->unreflected_at) at(member, *room, Timer::unreflected, world_.now + reflection_time);
  return true;
}

void Rooms::settle(Member& member, Room& room, std::optional<Instant> due) {
  for (auto it = room.unreflected.begin(); it != room.unreflected.end();) {
    if (due && it->second > *due) {
      ++it;
      continue;
    }
    const auto row = world_.records.message(it->first);
    it = room.unreflected.erase(it);
    if (row && row->state == MessageState::accepted) member.link.arrived(member, *row);
  }
  std::optional<Instant> next;
  for (const auto& [seq, until] : room.unreflected) next = std::min(until, next.value_or(until));
  at(member, room, Timer::unreflected, next);
}

void Rooms::wait(Room& room, Seq seq) {
  auto& rows = room.waiting;
  if (std::find(rows.begin(), rows.end(), seq) == rows.end())
    rows.insert(std::upper_bound(rows.begin(), rows.end(), seq), seq);
}

void Rooms::wait_again(Room& room) {
  for (const auto& [seq, until] : room.unreflected) wait(room, seq);
  room.unreflected.clear();
}

}  // namespace ferry
