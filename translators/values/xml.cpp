#include "translators/values/xml.h"

#include <algorithm>
#include <array>

#include "translators/values/topic.h"

namespace ferry {

Element::Element() = default;
Element::Element(std::string_view n, std::string_view space) : name(n), ns(space) {}
Element::Element(const Element&) = default;
Element::Element(Element&&) noexcept = default;
Element& Element::operator=(const Element&) = default;
Element& Element::operator=(Element&&) noexcept = default;
Element::~Element() = default;

bool operator==(const Element& a, const Element& b) {
  return a.name == b.name && a.ns == b.ns && a.prefix == b.prefix && a.attrs == b.attrs && a.decls == b.decls &&
         a.children == b.children;
}

const std::string* Element::attr(std::string_view wanted) const {
  for (const Attr& a : attrs)
    if (a.name == wanted && a.ns.empty()) return &a.value;
  return nullptr;
}

std::string_view Element::attr_or(std::string_view wanted, std::string_view fallback) const {
  const std::string* value = attr(wanted);
  return value ? std::string_view{*value} : fallback;
}

std::string_view Element::lang() const {
  for (const Attr& a : attrs)
    if (a.name == "lang" && a.ns == ns::xml) return a.value;
  return {};
}

Element& Element::set(std::string_view wanted, std::string_view value) {
  for (Attr& a : attrs)
    if (a.name == wanted && a.ns.empty()) {
      a.value = value;
      return *this;
    }
  attrs.push_back({std::string(wanted), std::string(value), {}, {}});
  return *this;
}

Element& Element::set_lang(std::string_view value) {
  if (value.empty()) return *this;
  for (Attr& a : attrs)
    if (a.name == "lang" && a.ns == ns::xml) {
      a.value = value;
      return *this;
    }
  attrs.push_back({"lang", std::string(value), std::string(ns::xml), "xml"});
  return *this;
}

void Element::remove_attr(std::string_view wanted) {
  std::erase_if(attrs, [&](const Attr& a) { return a.name == wanted && a.ns.empty(); });
}

const Element* Element::child(std::string_view wanted, std::string_view space) const {
  for (const Node& node : children)
    if (const Element* e = node.element(); e && e->is(wanted, space)) return e;
  return nullptr;
}

const Element* Element::first_child() const {
  for (const Node& node : children)
    if (const Element* e = node.element()) return e;
  return nullptr;
}

std::size_t Element::child_count() const {
  return static_cast<std::size_t>(
      std::count_if(children.begin(), children.end(), [](const Node& n) { return n.element() != nullptr; }));
}

std::string Element::text() const {
  std::string joined;
  for (const Node& node : children)
    if (const std::string* t = node.text()) joined += *t;
  return joined;
}

Element& Element::add(Element child) {
  children.push_back(Node{std::move(child)});
  return std::get<Element>(children.back().value);
}

Element& Element::add_text(std::string_view text) {
  if (!text.empty()) children.push_back(Node{std::string(text)});
  return *this;
}

namespace {

// What the characters 0x00 to 0x3F and the rest become: 0 = as they are.
enum class Place { text, attribute };

void append_as(std::string& out, std::string_view text, Place place) {
  static constexpr std::array<bool, 256> marks = [] {
    std::array<bool, 256> all{};
    for (const char c : {'&', '<', '>', '\r', '"', '\'', '\n', '\t'}) all[static_cast<unsigned char>(c)] = true;
    return all;
  }();
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!marks[static_cast<unsigned char>(text[i])]) continue;
    std::string_view entity;
    switch (text[i]) {
      case '&':
        entity = "&amp;";
        break;
      case '<':
        entity = "&lt;";
        break;
      case '>':
        entity = "&gt;";
        break;
      case '\r':
        entity = "&#13;";
        break;  // a parser would turn it into a line feed
      case '"':
        if (place == Place::attribute) entity = "&quot;";
        break;
      case '\'':
        if (place == Place::attribute) entity = "&apos;";
        break;
      case '\n':
        if (place == Place::attribute) entity = "&#10;";
        break;
      case '\t':
        if (place == Place::attribute) entity = "&#9;";
        break;
      default:
        break;
    }
    if (entity.empty()) continue;
    out.append(text.substr(from, i - from)).append(entity);
    from = i + 1;
  }
  out.append(text.substr(from));
}

// Writes with the prefixes in scope; most stanzas have none and never touch `scope_`.
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void write(const Element& e, std::string_view default_ns) {
    const std::size_t scope_was = scope_.size();
    out_ += '<';
    append_name(e.prefix, e.name);
    for (const NsDecl& d : e.decls) {
      if (d.prefix.empty()) {
        default_ns = d.uri;
        declare({}, d.uri);
      } else {
        bind(d.prefix, d.uri);
      }
    }
    if (e.prefix.empty()) {
      if (e.ns != default_ns) {
        default_ns = e.ns;
        declare({}, e.ns);
      }
    } else if (!bound(e.prefix, e.ns)) {
      bind(e.prefix, e.ns);
    }
    for (const Attr& a : e.attrs)
      if (!a.ns.empty() && a.ns != ns::xml && !bound(a.prefix, a.ns)) bind(a.prefix, a.ns);
    for (const Attr& a : e.attrs) {
      out_ += ' ';
      append_name(a.prefix, a.name);
      out_ += "='";
      append_as(out_, a.value, Place::attribute);
      out_ += '\'';
    }
    if (e.children.empty()) {
      out_ += "/>";
    } else {
      out_ += '>';
      for (const Node& node : e.children) {
        if (const Element* child = node.element())
          write(*child, default_ns);
        else
          append_as(out_, *node.text(), Place::text);
      }
      out_ += "</";
      append_name(e.prefix, e.name);
      out_ += '>';
    }
    scope_.resize(scope_was);
  }

 private:
  void append_name(std::string_view prefix, std::string_view name) {
    if (!prefix.empty()) out_.append(prefix) += ':';
    out_.append(name);
  }
  void declare(std::string_view prefix, std::string_view uri) {
    out_ += " xmlns";
    if (!prefix.empty()) (out_ += ':').append(prefix);
    out_ += "='";
    append_as(out_, uri, Place::attribute);
    out_ += '\'';
  }
  void bind(std::string_view prefix, std::string_view uri) {
    declare(prefix, uri);
    scope_.push_back({std::string(prefix), std::string(uri)});
  }
  bool bound(std::string_view prefix, std::string_view uri) const {
    if (prefix == "xml") return true;
    for (auto it = scope_.rbegin(); it != scope_.rend(); ++it)
      if (it->prefix == prefix) return it->uri == uri;
    return false;
  }

  std::string& out_;
  std::vector<NsDecl> scope_;
};

}  // namespace

void append_escaped(std::string& out, std::string_view text) { append_as(out, text, Place::attribute); }

void append_xml(std::string& out, const Element& element, std::string_view default_ns) {
  Writer(out).write(element, default_ns);
}

std::string to_xml(const Element& element, std::string_view default_ns) {
  std::string out;
  append_xml(out, element, default_ns);
  return out;
}

bool is_xml_text(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 && c != '\t' && c != '\n' && c != '\r') return false;
    // U+FFFE and U+FFFF: EF BF BE, EF BF BF
    if (c == 0xEF && i + 2 < text.size() && static_cast<unsigned char>(text[i + 1]) == 0xBF &&
        static_cast<unsigned char>(text[i + 2]) >= 0xBE)
      return false;
  }
  return is_utf8(text);
}

}  // namespace ferry
