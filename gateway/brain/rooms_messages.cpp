// Rooms: what is said in them, and who asks us in.
#include <algorithm>

#include "gateway/brain/log_value.h"
#include "gateway/brain/rooms.h"
#include "translators/part.h"

namespace ferry {
namespace {

constexpr Duration seen_in_rooms_time = 14 * 24 * 3600 * second;  // how long a message is recognised
// A message of the history that is as one that was seen is that one, unless it is younger than the latest by this much:
// people say the same again, and some clients' ids begin anew. Their clock is not ours, hence the longer one.
constexpr Duration same_id_time = 60 * second, no_id_time = 5 * second;

std::string id_by_room(const Message& m, const Jid& room) {
  for (const Part& part : m.parts)
    if (const auto* id = std::get_if<StanzaId>(&part.value))
      if (const auto by = Jid::parse(id->by); by && *by == room) return id->id;
  return {};
}

std::string text_in_room(const Message& m) {
  std::string text = "room\n" + m.from->str() + '\n' + m.id + '\n';
  if (const auto* origin = find<OriginId>(m.parts)) text += origin->id;
  for (const Part& part : m.parts) {
    if (const auto* body = std::get_if<Body>(&part.value)) text += '\n' + body->text;
    if (const auto* subject = std::get_if<Subject>(&part.value)) text += "\n\n" + subject->text;
    if (const auto* r = std::get_if<Reactions>(&part.value)) {
      text += "\nr " + r->id;
      for (const std::string& emoji : r->emoji) text += ' ' + emoji;
    }
    if (const auto* r = std::get_if<Retraction>(&part.value)) text += "\nx " + r->id;
  }
  return text;
}

// What devices call it: the same whenever the room tells it, also to who has gone back and moved again, and of whom
// nothing is known. Empty: nothing tells this message from another.
std::string lasting_id(const Member& member, const Room& room, const Message& m) {
  const std::string by_room = id_by_room(m, room.record.room);
  if (by_room.empty() && m.id.empty() && !find<OriginId>(m.parts)) return {};
  const std::string what = "of " + std::string(member.jid.bare_view()) + '\n' +
                           (by_room.empty() ? text_in_room(m) : room.record.room.str() + '\n' + by_room);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string id;
  for (std::uint64_t h : {digest_of(what), digest_of("again " + what)})
    for (int i = 0; i < 16; ++i, h >>= 4) id += digits[h & 15];
  return id;
}

}  // namespace

bool Rooms::on_message(Member& member, Message& m, bool live) {
  Room* room = find(member, m.from->bare_view());
  const bool known = room && room->record.wish != RoomWish::invited && room->record.wish != RoomWish::known;
  if (m.type == "groupchat") {
    if (!known || !live || !room->wanted() || !member.user || room->state == Room::State::idle ||
        room->state == Room::State::failed) {
      world_.count("session_groupchats");
      return true;
    }
    room->heard = world_.now;
    groupchat(member, *room, m);
    return true;
  }
  if (!known) return false;
  if (m.type == "error") {  // the room does not know us any more (XEP-0045 section 7.4)
    const auto* part = ferry::find<ErrorPart>(m.parts);
    const auto row = m.id.empty() || !member.user ? std::nullopt : world_.records.find_message(member.user->key, m.id);
    const auto peer = row ? Jid::parse(row->peer) : Result<Jid>(error(Condition::item_not_found, ""));
    if (!part || part->error.condition != Condition::not_acceptable || !row || row->way != Way::to_xmpp || !peer ||
        peer->bare_view() != m.from->bare_view() || row->state > MessageState::forwarded || !room->wanted() ||
        room->resent.size() >= max_resent || !room->resent.insert(row->seq).second)
      return false;
    world_.count("room_messages_resent");
    const bool told = row->state == MessageState::forwarded;  // its sender was
    room->unreflected.erase(row->seq);
    if (told)
      room->bounced.push_back(row->seq);
    else
      wait(*room, row->seq);
    if (room->state == Room::State::joined) join(member, *room);
    const bool comes_again = !member.user->account && room->hopeful();
    if ((room->state == Room::State::failed || room->state == Room::State::idle) && !comes_again) {
      if (told)
        room->bounced.pop_back();
      else
        std::erase(room->waiting, row->seq);
      return false;
    }
    return true;
  }
  if (m.from->has_resource()) room::drop_marks(m.parts);  // of an occupant in private: as anybody's
  return false;
}

void Rooms::groupchat(Member& member, Room& room, Message& m) {
  User& user = *member.user;
  const auto* subject = ferry::find<Subject>(m.parts);
  if (subject && !ferry::find<Body>(m.parts)) take_subject(member, room, subject->text);
  if (own(member, room, m)) return world_.count("room_reflections");
  if (purpose_of(m) != Purpose::content) return world_.count("room_noise_dropped");
  if (repeated_in(member, room, m)) return world_.count("session_repeated");
  seen_now(member, room);
  // The subject that everybody is told who joins is in in/room; a change is something that somebody said.
  if (subject && !ferry::find<Body>(m.parts) && room.state != Room::State::joined) return;
  if (!m.from->has_resource() && !ferry::find<Body>(m.parts)) return world_.count("room_noise_dropped");
  const std::string by_room = id_by_room(m, room.record.room);
  std::string id = lasting_id(member, room, m);
  room::drop_marks(m.parts);
  member.link.heard(member);
  world_.count("room_messages");
  delivery_.on_room_message(user, std::move(m), by_room, std::move(id));
}

void Rooms::take_subject(Member& member, Room& room, const std::string& text) {
  std::string subject = room::shortened(text);
  if (subject == room.subject) return;
  room.subject = std::move(subject);
  if (room.state == Room::State::joined) show(member, room);
}

// Ours, as the room gives it to everybody: it has it. What was in doubt since a crash, or since the session was lost,
// need not be sent again; its nick may have been another then.
bool Rooms::own(Member& member, Room& room, const Message& m) {
  const auto row = m.id.empty() ? std::nullopt : world_.records.find_message(member.user->key, m.id);
  if (!row || row->way != Way::to_xmpp) return false;
  const auto peer = Jid::parse(row->peer);
  if (!peer || *peer != room.record.room) return false;
  if (row->state >= MessageState::forwarded) {
    if (m.from->resourcepart() != room.nick) return false;
  } else {
    const auto ours = delivery_.build(*row);
    const Element* body = ours ? ours->child("body", ns::client) : nullptr;
    const Body* theirs = ferry::find<Body>(m.parts);
    const bool awaited = room.unreflected.contains(row->seq) && m.from->resourcepart() == room.nick;
    const bool same = ours && (body == nullptr) == (theirs == nullptr) && (!body || body->text() == theirs->text);
    if (!same && !awaited) return false;  // a room may change what is said in it
    room.reflects = true;
    std::erase(room.waiting, row->seq);
    room.unreflected.erase(row->seq);
    member.link.arrived(member, *row);
  }
  repeated_in(member, room, m);  // so that the history is known by whatever nick it comes
  seen_now(member, room);
  return true;
}

// By the id that the room has given it. Where there is none: what comes by the history a second time has the same
// stamp, and what was heard as it was said is known by what it says.
bool Rooms::repeated_in(Member& member, Room& room, const Message& m) {
  const Jid& jid = member.jid;
  const std::string by_room = id_by_room(m, room.record.room);
  const std::uint64_t by_id = by_room.empty() ? 0 : digest_of("room id\n" + room.record.room.str() + '\n' + by_room);
  const std::string what = text_in_room(m);
  const auto* delay = ferry::find<Delay>(m.parts);
  const auto stamp = delay ? parse_instant(delay->stamp) : std::nullopt;
  const std::uint64_t by_text = digest_of(what), by_history = stamp ? digest_of(what + '\n' + delay->stamp) : by_text;
  const Duration slack = m.id.empty() ? no_id_time : same_id_time;
  if (!stamp) room.live = world_.now;
  if ((by_id != 0 && world_.records.was_seen(jid, by_id)) || (stamp && world_.records.was_seen(jid, by_history)) ||
      (stamp && *stamp <= std::max(room.record.last, room.live) + slack && world_.records.was_seen(jid, by_text)))
    return true;
  if (by_id != 0) world_.records.put_seen(jid, by_id, world_.now + seen_in_rooms_time);
  world_.records.put_seen(jid, by_history, world_.now + seen_in_rooms_time);
  return false;
}

void Rooms::seen_now(Member& member, Room& room) {
  if (room.state != Room::State::joined) return;  // ready() says it: until then the history may end in the middle
  room.record.last = world_.now;
  keep(member, room);
}

// As a contact's wish: retained until it is answered, by room.join or room.leave.
bool Rooms::on_invitation(Member& member, const Message& m) {
  const auto invitation = room::invitation(m);
  if (!invitation) return false;
  if (member.link.unfit(member, invitation->room)) return false;
  if (!member.link.speaks(member)) return true;
  Room* room = find(member, invitation->room.str());
  const bool open = !room || room->record.wish == RoomWish::known || room->record.wish == RoomWish::gone;
  if (!open && room->record.wish == RoomWish::joined) return true;  // in it, or on the way
  const auto invited = std::count_if(member.rooms.begin(), member.rooms.end(),
                                     [](const auto& r) { return r.second.record.wish == RoomWish::invited; });
  if ((!room || room->record.wish != RoomWish::invited) && static_cast<std::size_t>(invited) >= max_invitations) {
    world_.count("rooms_refused");
    return true;
  }
  if (!room) room = add(member, {.room = invitation->room, .wish = RoomWish::invited, .nick = {}, .name = {}});
  if (!room) return true;
  room->record.wish = RoomWish::invited;
  room->record.by = invitation->by;
  room->record.text = invitation->text;
  room->record.password = invitation->password;
  room->error.reset();
  world_.count("room_invitations");
  keep(member, *room);
  show(member, *room);
  return true;
}

}  // namespace ferry
