// A message <-> the payloads of out/msg and in/msg (design section 5).
//
// Maps: from, to, type, xml:lang and the parts, each by its own translator.
// Loses: attributes of the stanza that no specification names, and prefixes that it declares; how an address or an
// element
//        of a translator was spelt; the order of the parts; white space and text between them; an absent type and an
//        unknown one become normal. Refused on the way back: ids and texts longer than out/msg may have.
// Spec: RFC 6121 section 5.
// Example: <message type='chat' from='alice@corp.example/spark' to='bob@mqtt.corp.example'><body>Hi</body></message>
//          ->
//          {"id":"01JD…","from":"alice@corp.example/spark","to":"bob@mqtt.corp.example","kind":"chat","body":"Hi","ts":"…"}
#pragma once

#include <string>

#include "translators/event.h"
#include "translators/values/json.h"

namespace ferry::message {

// What the gateway knows of a message beyond the stanza. Empty fields are left out.
struct Delivery {
  std::string_view id;                    // the gateway's own for one from XMPP, the client's for the user's own
  Instant ts = 0;                         // original time of sending
  std::string_view device;                // of the sender, on the user's own messages
  std::string_view xmpp_id;               // the id of the stanza, where it is another
  std::string_view room = {}, nick = {};  // of a message in a room, or of one of its occupants: XEP-0045
};
std::string to_json(const Message& message, const Delivery& delivery);

// One out/msg, read. `message` has everything but `from`; id is empty where the client gave none.
struct Outgoing {
  std::string id, device;
  Message message;
};
// Errors: bad-request (what is missing or wrong, by field), jid-malformed (to), not-acceptable (a character, a length).
Result<Outgoing> from_json(JsonView out);

// A payload of to_json, read back: for sending again what the store has. Same errors.
Result<Outgoing> from_stored_json(JsonView in);

// The id of a publish that may be wrong otherwise, so that its refusal can name it; empty if unreadable.
std::string id_of(JsonView out);

std::string_view kind_of(const Message& message);  // chat, normal, groupchat, headline

}  // namespace ferry::message
