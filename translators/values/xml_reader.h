// Reads one XMPP stream: bytes in, in pieces of any size; header, stanzas and the end out. Expat underneath.
//
// One instance reads one stream in one direction, from its first byte. A stanza over a limit is not fatal: its
// content is dropped while it streams past, and what is left of it (name and attributes) comes out as Refused,
// so that its sender can be told and nobody else notices. What breaks the stream itself (not well-formed, a DTD, a
// token larger than eight stanzas) is a StreamFault and the last item.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "translators/values/xml.h"

namespace ferry {

struct StreamHeader {
  Element element;         // <stream:stream …> without children
  std::string content_ns;  // its default namespace: jabber:client, jabber:component:accept …
};
struct StreamEnd {};  // </stream:stream>
struct Refused {
  Element stanza;  // name and attributes only
  StanzaError error;
};
struct StreamFault {
  std::string condition;  // RFC 6120 section 4.9.3: not-well-formed, restricted-xml, policy-violation …
  std::string text;
};

using StreamItem = std::variant<StreamHeader, Element, Refused, StreamEnd, StreamFault>;

class XmlStreamReader {
 public:
  explicit XmlStreamReader(const XmlLimits& limits);
  ~XmlStreamReader();
  XmlStreamReader(XmlStreamReader&&) noexcept;
  XmlStreamReader& operator=(XmlStreamReader&&) noexcept;

  void feed(std::string_view bytes, std::vector<StreamItem>& out);  // after a fault or the end: does nothing
  void set_limits(const XmlLimits& limits);                         // for instance after authentication
  void reuse(Element&& old);  // an element that came out and is done with: its memory serves the next one

  class Impl;  // expat's side of it

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace ferry
