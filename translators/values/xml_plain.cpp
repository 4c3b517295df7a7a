#include "translators/values/xml_plain.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

namespace ferry {
namespace {

constexpr std::size_t npos = std::string_view::npos;
constexpr std::size_t most_attributes = 24;  // each is compared with each
constexpr std::size_t kept_memory = 16'384;  // bytes of a stanza; what a larger one took is not kept for the next

enum Mark : std::uint8_t { name_begins = 1, name_goes_on = 2, ends_value = 4 };
constexpr std::array<std::uint8_t, 256> marks_of = [] {
  std::array<std::uint8_t, 256> out{};
  const auto add = [&](char c, std::uint8_t marks) { out[static_cast<unsigned char>(c)] |= marks; };
  for (char c = 'a'; c <= 'z'; ++c) add(c, name_begins | name_goes_on);
  for (char c = 'A'; c <= 'Z'; ++c) add(c, name_begins | name_goes_on);
  for (char c = '0'; c <= '9'; ++c) add(c, name_goes_on);
  add('_', name_begins | name_goes_on);
  for (const char c : {'-', '.'}) add(c, name_goes_on);
  for (const char c : {'<', '\'', '"'}) add(c, ends_value);
  return out;
}();
bool is_marked(char c, Mark mark) { return (marks_of[static_cast<unsigned char>(c)] & mark) != 0; }
bool is_tag_blank(char c) { return c == ' ' || c == '\n' || c == '\t'; }

// Are there neither control characters nor any beyond ASCII, as nearly always? It may say no where there are none.
bool surely_plain(std::string_view text) {
  constexpr std::uint64_t ones = 0x0101010101010101U, tops = 0x80 * ones;
  std::size_t i = 0;
  std::uint64_t found = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, sizeof word);
    found |= word | (word - ' ' * ones);
  }
  bool rest = true;
  for (; i < text.size(); ++i) rest = rest && text[i] >= ' ';
  return rest && (found & tops) == 0;
}

}  // namespace

Element* PlainXmlReader::read(std::string_view xml) {
  xml_ = xml;
  at_ = elements_ = 0;
  open_.clear();
  scope_.leave(0);
  if (xml.size() > limits_.bytes || xml.find("]]>") != npos) return nullptr;
  controls_ = false;
  if (!surely_plain(xml)) {
    if (xml.find('\r') != npos || !is_xml_text(xml)) return nullptr;
    controls_ = true;
  }
  references_ = xml.find('&') != npos;
  if (std::exchange(last_size_, xml.size()) > kept_memory) root_ = Element();
  while (at_ < xml_.size())
    if (xml_[at_] != '<' ? !text() : xml_.substr(at_, 2) == "</" ? !end_tag() : !start_tag()) return nullptr;
  return elements_ != 0 && open_.empty() ? &root_ : nullptr;
}

// With its prefix, if it has one; empty: none that is plain.
std::string_view PlainXmlReader::name() {
  const std::size_t from = at_, size = xml_.size();
  for (int parts = 0; parts < 2; ++parts) {
    if (at_ == size || !is_marked(xml_[at_], name_begins)) return {};
    while (at_ < size && is_marked(xml_[at_], name_goes_on)) ++at_;
    if (at_ == size || xml_[at_] != ':' || parts == 1) break;
    ++at_;
  }
  return at_ < size && xml_[at_] != ':' ? xml_.substr(from, at_ - from) : std::string_view();
}

// Up to the '>' or "/>".
bool PlainXmlReader::attributes() {
  given_.clear();
  const std::size_t size = xml_.size();
  for (;;) {
    const std::size_t before = at_;
    while (at_ < size && is_tag_blank(xml_[at_])) ++at_;
    if (at_ == size) return false;
    if (xml_[at_] == '>' || xml_[at_] == '/') return true;
    if (at_ == before || given_.size() == most_attributes) return false;
    Given one;
    one.name = name();
    if (one.name.empty() || at_ + 2 > size || xml_[at_] != '=') return false;
    const char quote = xml_[++at_];
    if (quote != '\'' && quote != '"') return false;
    const std::size_t from = ++at_;
    while (at_ < size && (!is_marked(xml_[at_], ends_value) || (xml_[at_] != quote && xml_[at_] != '<'))) ++at_;
    if (at_ == size || xml_[at_] == '<') return false;
    one.value = xml_.substr(from, at_++ - from);
    if (controls_ && std::any_of(one.value.begin(), one.value.end(), [](char c) { return c >= 0 && c < ' '; }))
      return false;  // would become a blank
    for (const Given& old : given_)
      if (old.name == one.name) return false;
    if (one.name.front() == 'x') one.declares = XmlScope::declared(one.name);
    given_.push_back(one);
  }
}

