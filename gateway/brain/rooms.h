// Rooms (XEP-0045) that members (member.h) are in: their link joins them as any client does, and what is said there
// reaches the MQTT devices.
//
// Which: those that a member asks for on out/req, and those that an account's bookmarks join (session_rooms.h).
// Membership lives as long as the link; after a new one each room is joined again and asked for what was said since,
// and so is one that does not know us any more when it is asked after a silence (XEP-0410).
//
//   rooms.get   room.join {room, nick, password}   room.leave {room}   room.occupants {room}
//
// in/room/{room} is retained: joining, joined, failed (with the room's error), invited. One instance serves all
// members.
#pragma once

#include <set>
#include <tuple>

#include "gateway/brain/delivery.h"
#include "gateway/brain/member.h"
#include "gateway/brain/requests.h"
#include "translators/room.h"

namespace ferry {

std::string room_view_json(const Room& room);  // in/room/{room}, and in answers

class Rooms {
 public:
  static constexpr std::size_t max_rooms = 200;        // of one member, in whatever state; further ones are not joined
  static constexpr std::size_t max_occupants = 2'000;  // of one room that are known; further ones are not counted
  static constexpr std::size_t max_invitations = 32;   // of one member, unanswered
  static constexpr std::size_t max_resent = 64;        // messages that one room sent back, sent once more
  static constexpr int max_nicks = 4;  // tried where somebody else has the name: nick, nick_, nick__ …
  static constexpr Duration answer_time = 30 * second;      // for a room to answer
  static constexpr Duration show_time = 5 * second;         // between two words about the number of occupants
  static constexpr Duration reflection_time = 30 * second;  // for a room to give a message back to who said it
  static constexpr Duration retry_first = 60 * second;      // after a failure that may pass; then twice as long
  static constexpr Duration retry_longest = 3'600 * second;
  static constexpr Duration silence = 900 * second;    // of a room; then it is asked whether we are in
  static constexpr Duration overlap = 60 * second;     // of the history with what was seen
  static constexpr std::int64_t first_history = 20;    // messages, of a room that was never joined
  static constexpr std::int64_t most_history = 1'000;  // messages of what was missed

  Rooms(World& world, Delivery& delivery, Requests& requests)
      : world_(world), delivery_(delivery), requests_(requests) {}

  std::function<Member*(const Jid& bare)> find_member;  // nullptr: nobody who can be in rooms
  // From the records; nullptr: not this one's.
  void read(const std::function<Member*(const Jid& bare)>& member);

  // ---- the link
  void lost(Member& member);  // the server knows nothing of us in any room
  void resumed(Member& member);
  void enter(Member& member);       // those that are wanted and not joined
  void come_again(Member& member);  // our presence has ended: the server has taken us out of every room
  void step_out(Member& member);    // for now: the process ends, no row of the table serves them
  void leave_all(Member& member);   // for good: an account goes back, somebody is removed
  void forget(Member& member);      // … and nothing of their rooms is kept
  void on_time();
  std::optional<Instant> next_deadline() const;

  // ---- what comes (rooms_presence.cpp, rooms_messages.cpp). True: it was a room's, and is done with.
  bool on_presence(Member& member, const Presence& presence);
  bool on_message(Member& member, Message& message, bool live);
  bool on_invitation(Member& member, const Message& message);
  void too_loud(Member& member, Room& room);  // more comes from it than may

  // A row to a room that we are not in yet, or never will be: kept here, or failed. False: it may go.
  bool hold(Member& member, const MessageRecord& record, Element& stanza);
  // The server has it. To a room: kept here until the room has it, which gives everybody what was said in it (XEP-0045
  // section 7.4); RoomLink::arrived then. A room that does not, or not by our id, has it after reflection_time.
  bool awaits_reflection(Member& member, const XmppOutbox::Sent& sent);

  bool on_request(Member& member, std::string_view name, JsonView payload, const Requests::Asked& asked);
  void show_all(User& user, bool from_nothing);
  void clear_all(const User& user);

  // ---- for the links
  static std::string nick_of(const Member& member, const Room& room);  // which is asked for
  static Room* find(Member& member, std::string_view bare);
  Room* add(Member& member, RoomRecord record);  // nullptr: too many
  void keep(Member& member, Room& room);
  void drop(Member& member, Room& room);  // row, topic and all; the room is no more
  void join(Member& member, Room& room);
  void leave(Member& member, Room& room);
  void show(Member& member, Room& room);

 private:
  enum class Timer : std::uint8_t { act, show, unreflected };
  using Asked = Requests::Asked;

  void ready(Member& member, Room& room);  // the history is over
  void is_history_over(Member& member, Room& room);
  void failed(Member& member, Room& room, const StanzaError& error, bool passing);
  void put_out(Member& member, Room& room, const StanzaError& error);
  void ask_whether_in(Member& member, Room& room);  // rooms_self_ping.cpp
  void fail_waiting(Room& room, const StanzaError& error);
  void reset(Member& member, Room& room);  // of what only lives as long as the link
  void at(Member& member, Room& room, Timer timer, std::optional<Instant> when);
  static std::optional<Instant>& due_of(Room& room, Timer timer);

  void refused(Member& member, Room& room, const Presence& presence);
  void appeared(Member& member, Room& room, const Presence& presence);
  void went(Member& member, Room& room, const Presence& presence);

  void groupchat(Member& member, Room& room, Message& message);
  bool own(Member& member, Room& room, const Message& message);
  bool repeated_in(Member& member, Room& room, const Message& message);
  void seen_now(Member& member, Room& room);
  void take_subject(Member& member, Room& room, const std::string& text);

  // rooms_reflections.cpp
  void settle(Member& member, Room& room, std::optional<Instant> due = std::nullopt);  // none is awaited any more
  static void wait(Room& room, Seq seq);                                               // for the room, in its place
  static void wait_again(Room& room);  // all of which it is not known whether the room has them

  // rooms_requests.cpp
  using Answer = Requests::Answer;
  Answer rooms_get(Member& member, JsonView r);
  Answer room_join(Member& member, JsonView r);
  Answer room_leave(Member& member, JsonView r);
  Answer room_occupants(Member& member, JsonView r);

  World& world_;
  Delivery& delivery_;
  Requests& requests_;
  std::set<std::tuple<Instant, Timer, std::string, std::string>> timers_;  // when, what, member, room
};

}  // namespace ferry
