// Rooms: whether we are still in them (XEP-0410). A room on another server that was restarted, or was out
// of reach for long, has forgotten its occupants and tells nobody; to those the room just seems to be silent.
#include "gateway/brain/log_value.h"
#include "gateway/brain/rooms.h"

namespace ferry {
namespace {

// XEP-0410 section 3.2: who has answered has no ping, or has another name by now, or nobody knows. Then nothing is
// done, and it is asked again after the next silence. Whatever else comes back, we are out.
bool says_nothing(Condition condition) {
  switch (condition) {
    case Condition::service_unavailable:
    case Condition::feature_not_implemented:
    case Condition::item_not_found:
    case Condition::remote_server_not_found:
    case Condition::remote_server_timeout:
    case Condition::resource_constraint:
      return true;
    default:
      return false;
  }
}

}  // namespace

void Rooms::ask_whether_in(Member& member, Room& room) {
  if (const Instant due = room.heard + silence; world_.now < due) return at(member, room, Timer::act, due);
  room.heard = world_.now;
  at(member, room, Timer::act, world_.now + silence);
  const auto we = room.record.room.with_resource(room.nick);
  if (!we) return;
  const std::int64_t ask = ++room.asks;
  Element iq("iq");
  iq.set("type", "get").set("to", we->str()).add(Element("ping", "urn:xmpp:ping"));
  world_.count("room_self_pings");
  member.link.ask(member, std::move(iq),
                  [this, bare = room.record.room.str(), ask](Member& a, const Result<Element>& answer) {
                    Room* found = find(a, bare);
                    if (!found || found->asks != ask || found->state != Room::State::joined) return;
                    if (answer || says_nothing(answer.error().condition)) return;
                    world_.count("rooms_lost");
                    world_.log_about(a.user ? a.user->key : 0, LogLine::Level::info,
                                     "event=room.lost account=" + log_value(a.jid.str()) + " room=" + log_value(bare) +
                                         " condition=" + std::string(condition_name(answer.error().condition)));
                    join(a, *found);
                  });
}

}  // namespace ferry
