// Rooms: what their owner sees of them, and may write to.
#include "gateway/brain/rooms.h"

namespace ferry {
namespace {

std::string_view shown_state(const Room& room) {
  switch (room.record.wish) {
    case RoomWish::left:
    case RoomWish::gone:
      return "left";
    case RoomWish::put_out:
      return "failed";
    case RoomWish::invited:
      return "invited";
    case RoomWish::known:
      return "known";
    case RoomWish::joined:
      break;
  }
  if (room.state == Room::State::failed) return "failed";
  return room.state == Room::State::joined ? "joined" : "joining";
}

}  // namespace

std::string room_view_json(const Room& room) {
  room::View view{room.record.room.str(),
                  room.record.name,
                  room.nick.empty() ? room.record.nick : room.nick,
                  shown_state(room),
                  {},
                  {},
                  {},
                  {},
                  {}};
  std::optional<StanzaError> error = room.error;
  if (room.record.wish == RoomWish::put_out && !error)
    error = ferry::error(condition_from(room.record.by), room.record.text);
  if (view.state == "failed" && error) view.error = &*error;
  if (room.in()) {
    view.subject = room.subject;
    view.role = room.role;
    view.affiliation = room.affiliation;
    view.occupants = static_cast<std::int64_t>(room.occupants.size());
  }
  if (room.record.wish == RoomWish::invited) {
    view.by = room.record.by;
    view.text = room.record.text;
  }
  return room::to_json(view);
}

std::optional<StanzaError> no_talk(const User& user, const Jid& to, bool groupchat) {
  const Room* room = room_of(user, to.bare_view());
  if (!groupchat) {
    if (!room || !to.has_resource() || room->hopeful()) return std::nullopt;
  } else if (to.has_resource() || !to.has_local()) {
    return error(Condition::bad_request, "to: a message of kind groupchat goes to the room itself");
  }
  if (!room || !room->wanted())
    return error(Condition::not_acceptable, "to: you are not in this room; room.join joins it");
  if (!room->hopeful())
    return error(room->error ? room->error->condition : Condition::not_acceptable,
                 "to: the room could not be joined; in/room says why");
  return std::nullopt;
}

// One room as its owner sees it; only where it differs from what is there.
void Rooms::show(Member& member, Room& room) {
  at(member, room, Timer::show, std::nullopt);
  if (!member.user || !member.link.shows(member)) return;
  User& user = *member.user;
  const std::string leaf = "in/room/" + peer_level(room.record.room.str());
  const std::string_view state = shown_state(room);
  if (state == "left" || state == "known") {
    if (room.shown != 0) world_.clear(user, leaf);
    room.shown = 0;
    return;
  }
  std::string json = room_view_json(room);
  const std::uint64_t digest = digest_of(json);
  if (digest == room.shown) return;
  if (!world_.may_publish()) {
    room.shown = Contact::outdated;
    world_.to_show.insert(user.key);
    return;
  }
  room.shown = digest;
  world_.publish_to(user, leaf, std::move(json), true);
}

// from_nothing: the broker may have forgotten, or know what an earlier process has shown.
void Rooms::show_all(User& user, bool from_nothing) {
  if (!user.member) return;
  for (auto& [bare, room] : user.member->rooms) {
    if (from_nothing) room.shown = room.record.wish == RoomWish::known ? 0 : Contact::outdated;
    show(*user.member, room);
  }
}

void Rooms::clear_all(const User& user) {
  if (!user.member) return;
  for (auto& [bare, room] : user.member->rooms)
    if (room.record.wish != RoomWish::known) world_.clear(user, "in/room/" + peer_level(bare));
}

}  // namespace ferry
