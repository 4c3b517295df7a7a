// Rooms: out/req.
#include <algorithm>

#include "gateway/brain/rooms.h"
#include "translators/part.h"

namespace ferry {
namespace {

constexpr std::size_t around_rooms = 512;  // bytes of an answer's own fields, about

// Entries of an answer, as many as fit; the rest by asking again with `next` as `after`.
class Page {
 public:
  Page(std::string_view name, std::size_t most) : text_("{\"" + std::string(name) + "\":["), most_(most) {}
  bool add(const std::string& entry, const std::string& key) {
    if (n_ > 0 && text_.size() + entry.size() + around_rooms > most_) return false;
    text_.append(n_++ > 0 ? "," : "").append(entry);
    last_ = key;
    return true;
  }
  std::string take(bool more) {
    text_ += "]";
    if (more) text_.append(",\"next\":").append(JsonWriter().value(last_).take());
    return text_ + "}";
  }

 private:
  std::string text_, last_;
  std::size_t most_, n_ = 0;
};

Result<Jid> room_field(JsonView r) {
  auto jid = jid_field(r, "room");
  if (!jid) return jid;
  if (!jid->has_local() || jid->has_resource())
    return error(Condition::bad_request, "room: expected the address of a room, as library@rooms.example.org");
  return jid;
}

}  // namespace

bool Rooms::on_request(Member& member, std::string_view name, JsonView r, const Asked& asked) {
  const struct {
    std::string_view name;
    Answer (Rooms::*handle)(Member&, JsonView);
    bool changes;
  } rows[] = {{"rooms.get", &Rooms::rooms_get, false},
              {"room.join", &Rooms::room_join, true},
              {"room.leave", &Rooms::room_leave, true},
              {"room.occupants", &Rooms::room_occupants, false}};
  const auto row = std::find_if(std::begin(rows), std::end(rows), [&](const auto& x) { return x.name == name; });
  if (row == std::end(rows)) return false;
  User& user = *member.user;
  const auto& l = world_.options.limits;
  if (row->changes && !user.rates.subscriptions.take(world_.now, l.subscription_rate, l.subscription_burst)) {
    world_.count("requests_over_rate");
    requests_.answer(user, asked, error(Condition::resource_constraint, "too many changes a second; try again later"));
  } else if (!member.link.speaks(member)) {
    requests_.answer(user, asked, error(Condition::not_allowed, "rooms: this account is not on its way to MQTT now"));
  } else {
    requests_.answer(user, asked, (this->*row->handle)(member, r));
  }
  return true;
}

Rooms::Answer Rooms::rooms_get(Member& member, JsonView r) {
  const TextField after = text_field(r, "after", 3'072);
  if (after.error) return *after.error;
  Page page("rooms", world_.options.limits.message_bytes);
  for (auto it = member.rooms.upper_bound(after.text.value_or("")); it != member.rooms.end(); ++it)
    if (it->second.record.wish != RoomWish::gone && !page.add(room_view_json(it->second), it->first))
      return page.take(true);
  return page.take(false);
}

Rooms::Answer Rooms::room_join(Member& member, JsonView r) {
  const auto jid = room_field(r);
  if (!jid) return jid.error();
  const TextField nick = text_field(r, "nick", room::max_text_bytes), password = text_field(r, "password", 1'024);
  if (nick.error) return *nick.error;
  if (password.error) return *password.error;
  if (nick.text && (nick.text->empty() || !jid->with_resource(*nick.text)))
    return error(Condition::bad_request, "nick: expected a name as a resourcepart may be");
  if (const auto wrong = member.link.unfit(member, *jid)) return *wrong;
  Room* room = find(member, jid->str());
  if (!room) room = add(member, {.room = *jid, .nick = {}, .name = {}});
  if (!room) return error(Condition::resource_constraint, "room: too many rooms; room.leave leaves one");
  RoomRecord& record = room->record;
  const bool as_it_is = room->wanted() && (room->in() || room->state == Room::State::joining) &&
                        (!nick.text || *nick.text == record.nick) && !password.text;
  record.wish = RoomWish::joined;
  record.asked = true;
  record.by.clear();
  record.text.clear();
  if (nick.text) record.nick = *nick.text;
  if (password.text) record.password = *password.text;
  keep(member, *room);
  room->nicks = room->attempts = 0;
  if (!as_it_is && room->in() && nick.text) {  // another name: as somebody new, and nobody is left behind
    member.link.send(member, room::leave(record.room, room->nick));
    join(member, *room);
  } else if (!as_it_is) {
    join(member, *room);
  }
  show(member, *room);
  return room_view_json(*room);
}

Rooms::Answer Rooms::room_leave(Member& member, JsonView r) {
  const auto jid = room_field(r);
  if (!jid) return jid.error();
  Room* room = find(member, jid->str());
  const RoomWish wish = room ? room->record.wish : RoomWish::gone;
  if (wish == RoomWish::gone || wish == RoomWish::known || wish == RoomWish::left)
    return error(Condition::item_not_found, "room: not a room of yours");
  leave(member, *room);
  room->record.wish = RoomWish::left;
  room->record.asked = false;
  room->record.by.clear();
  room->record.text.clear();
  room->record.password.clear();
  keep(member, *room);
  show(member, *room);
  return std::string("{}");
}

Rooms::Answer Rooms::room_occupants(Member& member, JsonView r) {
  const auto jid = room_field(r);
  if (!jid) return jid.error();
  const TextField after = text_field(r, "after", 3'072);
  if (after.error) return *after.error;
  const Room* room = find(member, jid->str());
  if (!room || room->state != Room::State::joined) return error(Condition::not_acceptable, "room: you are not in it");
  Page page("occupants", world_.options.limits.message_bytes);
  for (auto it = room->occupants.upper_bound(after.text.value_or("")); it != room->occupants.end(); ++it) {
    const auto& [nick, o] = *it;
    JsonWriter json;
    json.begin_object().field("nick", nick).field("role", o.role).field("affiliation", o.affiliation);
    if (!o.jid.empty()) json.field("jid", o.jid);
    if (!page.add(json.end_object().take(), nick)) return page.take(true);
  }
  return page.take(false);
}

}  // namespace ferry
