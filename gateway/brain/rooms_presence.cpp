// Rooms: who is in them, and whether we are.
#include "gateway/brain/log_value.h"
#include "gateway/brain/rooms.h"
#include "translators/part.h"

namespace ferry {
namespace {

// XEP-0045 section 15.6.2
constexpr int room_was_created = 201, banned = 301, renamed = 303, kicked = 307, no_member_any_more = 321,
              members_only_now = 322, service_stops = 332, by_an_error = 333;

// What may be otherwise in a while. 503 is a room with too many in it.
bool passes(const StanzaError& e) {
  switch (e.condition) {
    case Condition::service_unavailable:
    case Condition::remote_server_timeout:
    case Condition::remote_server_not_found:
    case Condition::resource_constraint:
    case Condition::internal_server_error:
    case Condition::recipient_unavailable:
      return true;
    default:
      return false;
  }
}

std::string because(std::string_view what, const std::string& reason) {
  return reason.empty() ? std::string(what) : std::string(what) + ": " + reason;
}

}  // namespace

bool Rooms::on_presence(Member& member, const Presence& p) {
  if (!p.from || !p.from->has_local()) return false;
  Room* room = find(member, p.from->bare_view());
  if (!room || room->record.wish == RoomWish::invited || room->record.wish == RoomWish::known) {
    // Of a room that we left, or that another client is in: nobody's presence. A contact says no such thing.
    const bool contact = member.user && member.user->contacts.contains(p.from->bare_view());
    return room || (!contact && room::said(p.parts));
  }
  room->heard = world_.now;
  if (p.type == "error")
    refused(member, *room, p);
  else if (p.type.empty())
    appeared(member, *room, p);
  else if (p.type == "unavailable")
    went(member, *room, p);
  return true;
}

void Rooms::refused(Member& member, Room& room, const Presence& p) {
  if (room.state != Room::State::joining) return;
  const auto* part = ferry::find<ErrorPart>(p.parts);
  const StanzaError e = part ? part->error : StanzaError{};
  if (e.condition == Condition::conflict && room.nicks + 1 < max_nicks) {
    ++room.nicks;
    world_.count("room_nicks_taken");
    return join(member, room);
  }
  failed(member, room, e, passes(e));
}

void Rooms::appeared(Member& member, Room& room, const Presence& p) {
  const std::string nick(p.from->resourcepart());
  const auto s = room::said(p.parts).value_or(room::Said{});
  if (nick.empty() || room.state == Room::State::idle || room.state == Room::State::failed) return;
  if (room.occupants.size() < max_occupants || room.occupants.contains(nick)) {
    Occupant& o = room.occupants[nick];
    o = {s.role, s.affiliation, s.jid};
  } else {
    world_.count("room_occupants_refused");
  }
  if (!s.self() && nick != room.nick) {
    if (room.state == Room::State::joined && !room.show_at) at(member, room, Timer::show, world_.now + show_time);
    return;
  }
  const bool changed = room.role != s.role || room.affiliation != s.affiliation || room.nick != nick;
  room.role = s.role;
  room.affiliation = s.affiliation;
  room.nick = nick;  // 210: the room has given us another
  if (room.state == Room::State::joining) {
    room.state = Room::State::entered;
    if (s.codes.contains(room_was_created)) {  // locked until its owner agrees to what it is (section 10.1.2)
      Element iq("iq");
      iq.set("type", "set").set("to", room.record.room.str());
      Element& query = iq.add(Element("query", "http://jabber.org/protocol/muc#owner"));
      query.add(Element("x", "jabber:x:data")).set("type", "submit");
      member.link.ask(member, std::move(iq), [](Member&, const Result<Element>&) {});
    }
    return is_history_over(member, room);
  }
  if (changed) show(member, room);
}

void Rooms::went(Member& member, Room& room, const Presence& p) {
  const std::string nick(p.from->resourcepart());
  const auto s = room::said(p.parts).value_or(room::Said{});
  const bool me = s.self() || nick == room.nick || (s.destroyed && nick.empty());
  if (s.codes.contains(renamed) && !s.nick.empty()) {
    if (auto occupant = room.occupants.extract(nick)) {
      occupant.key() = s.nick;
      room.occupants.insert(std::move(occupant));
    }
    if (me) room.nick = s.nick;
    if (me) show(member, room);
    return;
  }
  room.occupants.erase(nick);
  if (!me) {
    if (room.state == Room::State::joined && !room.show_at) at(member, room, Timer::show, world_.now + show_time);
    return;
  }
  if (room.state == Room::State::idle || room.state == Room::State::failed) return;
  const auto out = [&](Condition condition, std::string_view what) {
    put_out(member, room, error(condition, because(what, s.reason)));
  };
  if (s.codes.contains(by_an_error) || s.codes.contains(service_stops))
    return failed(member, room, error(Condition::service_unavailable, "the room has stopped, or lost us"), true);
  if (s.destroyed)
    return out(Condition::gone, s.venue.empty() ? "the room was closed" : "the room was closed, go to " + s.venue);
  if (s.codes.contains(banned)) return out(Condition::forbidden, "banned from the room");
  if (s.codes.contains(kicked)) return out(Condition::not_allowed, "put out of the room");
  if (s.codes.contains(no_member_any_more) || s.codes.contains(members_only_now))
    return out(Condition::registration_required, "the room is for its members");
  // Our own going, as the server or an earlier process said it: we have asked to come again since.
  if (room.state == Room::State::joining) return;
  failed(member, room, error(Condition::recipient_unavailable, "the room says that we have gone"), true);
  // It has got back now what it had said while the component was away.
  if (member.user && !member.user->account) at(member, room, Timer::act, world_.now + second);
}

}  // namespace ferry
