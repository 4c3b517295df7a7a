// What the prefixes of a document mean, element by element (Namespaces in XML 1.0).
//
// COMPAT(Prosody 0.12): expat could do this, but it ends the whole stream where a name is wrong, and Prosody writes
// wrong ones for others: <xml:b/> of any user reaches a component as <b xmlns='http://www.w3.org/XML/1998/namespace'/>.
// Known here, it costs its sender one stanza.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferry {

class XmlScope {
 public:
  // The prefix that an attribute declares, "" for xmlns itself; nullopt: it is an ordinary attribute.
  static std::optional<std::string_view> declared(std::string_view attribute);

  // A declaration on the element at this depth. Empty: good; otherwise what is wrong.
  std::string_view declare(std::string_view prefix, std::string_view uri, std::size_t depth);
  void leave(std::size_t depth);  // the element at this depth ends

  // nullptr: nothing declares it.
  const std::string* uri(std::string_view prefix) const;

 private:
  struct Binding {
    std::string prefix, uri;
    std::size_t depth;
  };
  std::vector<Binding> bindings_;  // the innermost last
  std::size_t count_ = 0;          // of them; behind these is memory for the next ones
};

std::string_view stanza_namespace(std::string_view uri);  // of a stanza in a stream of any kind: ns::client

// A name with its prefix taken off. !good: no name with a namespace can look like that. What stands behind a colon
// begins with an ASCII letter or '_' here.
struct QName {
  std::string_view prefix, local;
  bool good = true;
  explicit QName(std::string_view text);
};

}  // namespace ferry
