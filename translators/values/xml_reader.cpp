// The only file that knows expat.
#include "translators/values/xml_reader.h"

#include <expat.h>

#include <algorithm>
#include <utility>

#include "translators/values/xml_scope.h"

namespace ferry {
namespace {

constexpr std::string_view bad_form = "a name that no namespace could have";
constexpr std::size_t usual_children = 4;  // of a stanza that has any
constexpr std::size_t token_factor = 8;    // a single token may buffer this many stanzas' worth of bytes

struct ParserFree {
  void operator()(XML_Parser p) const { XML_ParserFree(p); }
};

// Nearly no name begins like this one.
std::optional<std::string_view> declared(const char* attribute) {
  return *attribute == 'x' ? XmlScope::declared(attribute) : std::nullopt;
}

// COMPAT(expat 2.6, and distributions' 2.5): left alone, expat keeps the end of a token that came in pieces until much
// more has come, and a stanza would wait for the next one. Older ones have no such function: a template may look for
// it.
template <class Parser>
void parse_at_once(Parser p) {
  if constexpr (requires { XML_SetReparseDeferralEnabled(p, XML_FALSE); }) XML_SetReparseDeferralEnabled(p, XML_FALSE);
}

}  // namespace

// Builds elements from expat's callbacks. In a stream the root is the header and its children are the items; for a
// document (parse_xml) the root itself is the item.
class XmlStreamReader::Impl {
 public:
  explicit Impl(const XmlLimits& limits) : Impl(limits, false, {}) {}
  Impl(const XmlLimits& limits, std::string_view default_ns) : Impl(limits, true, default_ns) {}

  void feed(std::string_view bytes, std::vector<StreamItem>& out) {
    if (over_) return;
    out_ = &out;
    // No UTF-8 text has a NUL; expat would take one beside the first byte for UTF-16, which no stream is in (RFC 6120
    // section 11.6).
    const std::size_t nul = bytes.find('\0');
    bytes = bytes.substr(0, nul);
    // In slices, so that a token without an end is noticed before expat has buffered all of it.
    constexpr std::size_t slice = 65'536;
    while (!bytes.empty() && !over_) {
      const std::string_view part = bytes.substr(0, slice);
      bytes.remove_prefix(part.size());
      parse(part, false);
      unfinished_ = finished_something_ ? 0 : unfinished_ + part.size();
      finished_something_ = false;
      if (unfinished_ > limits_.bytes * token_factor && !over_)
        fault("policy-violation", "a token of unlimited length");
    }
    if (nul != std::string_view::npos && !over_) fault("not-well-formed", "a NUL byte");
    out_ = nullptr;
  }

  void finish(std::vector<StreamItem>& out) {
    if (over_) return;
    out_ = &out;
    parse({}, true);
    out_ = nullptr;
  }

  void set_limits(const XmlLimits& limits) { limits_ = limits; }

  void reuse(Element&& old) {
    if (open_.empty()) stanza_ = std::move(old);
  }

 private:
  // An element that is not finished, and how many of its children are its own: behind them are those of the element
  // whose memory it has.
  struct Open {
    Element* element = nullptr;
    std::size_t children = 0;
  };

  Impl(const XmlLimits& limits, bool document, std::string_view default_ns)
      : limits_(limits), document_(document), default_ns_(default_ns) {
    parser_.reset(XML_ParserCreate("UTF-8"));
    XML_Parser p = parser_.get();
    parse_at_once(p);
    XML_SetUserData(p, this);
    XML_SetElementHandler(p, &on_start, &on_end);
    XML_SetCharacterDataHandler(p, &on_text);
    XML_SetStartDoctypeDeclHandler(p, &on_doctype);
    XML_SetCommentHandler(p, &on_comment);
    XML_SetProcessingInstructionHandler(p, &on_instruction);
  }

  void parse(std::string_view part, bool last) {
    if (XML_Parse(parser_.get(), part.data(), static_cast<int>(part.size()), last) != XML_STATUS_ERROR || over_) return;
    const XML_Error code = XML_GetErrorCode(parser_.get());
    fault(code == XML_ERROR_UNDEFINED_ENTITY ? "restricted-xml" : "not-well-formed",
          std::string(XML_ErrorString(code)) + " at byte " + std::to_string(XML_GetCurrentByteIndex(parser_.get())));
  }

  void fault(std::string_view condition, std::string text) {
    if (over_) return;
    over_ = true;
    if (out_) out_->push_back(StreamFault{std::string(condition), std::move(text)});
    XML_StopParser(parser_.get(), XML_FALSE);
  }

  void refuse(std::string text, Condition condition = Condition::policy_violation) {
    if (refused_) return;
    refused_ = error(condition, std::move(text));
    open_.resize(1);  // the stanza stays, what hung below it goes
    open_[0].children = 0;
    open_[0].element->children.clear();
  }

