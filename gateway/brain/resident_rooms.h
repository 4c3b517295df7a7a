// Rooms of our own people, the residents of the component's domain: the component's stream joins them.
//
// To a room a resident is one occupant, bob@mqtt.corp.example/ferry-rooms, however many devices there are, and whether
// one is online or not: nobody takes them out of it but themselves, the room, and an end of the stream. What a room has
// to say comes to that address alone. A resident is made when somebody first has to do with a room. One instance serves
// all of them.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "gateway/brain/rooms.h"
#include "translators/values/stanza.h"

namespace ferry {

class ResidentRooms : public RoomLink {
 public:
  static constexpr Duration answer_time = 30 * second;     // for a room to answer an iq
  static constexpr Duration forget_time = 3'600 * second;  // between two looks for what was seen long ago
  static constexpr std::size_t max_open = 16'384;          // iqs unanswered, all residents together
  static constexpr std::size_t members_per_batch = 32;     // who come into their rooms in one tick

  ResidentRooms(World& world, Rooms& rooms, Delivery& delivery);

  void start();
  void component_up();
  void component_down();
  void work();   // a batch of those who come in
  void sweep();  // at the end: everybody leaves, and comes again with the next process
  void on_time();
  std::optional<Instant> next_deadline() const;

  void join(const std::vector<User*>& people);  // whom a row of the table serves now
  void leave(User& user);                       // whom none serves any more: what they want stays in the records
  void forget(User& user);                      // who is removed

  // The user as a member: nullptr for who is none. made: of those who can be, everybody is.
  Member* member(User& user, bool made = true);
  Member* member(const Jid& bare);

  // ---- what comes. True: it was a room's, and is done with.
  bool on_message(User& user, Message& message);
  bool on_presence(User& user, const Presence& presence);
  bool on_answer(const Stanza& iq);
  // From a room to somebody who is in it: under a rate of that room and that person alone.
  bool is_for_occupant(const Stanza& stanza) const;

  bool up(const Member& member) const override;
  bool speaks(const Member&) const override { return true; }
  bool shows(const Member&) const override { return true; }
  std::optional<StanzaError> unfit(const Member& member, const Jid& room) const override;
  void send(Member& member, Element stanza) override;
  void ask(Member& member, Element iq, Then then) override;
  std::optional<Seq> unasked(Member& member) const override;
  void release(Member& member, std::deque<Seq>& rows) override;
  void arrived(Member& member, const MessageRecord& row) override;
  void heard(Member&) override {}

 private:
  void read(const std::function<bool(const User&)>& wanted);
  struct Open {
    UserKey user;
    std::string peer;
    Instant until;
    Then then;
  };
  void end(std::map<std::string, Open>::iterator it, const Result<Element>& answer);
  bool too_much(Member& member, Room& room, bool line);  // and the room was left for a while

  World& world_;
  Rooms& rooms_;
  Delivery& delivery_;
  std::map<UserKey, std::unique_ptr<Member>> members_;
  std::deque<UserKey> to_enter_;
  std::map<std::string, Open> open_;  // by id; ids are time-ordered, and so are the deadlines
  Instant forget_at_ = 0;
};

}  // namespace ferry
