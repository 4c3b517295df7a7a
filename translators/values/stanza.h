// A stanza: message, presence or iq (RFC 6120 section 8) whose addresses have been parsed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "translators/values/jid.h"
#include "translators/values/xml.h"

namespace ferry {

enum class StanzaKind { message, presence, iq };

// One instance is one stanza with a valid kind and valid addresses (each may be absent). `xml` is the whole stanza;
// from, to, id and type repeat its attributes, normalised.
struct Stanza {
  StanzaKind kind;
  std::optional<Jid> from, to;
  std::string id, type;
  Element xml;

  // Errors: jid-malformed (which attribute), feature-not-implemented (no stanza's name), bad-request (an iq of no type
  // or without an id, RFC 6120 section 8.2.3). The element is taken only on success: after an error the caller still
  // has it, to answer it.
  static Result<Stanza> from_xml(Element&& xml);
};

std::string_view stanza_name(StanzaKind kind);

// RFC 6120 section 8.3.1: the error element, and the answer to a stanza that met it. There is no answer to an error,
// a result, or a stanza without a sender: nullopt. Works on raw elements: their addresses may be malformed.
Element error_element(const StanzaError& error);
std::optional<Element> error_reply(const Element& stanza, const StanzaError& error);
StanzaError parse_error(const Element& stanza);  // of a stanza of type error; undefined-condition if it says nothing

// The result of an iq get or set, with at most one payload.
Element iq_result(const Element& request, std::optional<Element> payload = std::nullopt);

}  // namespace ferry