  std::size_t position() const { return static_cast<std::size_t>(XML_GetCurrentByteIndex(parser_.get())); }
  std::size_t token_size() const { return static_cast<std::size_t>(XML_GetCurrentByteCount(parser_.get())); }
  std::size_t root_depth() const { return document_ ? 0 : 1; }

  // Fills an element where it is to stay, whatever it was before; but its children stay. Sets over_attributes_ and
  // wrong_name_.
  void make(Element& e, const char* name, const char** attributes, std::size_t depth) {
    wrong_name_ = {};
    std::size_t count = 0;
    while (attributes[2 * count]) ++count;
    over_attributes_ = count > limits_.attributes;
    count = std::min(count, limits_.attributes);
    const QName n(name);
    e.name = n.local;
    e.prefix = n.prefix;
    e.decls.clear();
    std::size_t ordinary = 0;
    for (std::size_t i = 0; i < count; ++i)
      if (const auto prefix = declared(attributes[2 * i])) {
        const std::string_view uri = attributes[2 * i + 1];
        wrong_name(scope_.declare(*prefix, uri, depth));
        if (!prefix->empty() || !e.prefix.empty())
          e.decls.push_back({std::string(*prefix), std::string(stanza_namespace(uri))});
      } else {
        ++ordinary;
      }
    if (const std::string* uri = resolve(n))
      e.ns = stanza_namespace(*uri);
    else if (document_ && n.prefix.empty())
      e.ns = default_ns_;
    else
      e.ns.clear();
    e.attrs.resize(ordinary);
    for (std::size_t i = 0, at = 0; at < ordinary; ++i)
      if (!declared(attributes[2 * i])) set_attribute(e, at++, QName(attributes[2 * i]), attributes[2 * i + 1]);
  }

  // One more child of the innermost open element: what was there before, or nothing of that kind.
  template <class Kind>
  Kind& new_child() {
    Open& parent = open_.back();
    std::vector<Node>& children = parent.element->children;
    if (open_.size() == 1 && children.empty()) children.reserve(usual_children);
    if (parent.children == children.size()) children.emplace_back();
    auto& value = children[parent.children++].value;
    Kind* const old = std::get_if<Kind>(&value);
    return old ? *old : value.template emplace<Kind>();
  }

  void set_attribute(Element& e, std::size_t at, const QName& name, const char* value) {
    Attr& added = e.attrs[at];
    added.name = name.local;
    added.value = value;
    added.prefix.clear();
    added.ns.clear();
    if (name.prefix.empty()) {
      if (!name.good) wrong_name(bad_form);
      return;
    }
    added.prefix = name.prefix;
    if (const std::string* uri = resolve(name)) added.ns = *uri;
    const auto same = [&](const Attr& a) { return a.ns == added.ns && a.name == added.name; };
    if (std::any_of(e.attrs.data(), &added, same)) wrong_name("an attribute twice");
  }

  const std::string* resolve(const QName& name) {
    const std::string* uri = scope_.uri(name.prefix);
    if (!name.good) wrong_name(bad_form);
    if (!uri && !name.prefix.empty()) wrong_name("a prefix that nothing declares");
    return uri;
  }

  void wrong_name(std::string_view text) {
    if (wrong_name_.empty()) wrong_name_ = text;
  }

  static Impl& self(void* user) { return *static_cast<Impl*>(user); }

  static void on_start(void* user, const char* name, const char** attributes) {
    Impl& s = self(user);
    if (s.over_) return;
    s.finished_something_ = true;
    const std::size_t depth = s.depth_++;
    if (s.refused_) return;
    const bool header = depth < s.root_depth(), root = depth == s.root_depth();
    Element& e = header || root ? s.stanza_ : s.new_child<Element>();
    s.make(e, name, attributes, depth);
    const std::string wrong(s.wrong_name_);
    if (!wrong.empty() && !s.over_attributes_ && (s.document_ || header)) return s.fault("not-well-formed", wrong);
    if (header) {
      e.children.clear();
      const std::string* content_ns = s.scope_.uri({});
      s.out_->push_back(StreamHeader{std::exchange(s.stanza_, {}), content_ns ? *content_ns : std::string()});
      if (s.over_attributes_) s.fault("policy-violation", "a header of too many attributes");
      return;
    }
    if (root) {
      s.stanza_began_ = s.position();
      s.elements_ = 1;
      s.open_.assign(1, {&e});
    } else {
      s.open_.push_back({&e});
      ++s.elements_;
    }
    if (s.over_attributes_)
      s.refuse("more than " + std::to_string(s.limits_.attributes) + " attributes");
    else if (!wrong.empty())
      s.refuse(wrong, Condition::bad_request);
    else if (s.open_.size() > s.limits_.depth)
      s.refuse("deeper than " + std::to_string(s.limits_.depth) + " elements");
    else if (s.elements_ > s.limits_.elements)
      s.refuse("more than " + std::to_string(s.limits_.elements) + " elements");
    else
      s.check_size();
  }

