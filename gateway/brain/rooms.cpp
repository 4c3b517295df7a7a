#include "gateway/brain/rooms.h"

#include <algorithm>

#include "gateway/brain/log_value.h"

namespace ferry {

std::string Rooms::nick_of(const Member& member, const Room& room) {
  std::string nick = room.record.nick.empty() ? std::string(member.jid.localpart()) : room.record.nick;
  nick.append(static_cast<std::size_t>(room.nicks), '_');
  const auto occupant = room.record.room.with_resource(nick);  // in its normal form, as the room will say it
  return occupant ? std::string(occupant->resourcepart()) : std::string(member.jid.localpart());
}

void Rooms::read(const std::function<Member*(const Jid&)>& member) {
  world_.records.each_room([&](const Jid& jid, RoomRecord record) {
    Member* found = member(jid);
    if (!found) return;
    std::string bare = record.room.str();
    found->rooms.try_emplace(std::move(bare), std::move(record));
  });
}

Room* Rooms::find(Member& member, std::string_view bare) {
  const auto it = member.rooms.find(bare);
  return it == member.rooms.end() ? nullptr : &it->second;
}

// Where there are too many, one that was left makes room, and then one that is only known.
Room* Rooms::add(Member& member, RoomRecord record) {
  if (peer_level(record.room.str()).empty()) {
    world_.count("rooms_refused");
    return nullptr;
  }
  if (member.rooms.size() >= max_rooms) {
    auto spare = std::find_if(member.rooms.begin(), member.rooms.end(), [](const auto& r) {
      return r.second.record.wish == RoomWish::left && !r.second.record.bookmarked;
    });
    if (spare == member.rooms.end())
      spare = std::find_if(member.rooms.begin(), member.rooms.end(),
                           [](const auto& r) { return r.second.record.wish == RoomWish::known; });
    if (spare == member.rooms.end()) {
      world_.count("rooms_refused");
      return nullptr;
    }
    drop(member, spare->second);
  }
  std::string bare = record.room.str();
  return &member.rooms.try_emplace(std::move(bare), std::move(record)).first->second;
}

void Rooms::keep(Member& member, Room& room) {
  if (room.record.wish == RoomWish::known) return;
  world_.records.put_room(member.jid, room.record);
}

void Rooms::drop(Member& member, Room& room) {
  const std::string bare = room.record.room.str();
  fail_waiting(room, error(Condition::not_acceptable, "to: you are not in this room any more"));
  settle(member, room);
  at(member, room, Timer::act, std::nullopt);
  at(member, room, Timer::show, std::nullopt);
  if (member.user && room.shown != 0) world_.clear(*member.user, "in/room/" + peer_level(bare));
  if (room.record.wish != RoomWish::known) world_.records.remove_room(member.jid, room.record.room);
  member.rooms.erase(bare);
}

std::optional<Instant>& Rooms::due_of(Room& room, Timer timer) {
  if (timer == Timer::unreflected) return room.unreflected_at;
  return timer == Timer::act ? room.act_at : room.show_at;
}

void Rooms::at(Member& member, Room& room, Timer timer, std::optional<Instant> when) {
  auto& due = due_of(room, timer);
  const auto entry = [&] { return std::tuple(*due, timer, member.jid.str(), room.record.room.str()); };
  if (due) timers_.erase(entry());
  due = when;
  if (due) timers_.insert(entry());
}

void Rooms::on_time() {
  while (!timers_.empty() && std::get<Instant>(*timers_.begin()) <= world_.now) {
    const auto [when, timer, bare, name] = *timers_.begin();
    timers_.erase(timers_.begin());
    const auto jid = Jid::parse(bare);
    Member* member = jid ? find_member(*jid) : nullptr;
    Room* room = member ? find(*member, name) : nullptr;
    if (!room) continue;
    due_of(*room, timer).reset();
    if (timer == Timer::show) {
      show(*member, *room);
      continue;
    }
    if (timer == Timer::unreflected) {
      if (room->in()) settle(*member, *room, world_.now);
      continue;
    }
    if (!member->link.up(*member)) continue;  // the next one
    switch (room->state) {
      case Room::State::failed:
        if (room->wanted()) join(*member, *room);
        break;
      case Room::State::joining:
        failed(*member, *room, error(Condition::remote_server_timeout, "the room did not answer"), true);
        break;
      case Room::State::entered:  // it has not said that its history is over, and never will
        ready(*member, *room);
        break;
      case Room::State::joined:
        ask_whether_in(*member, *room);
        break;
      case Room::State::idle:
        break;
    }
  }
}

std::optional<Instant> Rooms::next_deadline() const {
  if (timers_.empty()) return std::nullopt;
  return std::get<Instant>(*timers_.begin());
}

void Rooms::reset(Member& member, Room& room) {
  room.state = Room::State::idle;
  room.occupants.clear();
  room.error.reset();
  room.resent.clear();
  room.nicks = room.attempts = 0;
  ++room.asks;
  at(member, room, Timer::act, std::nullopt);
  at(member, room, Timer::unreflected, std::nullopt);
  wait_again(room);
}

void Rooms::resumed(Member& member) {
  for (auto& [bare, room] : member.rooms) {  // we are still in; what was under way has its time again
    if (room.state == Room::State::entered) is_history_over(member, room);
    if (room.state == Room::State::joining) at(member, room, Timer::act, world_.now + answer_time);
    if (room.state == Room::State::joined) at(member, room, Timer::act, world_.now + silence);
    if (room.state == Room::State::failed && room.hopeful()) at(member, room, Timer::act, world_.now + retry_first);
  }
}

void Rooms::lost(Member& member) {
  for (auto& [bare, room] : member.rooms) reset(member, room);
}

void Rooms::enter(Member& member) {
  if (world_.stopping) return;
  for (auto& [bare, room] : member.rooms)
    if (room.wanted() && room.state == Room::State::idle) join(member, room);
}

// To the others in the room we were away for a moment.
void Rooms::come_again(Member& member) {
  if (!member.link.speaks(member) || !member.link.up(member) || world_.stopping) return;
  for (auto& [bare, room] : member.rooms) {
    if (!room.wanted() || (!room.in() && room.state != Room::State::joining)) continue;
    if (!room.reflects) settle(member, room);  // its history would not tell
    join(member, room);
  }
}

void Rooms::join(Member& member, Room& room) {
  wait_again(room);               // the history has them, or they have not come
  if (!member.link.up(member)) {  // the next link joins
    room.state = Room::State::idle;
    return;
  }
  room.state = Room::State::joining;
  room.error.reset();
  room.occupants.clear();
  room.nick = nick_of(member, room);
  ++room.asks;
  room::History history{-1, first_history};
  if (room.record.last > 0) {
    // By age and not by date: their clock is not ours. What is in doubt may be older than what was seen last.
    Instant since = room.record.last;
    const Seq unasked = member.link.unasked(member).value_or(0);
    for (const Seq seq : {unasked, room.waiting.empty() ? Seq{0} : Seq{room.waiting.front()}})
      if (const auto row = seq == 0 ? std::nullopt : world_.records.message(seq))
        since = std::min(since, world_.accepted_at(*row));
    history = {std::max<Duration>(0, world_.now - since + overlap) / second, most_history};
  }
  const std::string& password = room.record.password.empty() ? room.bookmark_password : room.record.password;
  member.link.send(member, room::join(room.record.room, room.nick, password, history));
  world_.count("rooms_asked");
  at(member, room, Timer::act, world_.now + answer_time);
  show(member, room);
}

// The room answers in order: when this is answered, its history has come.
void Rooms::is_history_over(Member& member, Room& room) {
  const std::int64_t ask = ++room.asks;
  const std::string bare = room.record.room.str();
  at(member, room, Timer::act, world_.now + answer_time);
  Element iq("iq");
  iq.set("type", "get").set("to", bare).add(Element("query", "http://jabber.org/protocol/disco#info"));
  member.link.ask(member, std::move(iq), [this, bare, ask](Member& a, const Result<Element>& answer) {
    Room* found = find(a, bare);
    if (!found || found->asks != ask || found->state != Room::State::entered) return;
    const Element* query = answer ? answer->child("query", "http://jabber.org/protocol/disco#info") : nullptr;
    const Element* identity = query ? query->child("identity", query->ns) : nullptr;
    if (identity && found->record.name.empty()) {
      found->record.name = room::shortened(std::string(identity->attr_or("name")));
      keep(a, *found);
    }
    if (a.link.up(a)) ready(a, *found);
  });
}

void Rooms::ready(Member& member, Room& room) {
  room.state = Room::State::joined;
  room.attempts = 0;
  at(member, room, Timer::act, world_.now + silence);
  world_.count("rooms_joined");
  room.record.last = world_.now;
  keep(member, room);
  show(member, room);
  for (; !room.bounced.empty(); room.bounced.pop_front()) {
    const auto row = world_.records.message(room.bounced.front());
    auto stanza = row && !row->payload.empty() ? delivery_.build(*row) : std::nullopt;
    if (stanza) member.link.send(member, std::move(*stanza));
  }
  member.link.release(member, room.waiting);
}

// passing: it may be otherwise later. The time until then doubles; a new log-in tries at once.
void Rooms::failed(Member& member, Room& room, const StanzaError& error, bool passing) {
  room.state = Room::State::failed;
  room.error = error;
  room.error->text = room::shortened(std::move(room.error->text));
  if (passing)
    room.error->type = ErrorType::wait;
  else if (room.error->type == ErrorType::wait)
    room.error->type = ErrorType::cancel;
  room.occupants.clear();
  room.nicks = 0;
  ++room.asks;
  const Duration wait = std::min(retry_longest, retry_first << std::min(room.attempts++, 10));
  at(member, room, Timer::act, passing ? std::optional<Instant>(world_.now + wait) : std::nullopt);
  world_.count("rooms_failed");
  world_.log_about(
      member.user ? member.user->key : 0, LogLine::Level::info,
      "event=room.failed account=" + log_value(member.jid.str()) + " room=" + log_value(room.record.room.str()) +
          " condition=" + std::string(condition_name(error.condition)) + " again=" + (passing ? "yes" : "no"));
  if (!passing) {
    settle(member, room);
    fail_waiting(room, ferry::error(error.condition, "the room could not be joined; in/room says why"));
  }
  show(member, room);
}

// By somebody who may: we do not come again by ourselves, now or after a log-in.
void Rooms::put_out(Member& member, Room& room, const StanzaError& error) {
  room.record.wish = RoomWish::put_out;
  room.record.by = condition_name(error.condition);
  room.record.text = error.text;
  room.record.password.clear();
  keep(member, room);
  failed(member, room, error, false);
}

void Rooms::fail_waiting(Room& room, const StanzaError& error) {
  for (auto* rows : {&room.bounced, &room.waiting})
    for (; !rows->empty(); rows->pop_front())
      if (const auto row = world_.records.message(rows->front())) delivery_.fail(*row, error);
}

void Rooms::leave(Member& member, Room& room) {
  settle(member, room);
  if (member.link.up(member) && (room.in() || room.state == Room::State::joining))
    member.link.send(member, room::leave(room.record.room, room.nick));
  reset(member, room);
  fail_waiting(room, error(Condition::not_acceptable, "to: you are not in this room any more"));
}

void Rooms::step_out(Member& member) {
  for (auto& [bare, room] : member.rooms) {
    if (room.in() || room.state == Room::State::joining)
      member.link.send(member, room::leave(room.record.room, room.nick));
    if (!world_.stopping) settle(member, room);
    reset(member, room);
    at(member, room, Timer::show, std::nullopt);
  }
}

// What it says meanwhile comes by its history.
void Rooms::too_loud(Member& member, Room& room) {
  member.link.send(member, room::leave(room.record.room, room.nick));
  failed(member, room,
         error(Condition::resource_constraint, "more comes from the room than limits.peer-rate and domain-rate allow"),
         true);
}

void Rooms::leave_all(Member& member) {
  for (auto& [bare, room] : member.rooms) leave(member, room);
}

void Rooms::forget(Member& member) {
  for (auto& [bare, room] : member.rooms) {
    settle(member, room);
    reset(member, room);
    at(member, room, Timer::show, std::nullopt);
    if (room.record.wish != RoomWish::known) world_.records.remove_room(member.jid, room.record.room);
  }
  member.rooms.clear();
}

bool Rooms::hold(Member& member, const MessageRecord& record, Element& stanza) {
  const auto to = Jid::parse(stanza.attr_or("to"));
  if (!to || record.id.empty()) return false;
  const bool groupchat = stanza.attr_or("type") == "groupchat";
  Room* room = find(member, to->bare_view());
  if (!groupchat && (!room || !to->has_resource())) return false;
  if (room && room->state == Room::State::joined && room->waiting.empty()) {
    if (!groupchat) stanza.add(Element("x", room::user_ns));  // section 7.5
    return false;
  }
  if (room && room->hopeful() && member.link.speaks(member)) {
    wait(*room, record.seq);
    return true;
  }
  const auto why = member.user ? no_talk(*member.user, *to, groupchat) : std::nullopt;
  delivery_.fail(record, why ? *why : error(Condition::not_acceptable, "to: you are not in this room"));
  return true;
}

}  // namespace ferry
