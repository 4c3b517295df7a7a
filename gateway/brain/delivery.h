// Messages, receipts and chat states, both ways: what is accepted, what became of it, who is told.
//
// Each message has one row in the records: the ledger that recognises a repeated one and the outbox that carries it.
// Receipts go accepted -> forwarded -> delivered -> displayed, or failed (design section 8). One instance serves all
// users.
#pragma once

#include <map>
#include <utility>

#include "gateway/brain/mqtt_outbox.h"
#include "gateway/brain/xmpp_outbox.h"
#include "translators/message.h"

namespace ferry {

class Delivery {
 public:
  explicit Delivery(World& world);

  void start();

  // From XMPP, to one of our users.
  void on_message(User& user, Message message);

  // From MQTT, by one of our users. nullopt: taken. The error goes to in/receipt, with the id if the publish had one.
  struct Refusal {
    std::string id, to;
    StanzaError error;
  };
  std::optional<Refusal> on_out_msg(User& user, const InPublish& publish, JsonView payload);
  std::optional<Refusal> on_out_text(User& user, const InPublish& publish, std::string_view peer_level);
  std::optional<Refusal> on_out_receipt(User& user, JsonView payload);
  std::optional<Refusal> on_out_act(User& user, JsonView payload);

  // A stanza that must not be lost and is nobody's message: a subscription, a receipt, a feed's news. user 0: a feed's.
  void send_durably(UserKey user, Element stanza);

  void component_up() { to_xmpp.component_up(); }
  void component_down() { to_xmpp.component_down(); }
  void broker_up(bool session_present);
  void end_of_batch();
  void on_time();
  std::optional<Instant> next_deadline() const;

  XmppOutbox to_xmpp;
  MqttOutbox to_mqtt;

 private:
  void content(User& user, Message message);
  void receipt(User& user, const Message& message);
  void bounced(User& user, const Message& message);
  void act(User& user, const Message& message);
  std::optional<Refusal> accept(User& user, message::Outgoing out, const InPublish& publish);
  std::optional<Refusal> repeated(User& user, const std::string& id, const std::string& to);
  void confirm(Seq seq, UserKey user, const std::string& id, const std::string& peer, bool carried);
  std::optional<Element> build(const MessageRecord& record);
  void tell(const User& user, const std::string& id, std::string_view peer, MessageState state,
            const StanzaError* reason = nullptr);
  void echo(const User& user, const std::string& id, const std::string& json);
  void refer_to_mqtt(User& user, const Jid& peer, Parts& parts);  // ids of other messages, as the other side knows them
  void refer_to_xmpp(UserKey user, Parts& parts);
  bool within_rate(User& user);
  void expire();
  void tell_again();

  World& world_;
  static constexpr std::size_t max_untold = 100'000;
  std::map<std::pair<UserKey, std::string>, StanzaError> untold_;  // receipts of the time that the broker was away
  Instant redelivery_until_ = 0;  // after a reconnect the broker repeats what we had not acknowledged
  Instant expire_at_ = 0;
  Seq expire_from_ = 0;
};

}  // namespace ferry
