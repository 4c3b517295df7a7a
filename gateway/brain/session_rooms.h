// Rooms of accounts of the legacy server: the session joins them as any client of theirs does. Which: those that the
// bookmarks (XEP-0402, XEP-0048) join by themselves, and those that the owner asks for. Nothing is written to the
// server: bookmarks stay as they are. In dual and moved; nothing in any other state. One instance serves all accounts.
#pragma once

#include "gateway/brain/account.h"
#include "gateway/brain/rooms.h"
#include "gateway/brain/session_iqs.h"
#include "gateway/brain/session_outbox.h"

namespace ferry {

class SessionRooms : public RoomLink {
 public:
  SessionRooms(World& world, Rooms& rooms, SessionIqs& iqs, SessionOutbox& outbox);

  void session_up(Account& account, bool resumed);
  void enter(Account& account);        // dual has begun: the session speaks
  void unavailable(Account& account);  // our presence has ended
  void forget(Account& account);

  bool up(const Member& member) const override;
  bool speaks(const Member& member) const override;
  bool shows(const Member& member) const override;
  std::optional<StanzaError> unfit(const Member&, const Jid&) const override { return std::nullopt; }
  void send(Member& member, Element stanza) override;
  void ask(Member& member, Element iq, Then then) override;
  std::optional<Seq> unasked(Member& member) const override;
  void release(Member& member, std::deque<Seq>& rows) override;
  void arrived(Member& member, const MessageRecord& row) override;
  void heard(Member& member) override;

 private:
  void ask_bookmarks(Account& account);
  void take_bookmarks(Account& account, const Result<Element>& answer, bool published);
  void merge_bookmarks(Account& account);

  World& world_;
  Rooms& rooms_;
  SessionIqs& iqs_;
  SessionOutbox& outbox_;
};

}  // namespace ferry
