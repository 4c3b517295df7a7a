// The canonical model: one event type between both worlds, in XMPP's vocabulary where both have a word.
//
// A stanza becomes an event, an event becomes a stanza again without loss: what a translator understands is a typed
// Part, in its place among the others; what none understands is an Ext, unchanged. From and to MQTT the typed parts are
// fields of a JSON object and the rest travels in `ext`; each translator's "Loses" says what that costs.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "translators/values/instant.h"
#include "translators/values/stanza.h"

namespace ferry {

// ---- what a message or a presence is made of ------------------------------------------------------------------
struct Body {
  std::string text, lang;
};  // RFC 6121 5.2.3
struct Subject {
  std::string text, lang;
};  // RFC 6121 5.2.4
struct Thread {
  std::string id, parent;
};                         // RFC 6121 5.2.5
struct ReceiptRequest {};  // XEP-0184
struct Received {
  std::string id;
};                   // XEP-0184
struct Markable {};  // XEP-0333
struct Marker {
  std::string state, id;
};  // XEP-0333: received, displayed, acknowledged
struct ChatState {
  std::string state;
};  // XEP-0085: active, composing, paused, inactive, gone
struct Correction {
  std::string id;
};  // XEP-0308
struct Retraction {
  std::string id;
};  // XEP-0424
struct Reactions {
  std::string id;
  std::vector<std::string> emoji;
};  // XEP-0444
struct Reply {
  std::string id, to;
};  // XEP-0461
struct Delay {
  std::string from, stamp, reason;
};  // XEP-0203
struct StanzaId {
  std::string id, by;
};  // XEP-0359
struct OriginId {
  std::string id;
};  // XEP-0359
struct Hint {
  std::string name;
};  // XEP-0334: no-store, no-permanent-store, no-copy, store
struct Via {
  std::vector<std::string> hops;
};  // the gateways that carried it, first to last (translators/via.h)
struct OutOfBand {
  std::string url, description;
};  // XEP-0066
struct Encryption {
  std::string ns, name;
};  // XEP-0380: says how the body is encrypted
struct ErrorPart {
  StanzaError error;
};  // RFC 6120 8.3
struct Show {
  std::string state;
};  // RFC 6121 4.7.2.1: away, chat, dnd, xa
struct Status {
  std::string text, lang;
};  // RFC 6121 4.7.2.2
struct Priority {
  int value;
};  // RFC 6121 4.7.2.3: -128 to 127
struct Space {
  std::string text;
};  // text that stands between the elements
struct Ext {
  Element xml;
};  // what no translator knows

using PartValue = std::variant<Body, Subject, Thread, ReceiptRequest, Received, Markable, Marker, ChatState, Correction,
                               Retraction, Reactions, Reply, Delay, StanzaId, OriginId, Hint, Via, OutOfBand,
                               Encryption, ErrorPart, Show, Status, Priority, Space, Ext>;

// One child of a stanza. `verbatim` keeps the element as it came where the typed value alone would not give it back
// (an unknown attribute, white space inside, an unusual prefix).
struct Part {
  PartValue value;
  std::optional<Element> verbatim = std::nullopt;
};
using Parts = std::vector<Part>;

template <class T>
const T* find(const Parts& parts) {
  for (const Part& part : parts)
    if (const T* found = std::get_if<T>(&part.value)) return found;
  return nullptr;
}

template <class T>
T* find(Parts& parts) {
  return const_cast<T*>(find<T>(static_cast<const Parts&>(parts)));
}

// ---- events -------------------------------------------------------------------------------------------------------
// What all stanzas have. type and lang are as written; empty: absent. attrs: those that no translator knows, and the
// spelling of from, to and of empty ones where it is not the normal one; it is written again while the value is the
// same.
struct Envelope {
  std::optional<Jid> from, to;
  std::string id, type, lang;
  std::vector<Attr> attrs;
  std::vector<NsDecl> decls;
  std::string prefix;
};

struct Message : Envelope {
  Parts parts;
};  // also receipts, markers and chat states: see purpose_of()
struct Presence : Envelope {
  Parts parts;
};  // also subscriptions, probes and errors, by type
struct Iq : Envelope {
  std::vector<Node> payload;
};

using Event = std::variant<Message, Presence, Iq>;

// What a message is for: the first that holds.
enum class Purpose {
  error,       // type error
  receipt,     // a Received or a Marker, and no body
  chat_state,  // a ChatState, and no content
  content,     // something to read or to apply: body, subject, correction, retraction, reactions, file, any Ext
  nothing,     // hints and ids only
};
Purpose purpose_of(const Message& message);

// Both directions are total on valid stanzas: to_stanza(to_event(s)) is s by canonical XML.
Event to_event(const Stanza& stanza);
Element to_stanza(const Event& event);
Element to_stanza(const Message& message);
Element to_stanza(const Presence& presence);

}  // namespace ferry
