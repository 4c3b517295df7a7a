#include "gateway/brain/session_rooms.h"

namespace ferry {
namespace {

// A server without this kind of bookmarks has none of them; any other error says nothing about them.
bool means_none(const StanzaError& e) {
  return e.condition == Condition::item_not_found || e.condition == Condition::feature_not_implemented ||
         e.condition == Condition::service_unavailable;
}

Account& account_of(Member& member) { return static_cast<Account&>(member); }  // we are its link
const Account& account_of(const Member& member) { return static_cast<const Account&>(member); }

Element bookmarks_iq(Element query) {
  Element iq("iq");
  iq.set("type", "get").add(std::move(query));
  return iq;
}

}  // namespace

SessionRooms::SessionRooms(World& world, Rooms& rooms, SessionIqs& iqs, SessionOutbox& outbox)
    : world_(world), rooms_(rooms), iqs_(iqs), outbox_(outbox) {
  outbox_.hold = [this](Account& account, const MessageRecord& record, Element& stanza) {
    return rooms_.hold(account, record, stanza);
  };
  outbox_.awaits_reflection = [this](Account& account, const XmppOutbox::Sent& sent) {
    return rooms_.awaits_reflection(account, sent);
  };
}

bool SessionRooms::up(const Member& member) const { return account_of(member).up; }

bool SessionRooms::speaks(const Member& member) const {
  const Account& account = account_of(member);
  const bool on = account.record.state == AccountState::dual || account.record.state == AccountState::moved;
  return on && account.user && !account.hidden_at;
}

bool SessionRooms::shows(const Member& member) const { return account_of(member).shows(); }

void SessionRooms::send(Member& member, Element stanza) { outbox_.send(account_of(member), std::move(stanza)); }

void SessionRooms::ask(Member& member, Element iq, Then then) {
  iqs_.ask(account_of(member), std::move(iq),
           [then = std::move(then)](Account& account, const Result<Element>& answer) { then(account, answer); });
}

std::optional<Seq> SessionRooms::unasked(Member& member) const {
  const auto& queued = account_of(member).queued;
  return queued.empty() ? std::nullopt : std::optional<Seq>(queued.front());
}

void SessionRooms::release(Member& member, std::deque<Seq>& rows) {
  Account& account = account_of(member);
  for (; !rows.empty(); rows.pop_back()) account.queued.push_front(rows.back());
  outbox_.pump(account);
}

void SessionRooms::arrived(Member& member, const MessageRecord& row) { outbox_.arrived(account_of(member), row); }

void SessionRooms::heard(Member& member) {
  Account& account = account_of(member);
  ++account.record.messages;
  account.unsaved = true;
}

void SessionRooms::session_up(Account& account, bool resumed) {
  if (resumed) return rooms_.resumed(account);
  enter(account);
}

// Those of the bookmarks wait for them: a bookmark may have another nick now, and only it has the password.
void SessionRooms::enter(Account& account) {
  if (!speaks(account) || !account.up || world_.stopping) return;
  for (auto& [bare, room] : account.rooms)
    if (room.wanted() && !room.record.bookmarked) rooms_.join(account, room);
  ask_bookmarks(account);
}

// RFC 6121 section 4.5.2: whoever got our presence directly is told, too. So we come again at once.
void SessionRooms::unavailable(Account& account) { rooms_.come_again(account); }

void SessionRooms::forget(Account& account) {
  rooms_.forget(account);
  account.bookmarks.clear();
}

void SessionRooms::ask_bookmarks(Account& account) {
  account.bookmarks.clear();
  account.bookmarks_whole = true;
  account.bookmarks_open = 2;
  for (const bool published : {false, true})
    iqs_.ask(account, bookmarks_iq(published ? room::published_query() : room::private_query()),
             [this, published](Account& a, const Result<Element>& answer) { take_bookmarks(a, answer, published); });
}

void SessionRooms::take_bookmarks(Account& account, const Result<Element>& answer, bool published) {
  if (!answer && !means_none(answer.error())) account.bookmarks_whole = false;
  if (answer)
    for (room::Bookmark& b : published ? room::published_bookmarks(*answer) : room::private_bookmarks(*answer)) {
      std::string bare = b.room.str();
      if (published)  // the newer way knows better
        account.bookmarks.insert_or_assign(std::move(bare), std::move(b));
      else
        account.bookmarks.try_emplace(std::move(bare), std::move(b));
    }
  if (account.bookmarks_open > 0 && --account.bookmarks_open == 0) merge_bookmarks(account);
}

void SessionRooms::merge_bookmarks(Account& account) {
  const auto bookmarks = std::exchange(account.bookmarks, {});
  if (!account.up || !speaks(account)) return;
  for (const auto& [bare, b] : bookmarks) {
    Room* room = rooms_.find(account, bare);
    if (!room) {
      room = rooms_.add(account, {.room = b.room, .wish = RoomWish::known, .nick = b.nick, .name = b.name});
      if (!room) continue;
    }
    RoomRecord& r = room->record;
    const RoomRecord before = r;
    room->bookmark_password = b.password;
    if (!b.name.empty()) r.name = b.name;
    if (!r.asked && r.wish != RoomWish::invited) r.nick = b.nick;
    if (b.autojoin) r.bookmarked = true;
    if (b.autojoin && (r.wish == RoomWish::known || r.wish == RoomWish::gone || r.wish == RoomWish::invited))
      r.wish = RoomWish::joined;
    if (r.wish != before.wish || r.bookmarked != before.bookmarked || r.name != before.name || r.nick != before.nick)
      rooms_.keep(account, *room);
  }
  std::vector<Room*> over;
  for (auto& [bare, room] : account.rooms) {
    if (!account.bookmarks_whole) break;
    const auto it = bookmarks.find(bare);
    const bool listed = it != bookmarks.end();
    if (room.record.wish == RoomWish::known ? !listed : room.record.wish == RoomWish::gone) over.push_back(&room);
    if (!room.record.bookmarked || (listed && it->second.autojoin)) continue;
    room.record.bookmarked = false;
    if (room.wanted() && !room.record.asked) {  // taken off the list
      rooms_.leave(account, room);
      room.record.wish = RoomWish::gone;
      rooms_.show(account, room);
    }
    rooms_.keep(account, room);
  }
  for (Room* room : over) rooms_.drop(account, *room);
  for (auto& [bare, room] : account.rooms)
    if (room.wanted() && room.state == Room::State::idle) rooms_.join(account, room);
}

}  // namespace ferry
