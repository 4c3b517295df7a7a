// A stanza's text made readable alone, and checked by the reader of translators/values.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "translators/values/xml_plain.h"
#include "translators/values/xml_reader.h"

namespace ferry::intake {

// What a stream header declared, for the stanzas of its direction.
struct Scope {
  friend bool operator==(const Scope&, const Scope&) = default;

  std::string content_ns{ns::client};
  // What everyone declares, where the header was not captured; scansion's scripts never declare theirs.
  std::vector<NsDecl> prefixes{{"stream", std::string(ns::stream)},
                               {"db", "jabber:server:dialback"},
                               {"scansion", "https://matthewwild.co.uk/projects/scansion"}};
};

// Puts the stanza, with the declarations that it takes from outside, in place of out.
void with_namespaces(std::string_view xml, const Scope& scope, std::string& out);

// <stream:stream …> taken apart; nothing: wrong says why.
// COMPAT(libstrophe): its log leaves out the header's declarations.
std::optional<StreamHeader> read_header(std::string_view tag, std::string& wrong);

// One instance reads one stanza after the other: the usual ones in their own memory, the others with one parser for
// many.
class StanzaCheck {
 public:
  StanzaCheck();
  // The element, until the next call; nullptr: wrong() says why.
  Element* read(std::string_view xml);
  const std::string& wrong() const { return wrong_; }

 private:
  void begin();
  PlainXmlReader plain_;
  std::optional<XmlStreamReader> reader_;
  std::vector<StreamItem> items_;
  unsigned read_ = 0;
  std::size_t last_size_ = 0;  // bytes
  std::string wrong_;
};

}  // namespace ferry::intake
