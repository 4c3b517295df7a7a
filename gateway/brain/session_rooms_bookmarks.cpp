// Rooms of accounts: which of them the bookmarks join. They are read at each log-in and never written.
#include "gateway/brain/session_rooms.h"

namespace ferry {
namespace {

// A server without this kind of bookmarks has none of them; any other error says nothing about them.
bool means_none(const StanzaError& e) {
  return e.condition == Condition::item_not_found || e.condition == Condition::feature_not_implemented ||
         e.condition == Condition::service_unavailable;
}

Element bookmarks_iq(Element query) {
  Element iq("iq");
  iq.set("type", "get").add(std::move(query));
  return iq;
}

}  // namespace

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
    Room* room = find(account, bare);
    if (!room) {
      room = add(account, {.room = b.room, .wish = RoomWish::known, .nick = b.nick, .name = b.name});
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
      keep(account, *room);
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
      leave(account, room);
      room.record.wish = RoomWish::gone;
      show(account, room);
    }
    keep(account, room);
  }
  for (Room* room : over) drop(account, *room);
  for (auto& [bare, room] : account.rooms)
    if (room.wanted() && room.state == Room::State::idle) join(account, room);
}

}  // namespace ferry
