// XML as XMPP uses it: elements, attributes, text. No comments, processing instructions, DTDs or entities (RFC 6120
// section 11.1 forbids them). An Element keeps what a parser would tell two documents apart by: namespaces,
// prefixes, declared prefixes, attribute namespaces, order, white space. The content namespace of every kind of stream
// (jabber:client, jabber:component:accept) is ns::client here; the link's writer knows its own.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "translators/values/result.h"

namespace ferry {

namespace ns {
inline constexpr std::string_view client = "jabber:client";
inline constexpr std::string_view component = "jabber:component:accept";
inline constexpr std::string_view stream = "http://etherx.jabber.org/streams";
inline constexpr std::string_view stanza_error = "urn:ietf:params:xml:ns:xmpp-stanzas";
inline constexpr std::string_view stream_error = "urn:ietf:params:xml:ns:xmpp-streams";
inline constexpr std::string_view xml = "http://www.w3.org/XML/1998/namespace";
}  // namespace ns

struct Attr {
  std::string name, value;
  std::string ns, prefix;  // empty for the usual attribute without a namespace
  friend bool operator==(const Attr&, const Attr&) = default;
};

struct NsDecl {
  std::string prefix, uri;
  friend bool operator==(const NsDecl&, const NsDecl&) = default;
};

struct Node;

struct Element {
  std::string name, ns, prefix;
  std::vector<Attr> attrs;
  std::vector<NsDecl> decls;  // prefixes declared here: content may name them even where no element does
  std::vector<Node> children;

  Element();
  explicit Element(std::string_view name, std::string_view ns = ns::client);
  Element(const Element&);
  Element(Element&&) noexcept;
  Element& operator=(const Element&);
  Element& operator=(Element&&) noexcept;
  ~Element();

  bool is(std::string_view n, std::string_view space) const { return name == n && ns == space; }
  const std::string* attr(std::string_view name) const;  // nullptr: absent; without a namespace
  std::string_view attr_or(std::string_view name, std::string_view fallback = {}) const;
  std::string_view lang() const;                                // xml:lang, empty if absent
  Element& set(std::string_view name, std::string_view value);  // replaces or adds; returns *this
  Element& set_lang(std::string_view value);                    // likewise; empty: does nothing
  void remove_attr(std::string_view name);

  const Element* child(std::string_view name, std::string_view ns) const;  // the first, or nullptr
  const Element* first_child() const;                                      // the first that is an element
  std::size_t child_count() const;                                         // elements only
  std::string text() const;                                                // the text directly inside, joined
  Element& add(Element child);                                             // returns the child, in place
  Element& add_text(std::string_view text);                                // returns *this

  friend bool operator==(const Element&, const Element&);
};

struct Node {
  std::variant<std::string, Element> value;
  const Element* element() const { return std::get_if<Element>(&value); }
  const std::string* text() const { return std::get_if<std::string>(&value); }
  friend bool operator==(const Node&, const Node&) = default;
};

// How much one stanza may be. Whoever exceeds a limit is refused, never truncated.
struct XmlLimits {
  std::size_t bytes = 262'144;   // of one stanza on the wire
  std::size_t depth = 64;        // of elements, the stanza itself is 1
  std::size_t elements = 4'096;  // in one stanza
  std::size_t attributes = 64;   // of one element, declarations of namespaces too
};

// The element as text. default_ns is what an unprefixed name means where the text will stand.
std::string to_xml(const Element& element, std::string_view default_ns = {});
void append_xml(std::string& out, const Element& element, std::string_view default_ns);

// Only characters that XML 1.0 section 2.2 allows, in valid UTF-8?
bool is_xml_text(std::string_view text);
void append_escaped(std::string& out,
                    std::string_view text);  // for text and attributes: & < > " ' CR LF TAB in attributes

// One whole element from text. default_ns is the meaning of an unprefixed name that no xmlns reaches.
// Errors: bad-request (not well-formed, and where), policy-violation (over a limit), not-acceptable (entities, comments
// …).
Result<Element> parse_xml(std::string_view text, const XmlLimits& limits = {},
                          std::string_view default_ns = ns::client);

}  // namespace ferry
