// An element as canonical XML (Canonical XML 1.0 over a parsed tree): two elements that no XML tool tells apart have
// one text. Prefixes, declared prefixes and white space count; the order of attributes and repeated declarations do
// not. Written apart from the product's own writer, so that a fault of that cannot hide itself.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "translators/values/xml.h"

namespace ferry::test {

using Scope = std::map<std::string, std::string>;  // prefix to namespace

inline void append_canonical(std::string& out, std::string_view text, bool attribute) {
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>' && !attribute)
      out += "&gt;";
    else if (c == '"' && attribute)
      out += "&quot;";
    else if (c == '\t' && attribute)
      out += "&#x9;";
    else if (c == '\n' && attribute)
      out += "&#xA;";
    else if (c == '\r')
      out += "&#xD;";
    else
      out += c;
  }
}

inline void append_canonical(std::string& out, const Element& e, const Scope& outside) {
  Scope scope = outside;
  for (const NsDecl& d : e.decls) scope[d.prefix] = d.uri;
  scope[e.prefix] = e.ns;
  for (const Attr& a : e.attrs)
    if (!a.ns.empty() && a.ns != ns::xml) scope[a.prefix] = a.ns;
  const std::string name = e.prefix.empty() ? e.name : e.prefix + ":" + e.name;
  out += "<" + name;
  for (const auto& [prefix, uri] : scope) {
    const auto was = outside.find(prefix);
    if ((was != outside.end() && was->second == uri) || prefix == "xml") continue;
    out += prefix.empty() ? " xmlns=\"" : " xmlns:" + prefix + "=\"";
    append_canonical(out, uri, true);
    out += '"';
  }
  std::vector<const Attr*> attrs;
  for (const Attr& a : e.attrs) attrs.push_back(&a);
  std::sort(attrs.begin(), attrs.end(),
            [](const Attr* a, const Attr* b) { return std::pair(a->ns, a->name) < std::pair(b->ns, b->name); });
  for (const Attr* a : attrs) {
    out += a->prefix.empty() ? " " + a->name + "=\"" : " " + a->prefix + ":" + a->name + "=\"";
    append_canonical(out, a->value, true);
    out += '"';
  }
  out += '>';
  for (const Node& node : e.children) {
    if (node.text())
      append_canonical(out, *node.text(), false);
    else
      append_canonical(out, *node.element(), scope);
  }
  out += "</" + name + ">";
}

inline std::string canonical(const Element& e) {
  std::string out;
  append_canonical(out, e, Scope{{"", ""}});
  return out;
}

}  // namespace ferry::test
