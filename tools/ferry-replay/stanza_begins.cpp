#include "tools/ferry-replay/stanza_begins.h"

#include <algorithm>

namespace ferry::intake {
namespace {

constexpr std::string_view stanza_names[] = {"<message", "<presence", "<iq", "<stream:stream", "<?xml"};
constexpr std::string_view stream_names[] = {"<stream:features", "<stream:error", "</stream:stream",
                                             "<handshake",       "<db:result",    "<db:verify"};
// Of an element with another name: in one of these namespaces.
constexpr std::string_view namespaces[] = {"urn:ietf:params:xml:ns:xmpp-sasl",
                                           "urn:ietf:params:xml:ns:xmpp-tls",
                                           "urn:xmpp:sm:",
                                           "urn:xmpp:sasl:",
                                           "http://jabber.org/protocol/compress",
                                           "urn:xmpp:csi:"};
constexpr std::size_t longest_look = 256, shortest_namespace = std::string_view("urn:xmpp:sm:").size();

bool ends_name(char c) { return c == ' ' || c == '>' || c == '/' || c == '\t' || c == '\r' || c == '\n'; }

Begins any(std::string_view text, const auto& names) {
  Begins all = Begins::no;
  for (const std::string_view name : names) {
    const Begins one = element_begins(text, name);
    if (one == Begins::yes) return one;
    if (one == Begins::unclear) all = one;
  }
  return all;
}

// The tag's local name, with "/" before it for an end tag.
std::string_view shape(std::string_view tag) {
  const std::string_view name = tag.substr(1, tag.find_first_of(" \t\r\n>", 1) - 1);
  const std::size_t colon = name.rfind(':');
  return name.starts_with('/') || colon == std::string_view::npos ? name : name.substr(colon + 1);
}

}  // namespace

Begins element_begins(std::string_view text, std::string_view name) {
  if (text.size() <= name.size()) return name.starts_with(text) ? Begins::unclear : Begins::no;
  return text.starts_with(name) && ends_name(text[name.size()]) ? Begins::yes : Begins::no;
}

Begins stanza_begins(std::string_view text, bool stanzas_only) {
  Begins found = any(text, stanza_names);
  if (found == Begins::yes || stanzas_only) return found;
  if (const Begins other = any(text, stream_names); other != Begins::no) found = other;
  if (found == Begins::yes) return found;
  text = text.substr(0, longest_look);
  const std::size_t end = text.find('>');
  const std::size_t next = text.find('<', 1);
  if (end == std::string_view::npos && next == std::string_view::npos && text.size() < longest_look)
    return Begins::unclear;
  const std::string_view tag = text.substr(0, std::min(end, next));
  if (tag.size() <= shortest_namespace) return found;  // as most are, of what is no stanza
  for (const std::string_view space : namespaces)
    if (tag.find(space) != std::string_view::npos && !tag.starts_with("</")) return Begins::yes;
  return found;
}

bool is_forwarded(std::string_view text) {
  std::size_t at = text.size();
  // Behind <forwarded>, or behind a <delay/> that stands there.
  for (int tags = 0; tags < 4; ++tags) {
    while (at > 0 && ends_name(text[at - 1]) && text[at - 1] != '>' && text[at - 1] != '/') --at;
    if (at == 0 || text[at - 1] != '>') return false;
    const std::size_t from = at > longest_look ? at - longest_look : 0;
    const std::size_t lt = text.substr(from, at - from).rfind('<');
    if (lt == std::string_view::npos) return false;
    at = from + lt;
    const std::string_view name = shape(text.substr(at));
    if (name == "forwarded") return true;
    if (name != "delay" && name != "delay/" && !name.ends_with("/delay")) return false;
  }
  return false;
}

}  // namespace ferry::intake