  static void on_text(void* user, const char* text, int length) {
    Impl& s = self(user);
    if (s.over_) return;
    s.finished_something_ = true;
    const std::string_view piece(text, static_cast<std::size_t>(length));
    if (s.open_.empty()) {  // between stanzas: white space keeps connections alive, anything else is a fault
      if (piece.find_first_not_of(" \t\r\n") != std::string_view::npos)
        s.fault("not-well-formed", "text between stanzas");
      return;
    }
    if (s.refused_) return;
    const Open& parent = s.open_.back();
    std::vector<Node>& children = parent.element->children;
    if (auto* last = parent.children == 0 ? nullptr : std::get_if<std::string>(&children[parent.children - 1].value))
      last->append(piece);
    else
      s.new_child<std::string>() = piece;
    s.check_size();
  }

  static void on_end(void* user, const char*) {
    Impl& s = self(user);
    if (s.over_) return;
    s.finished_something_ = true;
    const std::size_t depth = --s.depth_;
    s.scope_.leave(depth);
    if (depth < s.root_depth()) {
      s.over_ = true;
      s.out_->push_back(StreamEnd{});
      return;
    }
    if (!s.refused_) s.open_.back().element->children.resize(s.open_.back().children);
    if (depth > s.root_depth()) {
      if (!s.refused_) s.open_.pop_back();
      return;
    }
    s.check_size();
    if (s.refused_)
      s.out_->push_back(Refused{std::move(s.stanza_), std::move(*s.refused_)});
    else
      s.out_->push_back(std::move(s.stanza_));
    s.stanza_ = Element();
    s.open_.clear();
    s.refused_.reset();
  }

  void check_size() {
    if (!refused_ && position() + token_size() - stanza_began_ > limits_.bytes)
      refuse("larger than " + std::to_string(limits_.bytes) + " bytes");
  }

  static void on_doctype(void* user, const char*, const char*, const char*, int) {
    self(user).fault("restricted-xml", "a document type declaration");
  }
  static void on_comment(void* user, const char*) { self(user).fault("restricted-xml", "a comment"); }
  static void on_instruction(void* user, const char*, const char*) {
    self(user).fault("restricted-xml", "a processing instruction");
  }

  std::unique_ptr<XML_ParserStruct, ParserFree> parser_;
  XmlLimits limits_;
  bool document_;
  std::string default_ns_;  // of a document: what an unprefixed name means that no xmlns reaches
  XmlScope scope_;
  std::vector<StreamItem>* out_ = nullptr;
  bool over_ = false;
  bool finished_something_ = false;  // since the slice began
  bool over_attributes_ = false;
  std::string_view wrong_name_;  // a literal
  std::size_t unfinished_ = 0;   // bytes fed since expat last reported anything
  std::size_t depth_ = 0;
  Element stanza_;
  std::size_t stanza_began_ = 0;
  std::size_t elements_ = 0;
  std::vector<Open> open_;  // from the stanza down; parents do not move while a child is open
  std::optional<StanzaError> refused_;
};

XmlStreamReader::XmlStreamReader(const XmlLimits& limits) : impl_(std::make_unique<Impl>(limits)) {}
XmlStreamReader::~XmlStreamReader() = default;
XmlStreamReader::XmlStreamReader(XmlStreamReader&&) noexcept = default;
XmlStreamReader& XmlStreamReader::operator=(XmlStreamReader&&) noexcept = default;
void XmlStreamReader::feed(std::string_view bytes, std::vector<StreamItem>& out) { impl_->feed(bytes, out); }
void XmlStreamReader::reuse(Element&& old) { impl_->reuse(std::move(old)); }
void XmlStreamReader::set_limits(const XmlLimits& limits) { impl_->set_limits(limits); }

Result<Element> parse_xml(std::string_view text, const XmlLimits& limits, std::string_view default_ns) {
  if (text.size() > limits.bytes)
    return error(Condition::policy_violation, "larger than " + std::to_string(limits.bytes) + " bytes");
  XmlStreamReader::Impl reader(limits, default_ns);
  std::vector<StreamItem> items;
  reader.feed(text, items);
  reader.finish(items);
  Element* found = nullptr;
  for (StreamItem& item : items) {
    if (auto* fault = std::get_if<StreamFault>(&item))
      return error(fault->condition == "restricted-xml" ? Condition::not_acceptable : Condition::bad_request,
                   "XML " + fault->condition + ": " + fault->text);
    if (auto* refused = std::get_if<Refused>(&item)) return refused->error;
    if (auto* element = std::get_if<Element>(&item)) found = element;
  }
  if (!found) return error(Condition::bad_request, "no XML element");
  return std::move(*found);
}

}  // namespace ferry
