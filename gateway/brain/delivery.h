// Messages, receipts and chat states, both ways: what is accepted, what became of it, who is told.
//
// Each message has one row in the records: the ledger that recognises a repeated one and the outbox that carries it.
// Receipts go accepted -> forwarded -> delivered -> displayed, or failed (design section 8). One instance serves all
// users.
#pragma once

#include "gateway/brain/dead_letters.h"
#include "gateway/brain/expiry.h"
#include "gateway/brain/mqtt_outbox.h"
#include "gateway/brain/untold.h"
#include "gateway/brain/xmpp_outbox.h"
#include "translators/message.h"

namespace ferry {

class Delivery {
 public:
  explicit Delivery(World& world);

  void start();

  // From XMPP, to one of our users.
  void on_message(User& user, Message message);
  // Nothing but a receipt or a marker, by whom it went to, of a message that has not come so far yet?
  bool confirms(const User& user, const Message& message) const;
  void on_copy(User& user, Message message);  // what the user wrote in another client (delivery_copies.cpp)
  // What was said in a room that the user is in. stanza_id: the room's own for it, XEP-0359 (delivery_rooms.cpp).
  // id: what devices are to call it, empty or already another's: a new one.
  void on_room_message(User& user, Message message, const std::string& stanza_id, std::string id);

  // From MQTT, by one of our users. nullopt: taken. The error goes to in/receipt, with the id if the publish had one.
  struct Refusal {
    std::string id, to;
    StanzaError error;
  };
  std::optional<Refusal> on_out_msg(User& user, const InPublish& publish, JsonView payload);
  std::optional<Refusal> on_out_text(User& user, const InPublish& publish, std::string_view peer_level);
  std::optional<Refusal> on_out_receipt(User& user, JsonView payload);
  std::optional<Refusal> on_out_act(User& user, JsonView payload);

  // The message has failed for good, and its sender hears why. keep: as a dead letter. row: its payload is not needed.
  void fail(const MessageRecord& row, const StanzaError& reason, bool keep = true);
  // A dead letter, with its payload, goes out again: accepted, after everything else. Else why not.
  std::optional<std::string> requeue(MessageRecord row);
  bool in_flight(const MessageRecord& row) const;  // handed over a moment ago; what becomes of it is not known yet
  void forget(UserKey user);                       // all rows of the user were removed

  // A stanza that must not be lost and is nobody's message: a subscription, a receipt, a feed's news. user 0: a feed's.
  void send_durably(UserKey user, Element stanza);

  void component_up() { to_xmpp.component_up(); }
  void component_down() { to_xmpp.component_down(); }
  void broker_up(bool session_present);
  void end_of_batch();
  void on_time();
  std::optional<Instant> next_deadline() const;
  bool all_told() const { return untold_.empty(); }

  // For the ways out (xmpp_outbox.h, session_outbox.h).
  void confirm(const XmppOutbox::Sent& sent, XmppOutbox::Outcome outcome);
  std::optional<Element> build(const MessageRecord& record);

  XmppOutbox to_xmpp;
  MqttOutbox to_mqtt;
  DeadLetters dead;

 private:
  void content(User& user, Message message);
  void receipt(User& user, const Message& message);
  std::optional<MessageRecord> sent_to(const User& user, const Jid& from, const std::string& id) const;
  void bounced(User& user, const Message& message);
  void act(User& user, const Message& message);
  std::optional<Refusal> accept(User& user, message::Outgoing out, const InPublish& publish);
  std::optional<Refusal> repeated(User& user, const std::string& id, const std::string& to);
  void to_sender(const User& user, const MessageRecord& row, const StanzaError& reason);
  // What names us in the hop mark of the user's messages to and from this one.
  std::string hop_of(const User& user, const Jid& peer) const;
  void refuse_to(const User& user, const Message& message, const StanzaError& reason);
  Jid addressed(const User& user, const MessageRecord& row);  // which of the user's the message went to
  static bool drop_forgeries(Message& message, const User& user);
  std::optional<StanzaError> take(User& user, const Message& message, MessageRecord row);  // why not
  void tell(const User& user, const std::string& id, std::string_view peer, MessageState state,
            const StanzaError* reason = nullptr);
  void echo(const User& user, const std::string& id, const std::string& json);
  void refer_to_mqtt(User& user, const Jid& peer, Parts& parts);  // ids of other messages, as the other side knows them
  void refer_to_xmpp(UserKey user, Parts& parts);
  bool within_rate(User& user);
  void expired(const MessageRecord& row);
  Instant lives_until() const;
  std::optional<StanzaError> no_room(Way way, const User& user, std::size_t bytes) const;  // for one more message
  void tell_again();
  void tell_accepted(const User& user, const MessageRecord& row);
  void tell_row(const MessageRecord& row);
  void start_untold();
  void tell_untold();

  World& world_;
  Untold untold_;
  Seq untold_kept_ = 0;           // what the records know of it
  Instant redelivery_until_ = 0;  // after a reconnect the broker repeats what we had not acknowledged
  Expiry expiry_;
};

}  // namespace ferry
