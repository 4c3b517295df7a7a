// The publishes of one MQTT user's subtree: what the gateway sends, through the translators that it uses, and what a
// client of its people sends.
#pragma once

#include <string>
#include <string_view>

#include "gateway/brain/effects.h"
#include "translators/event.h"
#include "translators/payloads.h"
#include "translators/presence.h"

namespace ferry::report {

struct Tree {
  std::string root = "im/v1";
  std::string component = "mqtt.corp.example";  // the gateway's own domain: messages say that it carried them
  std::uint32_t message_ttl = 7 * 24 * 3600;    // s

  std::string topic(std::string_view user, std::string_view leaf) const;  // user: bare JID
};

// From the gateway.
Publish in_msg(const Tree& tree, std::string_view user, Message message, const std::string& id, Instant ts);
Publish in_receipt(const Tree& tree, std::string_view user, std::string_view id, std::string_view from,
                   MessageState state, Instant ts);
Publish in_act(const Tree& tree, std::string_view user, const Jid& from, std::string_view state);
Publish in_contact(const Tree& tree, std::string_view user, const ContactView& contact);
Publish in_contact_presence(const Tree& tree, std::string_view user, std::string_view peer,
                            const presence::Endpoints& endpoints);
Publish in_answer(const Tree& tree, std::string_view user, std::string_view device, std::string_view id,
                  std::string_view result);
Publish in_state(const Tree& tree, std::string_view user, std::string_view version);

// From a client.
Publish out_msg(const Tree& tree, std::string_view user, const Message& message, const std::string& id);
Publish out_receipt(const Tree& tree, std::string_view user, std::string_view id, MessageState state);
Publish out_act(const Tree& tree, std::string_view user, const Jid& to, std::string_view state);
Publish out_presence(const Tree& tree, std::string_view user, std::string_view device,
                     const presence::Availability& availability, std::string_view epoch);
Publish out_request(const Tree& tree, std::string_view user, std::string_view device, std::string_view id,
                    std::string_view request, std::string_view contact);

// The echo of the user's own message, and what the client hears of it: accepted, forwarded.
Publish echo_of(const Tree& tree, std::string_view user, Message message, const std::string& id, Instant ts);

}  // namespace ferry::report
