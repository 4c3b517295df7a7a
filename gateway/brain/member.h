// Somebody who can be in rooms (XEP-0045), and the way between them and their rooms: an account of the legacy server by
// its session (session_rooms.h), one of our own people by the component's stream (resident_rooms.h).
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/brain/room.h"
#include "gateway/brain/world.h"
#include "translators/values/error.h"

namespace ferry {

struct Member;

// One instance serves all members of its kind.
class RoomLink {
 public:
  using Then = std::function<void(Member& member, const Result<Element>& answer)>;
  virtual ~RoomLink() = default;

  virtual bool up(const Member& member) const = 0;      // is there a way at the moment?
  virtual bool speaks(const Member& member) const = 0;  // do their rooms matter?
  virtual bool shows(const Member& member) const = 0;   // may the broker keep anything of them?
  // Why they cannot be in this room, whatever it says.
  virtual std::optional<StanzaError> unfit(const Member& member, const Jid& room) const = 0;
  virtual void send(Member& member, Element stanza) = 0;  // of the moment
  virtual void ask(Member& member, Element iq, Then then) = 0;
  // The first row of theirs that no room has been asked about yet: what is in doubt may be as old.
  virtual std::optional<Seq> unasked(Member& member) const = 0;
  virtual void release(Member& member, std::deque<Seq>& rows) = 0;     // which waited for a room: now, in this order
  virtual void arrived(Member& member, const MessageRecord& row) = 0;  // the room has given it back
  virtual void heard(Member& member) = 0;                              // a message was taken
};

struct Member {
  Member(Jid j, RoomLink& l) : jid(std::move(j)), link(l) {}

  const Jid jid;  // bare
  RoomLink& link;
  User* user = nullptr;                            // whose MQTT subtree shows the rooms
  std::map<std::string, Room, std::less<>> rooms;  // by bare JID

  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;
};

// The room of the user's that has this bare JID, or nullptr. Whoever writes to one of its occupants writes to it.
inline Room* room_of(const User& user, std::string_view bare) {
  if (!user.member) return nullptr;
  const auto it = user.member->rooms.find(bare);
  return it == user.member->rooms.end() ? nullptr : &it->second;
}
// Why a message to this address of a room would be in vain; nullopt: it would not. groupchat: to all that are in it.
std::optional<StanzaError> no_talk(const User& user, const Jid& to, bool groupchat);

}  // namespace ferry