bool PlainXmlReader::start_tag() {
  if (elements_ != 0 && open_.empty()) return false;  // a second one
  ++at_;
  const std::string_view own = name();
  if (own.empty() || !attributes() || given_.size() > limits_.attributes) return false;
  if (++elements_ > limits_.elements || open_.size() == limits_.depth) return false;
  Element& element = elements_ == 1 ? root_ : new_child<Element>();
  open_.push_back({&element, own, 0});
  if (!make(element, own)) return false;
  const bool empty = xml_[at_] == '/';
  at_ += empty ? 2 : 1;
  if (at_ > xml_.size() || xml_[at_ - 1] != '>') return false;
  return !empty || close();
}

// Whatever the element was before; but its children stay.
bool PlainXmlReader::make(Element& e, std::string_view name) {
  const QName q(name);
  e.name = q.local;
  e.prefix = q.prefix;
  e.decls.clear();
  std::size_t ordinary = given_.size();
  for (const Given& one : given_) {
    if (!one.declares) continue;
    --ordinary;
    if (one.value.find('&') != npos || !scope_.declare(*one.declares, one.value, open_.size() - 1).empty())
      return false;
    if (!one.declares->empty() || !e.prefix.empty())
      e.decls.push_back({std::string(*one.declares), std::string(stanza_namespace(one.value))});
  }
  const std::string* uri = scope_.uri(q.prefix);
  if (!q.good || (!uri && !q.prefix.empty())) return false;
  e.ns = uri ? stanza_namespace(*uri) : std::string_view();
  e.attrs.resize(ordinary);
  std::size_t at = 0;
  return std::all_of(given_.begin(), given_.end(),
                     [&](const Given& one) { return one.declares || set_attribute(e, at++, one); });
}

bool PlainXmlReader::set_attribute(Element& e, std::size_t at, const Given& given) {
  const QName q(given.name);
  Attr& added = e.attrs[at];
  added.name = q.local;
  added.prefix = q.prefix;
  added.ns.clear();
  if (references_) {
    added.value.clear();
    if (!decode(given.value, added.value)) return false;
  } else {
    added.value = given.value;
  }
  if (q.prefix.empty()) return q.good;
  const std::string* uri = scope_.uri(q.prefix);
  if (!q.good || !uri) return false;
  added.ns = *uri;
  return std::none_of(e.attrs.data(), &added, [&](const Attr& a) { return a.ns == added.ns && a.name == added.name; });
}

bool PlainXmlReader::end_tag() {
  if (open_.empty()) return false;
  const std::string_view own = open_.back().name, rest = xml_.substr(at_ + 2);
  if (rest.size() <= own.size() || !rest.starts_with(own) || rest[own.size()] != '>') return false;
  at_ += 2 + own.size() + 1;
  return close();
}

bool PlainXmlReader::close() {
  open_.back().element->children.resize(open_.back().children);
  scope_.leave(open_.size() - 1);
  open_.pop_back();
  return true;
}

bool PlainXmlReader::text() {
  if (open_.empty()) return false;
  const std::size_t end = xml_.find('<', at_);
  if (end == npos) return false;
  const std::string_view raw = xml_.substr(at_, end - at_);
  at_ = end;
  auto& out = new_child<std::string>();
  if (!references_) return out = raw, true;
  out.clear();
  return decode(raw, out);
}

bool PlainXmlReader::decode(std::string_view raw, std::string& out) {
  static constexpr std::array<std::pair<std::string_view, char>, 5> references{
      {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}}};
  for (std::size_t mark = raw.find('&'); mark != npos; mark = raw.find('&')) {
    out.append(raw.substr(0, mark));
    raw.remove_prefix(mark);
    const auto* const found =
        std::find_if(references.begin(), references.end(), [&](const auto& one) { return raw.starts_with(one.first); });
    if (found == references.end()) return false;
    out += found->second;
    raw.remove_prefix(found->first.size());
  }
  out.append(raw);
  return true;
}

// One more child of the innermost open element: what was there before, or nothing of that kind.
template <class Kind>
Kind& PlainXmlReader::new_child() {
  Open& parent = open_.back();
  std::vector<Node>& children = parent.element->children;
  if (parent.children == children.size()) children.emplace_back();
  auto& value = children[parent.children++].value;
  Kind* const old = std::get_if<Kind>(&value);
  return old ? *old : value.template emplace<Kind>();
}

}  // namespace ferry
