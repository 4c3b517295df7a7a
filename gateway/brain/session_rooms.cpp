#include "gateway/brain/session_rooms.h"

#include <algorithm>

#include "gateway/brain/log_value.h"

namespace ferry {
namespace {

std::string nick_of(const Account& account, const Room& room) {
  std::string nick = room.record.nick.empty() ? std::string(account.record.jid.localpart()) : room.record.nick;
  nick.append(static_cast<std::size_t>(room.nicks), '_');
  const auto occupant = room.record.room.with_resource(nick);  // in its normal form, as the room will say it
  return occupant ? std::string(occupant->resourcepart()) : std::string(account.record.jid.localpart());
}

}  // namespace

SessionRooms::SessionRooms(World& world, Delivery& delivery, Requests& requests, SessionIqs& iqs, SessionOutbox& outbox)
    : world_(world), delivery_(delivery), requests_(requests), iqs_(iqs), outbox_(outbox) {
  outbox_.hold = [this](Account& account, const MessageRecord& record, Element& stanza) {
    return hold(account, record, stanza);
  };
}

void SessionRooms::read(const std::function<Account*(const Jid&)>& find) {
  find_account_ = find;
  world_.records.each_room([&](const Jid& jid, RoomRecord record) {
    Account* account = find(jid);
    if (!account) return;
    std::string bare = record.room.str();
    account->rooms.try_emplace(std::move(bare), std::move(record));
  });
}

bool SessionRooms::speaks(const Account& account) {
  const bool on = account.record.state == AccountState::dual || account.record.state == AccountState::moved;
  return on && account.user && !account.hidden_at;
}

Room* SessionRooms::find(Account& account, std::string_view bare) {
  const auto it = account.rooms.find(bare);
  return it == account.rooms.end() ? nullptr : &it->second;
}

// Where there are too many, one that was left makes room, and then one that is only known.
Room* SessionRooms::add(Account& account, RoomRecord record) {
  if (peer_level(record.room.str()).empty()) {
    world_.count("rooms_refused");
    return nullptr;
  }
  if (account.rooms.size() >= max_rooms) {
    auto spare = std::find_if(account.rooms.begin(), account.rooms.end(), [](const auto& r) {
      return r.second.record.wish == RoomWish::left && !r.second.record.bookmarked;
    });
    if (spare == account.rooms.end())
      spare = std::find_if(account.rooms.begin(), account.rooms.end(),
                           [](const auto& r) { return r.second.record.wish == RoomWish::known; });
    if (spare == account.rooms.end()) {
      world_.count("rooms_refused");
      return nullptr;
    }
    drop(account, spare->second);
  }
  std::string bare = record.room.str();
  return &account.rooms.try_emplace(std::move(bare), std::move(record)).first->second;
}

void SessionRooms::keep(Account& account, Room& room) {
  if (room.record.wish == RoomWish::known) return;
  world_.records.put_room(account.record.jid, room.record);
}

void SessionRooms::drop(Account& account, Room& room) {
  const std::string bare = room.record.room.str();
  fail_waiting(room, error(Condition::not_acceptable, "to: you are not in this room any more"));
  at(account, room, Timer::act, std::nullopt);
  at(account, room, Timer::show, std::nullopt);
  if (account.user && room.shown != 0) world_.clear(*account.user, "in/room/" + peer_level(bare));
  if (room.record.wish != RoomWish::known) world_.records.remove_room(account.record.jid, room.record.room);
  account.rooms.erase(bare);
}

void SessionRooms::at(Account& account, Room& room, Timer timer, std::optional<Instant> when) {
  auto& due = timer == Timer::act ? room.act_at : room.show_at;
  const auto entry = [&] { return std::tuple(*due, timer, account.record.jid.str(), room.record.room.str()); };
  if (due) timers_.erase(entry());
  due = when;
  if (due) timers_.insert(entry());
}

void SessionRooms::on_time() {
  while (!timers_.empty() && std::get<Instant>(*timers_.begin()) <= world_.now) {
    const auto [when, timer, bare, name] = *timers_.begin();
    timers_.erase(timers_.begin());
    const auto jid = Jid::parse(bare);
    Account* account = jid ? find_account_(*jid) : nullptr;
    Room* room = account ? find(*account, name) : nullptr;
    if (!room) continue;
    (timer == Timer::act ? room->act_at : room->show_at).reset();
    if (timer == Timer::show) {
      show(*account, *room);
      continue;
    }
    if (!account->up) continue;  // the next log-in
    switch (room->state) {
      case Room::State::failed:
        if (room->wanted()) join(*account, *room);
        break;
      case Room::State::joining:
        failed(*account, *room, error(Condition::remote_server_timeout, "the room did not answer"), true);
        break;
      case Room::State::entered:  // it has not said that its history is over, and never will
        ready(*account, *room);
        break;
      case Room::State::joined:
        ask_whether_in(*account, *room);
        break;
      case Room::State::idle:
        break;
    }
  }
}

std::optional<Instant> SessionRooms::next_deadline() const {
  if (timers_.empty()) return std::nullopt;
  return std::get<Instant>(*timers_.begin());
}

void SessionRooms::reset(Account& account, Room& room) {
  room.state = Room::State::idle;
  room.occupants.clear();
  room.error.reset();
  room.resent.clear();
  room.nicks = room.attempts = 0;
  ++room.asks;
  at(account, room, Timer::act, std::nullopt);
}

void SessionRooms::session_up(Account& account, bool resumed) {
  if (!resumed) return enter(account);
  for (auto& [bare, room] : account.rooms) {  // we are still in; what was under way has its time again
    if (room.state == Room::State::entered) is_history_over(account, room);
    if (room.state == Room::State::joining) at(account, room, Timer::act, world_.now + answer_time);
    if (room.state == Room::State::joined) at(account, room, Timer::act, world_.now + silence);
    if (room.state == Room::State::failed && room.hopeful()) at(account, room, Timer::act, world_.now + retry_first);
  }
}

void SessionRooms::lost(Account& account) {
  for (auto& [bare, room] : account.rooms) reset(account, room);
}

// Those of the bookmarks wait for them: a bookmark may have another nick now, and only it has the password.
void SessionRooms::enter(Account& account) {
  if (!speaks(account) || !account.up || world_.stopping) return;
  for (auto& [bare, room] : account.rooms)
    if (room.wanted() && !room.record.bookmarked) join(account, room);
  ask_bookmarks(account);
}

// RFC 6121 section 4.5.2: whoever got our presence directly is told, too. So we come again at once; to the others in
// the room we were away for a moment.
void SessionRooms::unavailable(Account& account) {
  if (!speaks(account) || !account.up || world_.stopping) return;
  for (auto& [bare, room] : account.rooms)
    if (room.wanted() && (room.in() || room.state == Room::State::joining)) join(account, room);
}

void SessionRooms::join(Account& account, Room& room) {
  if (!account.up) {  // the next log-in joins
    room.state = Room::State::idle;
    return;
  }
  room.state = Room::State::joining;
  room.error.reset();
  room.occupants.clear();
  room.nick = nick_of(account, room);
  ++room.asks;
  room::History history{-1, first_history};
  if (room.record.last > 0) {
    // By age and not by date: their clock is not ours. What is in doubt may be older than what was seen last.
    Instant since = room.record.last;
    for (const auto* rows : {&account.queued, &room.waiting})
      if (const auto row = rows->empty() ? std::nullopt : world_.records.message(rows->front()))
        since = std::min(since, world_.accepted_at(*row));
    history = {std::max<Duration>(0, world_.now - since + overlap) / second, most_history};
  }
  const std::string& password = room.record.password.empty() ? room.bookmark_password : room.record.password;
  outbox_.send(account, room::join(room.record.room, room.nick, password, history));
  world_.count("rooms_asked");
  at(account, room, Timer::act, world_.now + answer_time);
  show(account, room);
}

// The room answers in order: when this is answered, its history has come.
void SessionRooms::is_history_over(Account& account, Room& room) {
  const std::int64_t ask = ++room.asks;
  const std::string bare = room.record.room.str();
  at(account, room, Timer::act, world_.now + answer_time);
  Element iq("iq");
  iq.set("type", "get").set("to", bare).add(Element("query", "http://jabber.org/protocol/disco#info"));
  iqs_.ask(account, std::move(iq), [this, bare, ask](Account& a, const Result<Element>& answer) {
    Room* found = find(a, bare);
    if (!found || found->asks != ask || found->state != Room::State::entered) return;
    const Element* query = answer ? answer->child("query", "http://jabber.org/protocol/disco#info") : nullptr;
    const Element* identity = query ? query->child("identity", query->ns) : nullptr;
    if (identity && found->record.name.empty()) {
      found->record.name = room::shortened(std::string(identity->attr_or("name")));
      keep(a, *found);
    }
    if (a.up) ready(a, *found);
  });
}

void SessionRooms::ready(Account& account, Room& room) {
  room.state = Room::State::joined;
  room.attempts = 0;
  at(account, room, Timer::act, world_.now + silence);
  world_.count("rooms_joined");
  room.record.last = world_.now;
  keep(account, room);
  show(account, room);
  for (; !room.bounced.empty(); room.bounced.pop_front()) {
    const auto row = world_.records.message(room.bounced.front());
    auto stanza = row && !row->payload.empty() ? delivery_.build(*row) : std::nullopt;
    if (stanza) outbox_.send(account, std::move(*stanza));
  }
  for (; !room.waiting.empty(); room.waiting.pop_back()) account.queued.push_front(room.waiting.back());
  outbox_.pump(account);
}

// passing: it may be otherwise later. The time until then doubles; a new log-in tries at once.
void SessionRooms::failed(Account& account, Room& room, const StanzaError& error, bool passing) {
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
  at(account, room, Timer::act, passing ? std::optional<Instant>(world_.now + wait) : std::nullopt);
  world_.count("rooms_failed");
  world_.log_about(account.user ? account.user->key : 0, LogLine::Level::info,
                   "event=room.failed account=" + log_value(account.record.jid.str()) +
                       " room=" + log_value(room.record.room.str()) + " condition=" +
                       std::string(condition_name(error.condition)) + " again=" + (passing ? "yes" : "no"));
  if (!passing) fail_waiting(room, ferry::error(error.condition, "the room could not be joined; in/room says why"));
  show(account, room);
}

// By somebody who may: we do not come again by ourselves, now or after a log-in.
void SessionRooms::put_out(Account& account, Room& room, const StanzaError& error) {
  room.record.wish = RoomWish::put_out;
  room.record.by = condition_name(error.condition);
  room.record.text = error.text;
  room.record.password.clear();
  keep(account, room);
  failed(account, room, error, false);
}

void SessionRooms::fail_waiting(Room& room, const StanzaError& error) {
  for (auto* rows : {&room.bounced, &room.waiting})
    for (; !rows->empty(); rows->pop_front())
      if (const auto row = world_.records.message(rows->front())) delivery_.fail(*row, error);
}

void SessionRooms::leave(Account& account, Room& room) {
  if (account.up && (room.in() || room.state == Room::State::joining))
    outbox_.send(account, room::leave(room.record.room, room.nick));
  reset(account, room);
  fail_waiting(room, error(Condition::not_acceptable, "to: you are not in this room any more"));
}

void SessionRooms::leave_all(Account& account) {
  for (auto& [bare, room] : account.rooms) leave(account, room);
}

void SessionRooms::forget(Account& account) {
  for (auto& [bare, room] : account.rooms) {
    reset(account, room);
    at(account, room, Timer::show, std::nullopt);
    if (room.record.wish != RoomWish::known) world_.records.remove_room(account.record.jid, room.record.room);
  }
  account.rooms.clear();
  account.bookmarks.clear();
}

bool SessionRooms::hold(Account& account, const MessageRecord& record, Element& stanza) {
  const auto to = Jid::parse(stanza.attr_or("to"));
  if (!to || record.id.empty()) return false;
  const bool groupchat = stanza.attr_or("type") == "groupchat";
  Room* room = find(account, to->bare_view());
  if (!groupchat && (!room || !to->has_resource())) return false;
  if (room && room->state == Room::State::joined && room->waiting.empty()) {
    if (!groupchat) stanza.add(Element("x", room::user_ns));  // section 7.5
    return false;
  }
  if (room && room->hopeful() && speaks(account)) {
    auto& rows = room->waiting;
    if (std::find(rows.begin(), rows.end(), record.seq) == rows.end())
      rows.insert(std::upper_bound(rows.begin(), rows.end(), record.seq), record.seq);
    return true;
  }
  const auto why = account.user ? no_talk(*account.user, *to, groupchat) : std::nullopt;
  delivery_.fail(record, why ? *why : error(Condition::not_acceptable, "to: you are not in this room"));
  return true;
}

}  // namespace ferry
