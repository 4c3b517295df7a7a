// Rooms (XEP-0045) that accounts of the legacy server are in: the session joins them as any client of theirs does, and
// what is said there reaches the owner's MQTT devices.
//
// Which: those that the bookmarks (XEP-0402, XEP-0048) join by themselves, and those that the owner asks for on
// out/req. Nothing is written to the server: bookmarks stay as they are. Membership lives as long as the session; after
// a new log-in each room is joined again and asked for what was said since, and so is one that does not know us any
// more when it is asked after a silence (XEP-0410). In dual and moved; nothing in any other state.
//
//   rooms.get   room.join {room, nick, password}   room.leave {room}   room.occupants {room}
//
// in/room/{room} is retained: joining, joined, failed (with the room's error), invited. One instance serves all
// accounts.
#pragma once

#include <set>
#include <tuple>

#include "gateway/brain/brain.h"
#include "gateway/brain/delivery.h"
#include "gateway/brain/requests.h"
#include "gateway/brain/session_iqs.h"
#include "gateway/brain/session_outbox.h"

namespace ferry {

std::string room_view_json(const Room& room);  // in/room/{room}, and in answers

class SessionRooms {
 public:
  static constexpr std::size_t max_rooms = 200;        // of one account, in whatever state; further ones are not joined
  static constexpr std::size_t max_occupants = 2'000;  // of one room that are known; further ones are not counted
  static constexpr std::size_t max_invitations = 32;   // of one account, unanswered
  static constexpr std::size_t max_resent = 64;        // messages that one room sent back, sent once more
  static constexpr int max_nicks = 4;  // tried where somebody else has the name: nick, nick_, nick__ …
  static constexpr Duration answer_time = 30 * second;  // for a room to answer
  static constexpr Duration show_time = 5 * second;     // between two words about the number of occupants
  static constexpr Duration retry_first = 60 * second;  // after a failure that may pass; then twice as long
  static constexpr Duration retry_longest = 3'600 * second;
  static constexpr Duration silence = 900 * second;    // of a room; then it is asked whether we are in
  static constexpr Duration overlap = 60 * second;     // of the history with what was seen
  static constexpr std::int64_t first_history = 20;    // messages, of a room that was never joined
  static constexpr std::int64_t most_history = 1'000;  // messages of what was missed

  SessionRooms(World& world, Delivery& delivery, Requests& requests, SessionIqs& iqs, SessionOutbox& outbox);

  void read(const std::function<Account*(const Jid&)>& find);  // from the records

  // ---- the session and the account's state
  void lost(Account& account);  // a new session: the server knows nothing of us in any room
  void session_up(Account& account, bool resumed);
  void enter(Account& account);        // dual has begun: the session speaks
  void unavailable(Account& account);  // our presence has ended: the server has taken us out of every room
  void leave_all(Account& account);    // the account goes back, or is retired
  void forget(Account& account);       // … and nothing of its rooms is kept
  void on_time();
  std::optional<Instant> next_deadline() const;

  // ---- what comes (session_rooms_presence.cpp, session_rooms_messages.cpp). True: it was a room's, and is done with.
  bool on_presence(Account& account, const Presence& presence);
  bool on_message(Account& account, Message& message, Brain::SessionSource source);
  bool on_invitation(Account& account, const Message& message);

  // A row to a room that we are not in yet, or never will be: kept here, or failed. False: it may go.
  bool hold(Account& account, const MessageRecord& record, Element& stanza);

  bool on_request(User& user, std::string_view name, JsonView payload, const Requests::Asked& asked);
  void show_all(User& user, bool from_nothing);
  void clear_all(const User& user);

 private:
  enum class Timer : std::uint8_t { act, show };
  using Asked = Requests::Asked;

  static bool speaks(const Account& account);  // do its rooms matter?
  Room* find(Account& account, std::string_view bare);
  Room* add(Account& account, RoomRecord record);  // nullptr: too many
  void keep(Account& account, Room& room);
  void drop(Account& account, Room& room);  // row, topic and all; the room is no more
  void join(Account& account, Room& room);
  void ready(Account& account, Room& room);  // the history is over
  void is_history_over(Account& account, Room& room);
  void failed(Account& account, Room& room, const StanzaError& error, bool passing);
  void put_out(Account& account, Room& room, const StanzaError& error);
  void ask_whether_in(Account& account, Room& room);  // session_rooms_self_ping.cpp
  void fail_waiting(Room& room, const StanzaError& error);
  void leave(Account& account, Room& room);
  void reset(Account& account, Room& room);  // of what only lives as long as the session
  void at(Account& account, Room& room, Timer timer, std::optional<Instant> when);
  void show(Account& account, Room& room);

  // session_rooms_bookmarks.cpp
  void ask_bookmarks(Account& account);
  void take_bookmarks(Account& account, const Result<Element>& answer, bool published);
  void merge_bookmarks(Account& account);

  void refused(Account& account, Room& room, const Presence& presence);
  void appeared(Account& account, Room& room, const Presence& presence);
  void went(Account& account, Room& room, const Presence& presence);

  void groupchat(Account& account, Room& room, Message& message);
  bool own(Account& account, Room& room, const Message& message);
  bool repeated_in(Account& account, Room& room, const Message& message);
  void seen_now(Account& account, Room& room);
  void take_subject(Account& account, Room& room, const std::string& text);

  // session_rooms_requests.cpp
  using Answer = Requests::Answer;
  Answer rooms_get(Account& account, JsonView r);
  Answer room_join(Account& account, JsonView r);
  Answer room_leave(Account& account, JsonView r);
  Answer room_occupants(Account& account, JsonView r);

  World& world_;
  Delivery& delivery_;
  Requests& requests_;
  SessionIqs& iqs_;
  SessionOutbox& outbox_;
  std::function<Account*(const Jid&)> find_account_;
  std::set<std::tuple<Instant, Timer, std::string, std::string>> timers_;  // when, what, account, room
};

}  // namespace ferry
