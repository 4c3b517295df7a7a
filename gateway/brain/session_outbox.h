// What is on its way to the legacy server through accounts' own sessions: rows of the outbox, in order per account, a
// bounded number unacknowledged at a time. The session acknowledges by itself (XEP-0198); until then a row stays in the
// records, and a session that is not a resumption gets it again, unless the server's archive turns out to have it. One
// instance serves all accounts.
#pragma once

#include "gateway/brain/account.h"

namespace ferry {

class SessionOutbox {
 public:
  static constexpr std::size_t window = 128;  // of one account, sent and not acknowledged

  using Confirm = XmppOutbox::Confirm;
  using Build = XmppOutbox::Build;
  SessionOutbox(World& world, Confirm confirm, Build build)
      : world_(world), confirm_(std::move(confirm)), build_(std::move(build)) {}

  void read(const std::function<Account*(UserKey)>& find);  // what waits in the records
  void queue(Account& account, const MessageRecord& record, Element stanza);
  void session_up(Account& account, bool resumed);
  void on_sent(Account& account, Seq seq);
  // The archive has a message of the account's own with the id of this row.
  void found(Account& account, Seq seq, const Message& message);
  // Its room has it; whether it was under way or not yet.
  void arrived(Account& account, const MessageRecord& row);
  void caught_up(Account& account);
  void failed(Account& account, Seq seq);  // it is not to go any more
  void pump(Account& account);
  // Not durable: of the moment, or asked again by whoever wants it. Returns the text; empty: it did not go out.
  std::string send(Account& account, Element stanza, std::int64_t token = 0);
  // Rooms: is this row kept, or failed, because its room is not joined? Asked before each row goes out.
  std::function<bool(Account&, const MessageRecord&, Element&)> hold;
  // … and when the server has it: does its room have it too, or is that not known yet?
  std::function<bool(Account&, const XmppOutbox::Sent&)> awaits_reflection;
  static bool idle(const Account& account) { return account.queued.empty() && account.in_flight.empty(); }

 private:
  void carried(Account& account, const XmppOutbox::Sent& sent);
  void send_row(Account& account, const MessageRecord& record, Element stanza);

  World& world_;
  Confirm confirm_;
  Build build_;
};

}  // namespace ferry
