#include "gateway/brain/resident_rooms.h"

#include "translators/part.h"

namespace ferry {

ResidentRooms::ResidentRooms(World& world, Rooms& rooms, Delivery& delivery)
    : world_(world), rooms_(rooms), delivery_(delivery) {
  // In a room or on the way into it: what we send there is the occupant's, and an error would put them out.
  world_.hooks.is_occupant = [](const User& user, std::string_view bare) {
    const Room* room = user.account ? nullptr : room_of(user, bare);
    return room && room->wanted();
  };
  delivery_.to_xmpp.hold = [this](User& user, const MessageRecord& record, Element& stanza) {
    Member* found = member(user, stanza.attr_or("type") == "groupchat");
    return found && rooms_.hold(*found, record, stanza);
  };
  delivery_.to_xmpp.awaits_reflection = [this](User& user, const XmppOutbox::Sent& sent) {
    Member* found = member(user, false);
    return found && rooms_.awaits_reflection(*found, sent);
  };
}

// ---- who

Member* ResidentRooms::member(User& user, bool made) {
  if (user.account || !world_.hosted(user.jid)) return nullptr;
  if (user.member || !made) return user.member;
  auto& owned = members_[user.key];
  owned = std::make_unique<Member>(user.jid, *this);
  owned->user = &user;
  user.member = owned.get();
  return user.member;
}

Member* ResidentRooms::member(const Jid& bare) {
  User* user = world_.hosted(bare) ? world_.user(bare.bare_view()) : nullptr;
  return user ? member(*user, false) : nullptr;
}

// Who they are there is known before they come in: what is written meanwhile says so.
void ResidentRooms::read(const std::function<bool(const User&)>& wanted) {
  rooms_.read([&](const Jid& jid) {
    User* user = world_.hosted(jid) ? world_.user(jid.bare_view()) : nullptr;
    return user && wanted(*user) ? member(*user) : nullptr;
  });
  for (const auto& [key, member] : members_)
    for (auto& [bare, room] : member->rooms)
      if (room.nick.empty() && room.wanted()) room.nick = Rooms::nick_of(*member, room);
}

void ResidentRooms::start() {
  read([](const User&) { return true; });
  forget_at_ = world_.now + forget_time;
}

void ResidentRooms::join(const std::vector<User*>& people) {
  std::set<UserKey> keys;
  for (const User* user : people) keys.insert(user->key);
  read([&](const User& user) { return keys.contains(user.key); });
  for (const User* user : people)
    if (world_.xmpp_up && members_.contains(user->key)) to_enter_.push_back(user->key);
}

void ResidentRooms::leave(User& user) {
  const auto it = members_.find(user.key);
  if (it == members_.end()) return;
  rooms_.step_out(*it->second);
  user.member = nullptr;
  members_.erase(it);
}

void ResidentRooms::forget(User& user) {
  const auto it = members_.find(user.key);
  if (it == members_.end()) return;
  rooms_.leave_all(*it->second);
  rooms_.clear_all(user);
  rooms_.forget(*it->second);
  user.member = nullptr;
  members_.erase(it);
}

// ---- the stream

void ResidentRooms::component_up() {
  component_down();  // also where nobody said so
  for (const auto& [key, member] : members_) to_enter_.push_back(key);
}

void ResidentRooms::component_down() {
  to_enter_.clear();
  for (const auto& [key, member] : members_) rooms_.lost(*member);
  while (!open_.empty()) end(open_.begin(), error(Condition::remote_server_timeout, "the XMPP server went away"));
}

void ResidentRooms::work() {
  if (world_.stopping) return;
  for (std::size_t n = 0; n < members_per_batch && !to_enter_.empty() && !world_.xmpp_full; ++n) {
    const auto it = members_.find(to_enter_.front());
    to_enter_.pop_front();
    if (it != members_.end()) rooms_.enter(*it->second);
  }
}

void ResidentRooms::sweep() {
  for (const auto& [key, member] : members_) rooms_.step_out(*member);
}

void ResidentRooms::on_time() {
  while (!open_.empty() && open_.begin()->second.until <= world_.now)
    end(open_.begin(), error(Condition::remote_server_timeout, "the XMPP server did not answer"));
  if (members_.empty() || world_.now < forget_at_) return;
  forget_at_ = world_.now + forget_time;
  world_.records.forget_seen(world_.now);
}

std::optional<Instant> ResidentRooms::next_deadline() const {
  if (!to_enter_.empty() && !world_.xmpp_full && !world_.stopping) return world_.now;
  if (open_.empty()) return std::nullopt;
  return open_.begin()->second.until;
}

bool ResidentRooms::up(const Member&) const { return world_.xmpp_up && !world_.stopping; }

std::optional<StanzaError> ResidentRooms::unfit(const Member&, const Jid& room) const {
  const auto match = world_.table.by_jid(room);
  if (!world_.hosted(room) && (!match || match->row->kind != RowKind::room)) return std::nullopt;
  return error(Condition::feature_not_implemented, "room: rooms of the gateway itself are not carried yet");
}

void ResidentRooms::send(Member& member, Element stanza) {
  stanza.set("from", member.jid.str() + "/" + std::string(room_resource));
  world_.send(std::move(stanza));
}

void ResidentRooms::ask(Member& member, Element iq, Then then) {
  if (!up(member)) return then(member, error(Condition::remote_server_timeout, "the XMPP server is away"));
  if (open_.size() >= max_open)
    return then(member, error(Condition::resource_constraint, "too many requests are open"));
  std::string id = world_.ids.next(world_.now);
  iq.set("id", id);
  Open open{member.user->key, std::string(iq.attr_or("to")), world_.now + answer_time, std::move(then)};
  open_.emplace(std::move(id), std::move(open));
  send(member, std::move(iq));
}

void ResidentRooms::end(std::map<std::string, Open>::iterator it, const Result<Element>& answer) {
  const Open open = std::move(it->second);
  open_.erase(it);
  if (const auto found = members_.find(open.user); found != members_.end()) open.then(*found->second, answer);
}

std::optional<Seq> ResidentRooms::unasked(Member&) const { return delivery_.to_xmpp.unasked(); }

void ResidentRooms::release(Member&, std::deque<Seq>& rows) { delivery_.to_xmpp.release(rows); }

void ResidentRooms::arrived(Member&, const MessageRecord& row) { delivery_.to_xmpp.arrived(row); }

// ---- what comes

bool ResidentRooms::is_for_occupant(const Stanza& s) const {
  if (!s.from || !s.to || s.to->resourcepart() != room_resource || s.kind == StanzaKind::iq) return false;
  const User* user = world_.user(s.to->bare_view());
  const Room* room = user && !user->account ? room_of(*user, s.from->bare_view()) : nullptr;
  return room && room->wanted() && room->state != Room::State::idle;
}

// Rooms are large and lively, and who is in one cannot be answered with an error: beyond this we step out, and what was
// said is asked for later. The history and the occupants that come with the entrance are not said there now.
bool ResidentRooms::too_much(Member& member, Room& room, bool line) {
  if (!room.in() && room.state != Room::State::joining) return false;
  const auto& l = world_.options.limits;
  if (room.stanzas.take(world_.now, l.domain_rate, l.domain_burst) &&
      (!line || room.lines.take(world_.now, l.peer_rate, l.peer_burst)))
    return false;
  rooms_.too_loud(member, room);
  return true;
}

bool ResidentRooms::on_message(User& user, Message& m) {
  if (!m.from || !m.to) return false;
  if (room::invitation(m)) {
    Member* found = member(user);
    return found && rooms_.on_invitation(*found, m);
  }
  Member* found = member(user, false);
  if (!found || m.to->resourcepart() != room_resource) return false;
  Room* room = Rooms::find(*found, m.from->bare_view());
  if (m.type == "groupchat" && (!room || !room->wanted())) return false;  // refused
  if (room && too_much(*found, *room, m.type == "groupchat" && room->state == Room::State::joined)) return true;
  // A room that has not noticed that we were gone goes on speaking: the history that we ask for has it, in its place.
  if (room && m.type == "groupchat" && room->state == Room::State::joining) {
    world_.count("session_groupchats");
    return true;
  }
  return rooms_.on_message(*found, m, true);
}

bool ResidentRooms::on_presence(User& user, const Presence& p) {
  if (!p.from || !p.to || user.account) return false;
  if (!p.type.empty() && p.type != "unavailable" && p.type != "error") return false;  // about a subscription
  const bool contact = user.contacts.contains(p.from->bare_view()), of_room = room::said(p.parts).has_value();
  if (p.to->resourcepart() != room_resource)  // to whatever address: a room that a device was shown to
    return !contact && (of_room || room_of(user, p.from->bare_view()));
  Member* found = member(user, false);
  Room* room = found ? Rooms::find(*found, p.from->bare_view()) : nullptr;
  if (room && too_much(*found, *room, false)) return true;
  return (found && rooms_.on_presence(*found, p)) || of_room || !contact;
}

// Matched by id and by whom it is from: anybody can send a result with any id.
bool ResidentRooms::on_answer(const Stanza& iq) {
  const auto it = open_.find(iq.id);
  if (it == open_.end() || !iq.from || !iq.to) return false;
  const User* user = world_.user(it->second.user);
  if (!user || iq.to->bare_view() != user->jid.bare_view()) return false;
  const bool full = it->second.peer.find('/') != std::string::npos;
  if ((full ? iq.from->str() : iq.from->bare().str()) != it->second.peer) return false;
  end(it, iq.type == "error" ? Result<Element>(parse_error(iq.xml)) : Result<Element>(iq.xml));
  return true;
}

}  // namespace ferry
