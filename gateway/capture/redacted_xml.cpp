#include "gateway/capture/redacted_xml.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "gateway/capture/alphabets.h"

namespace ferry {
namespace {

constexpr XmlLimits capture_limits{4U << 20, 256, 262'144, 256};
constexpr std::string_view cdata_begin = "<![CDATA[", cdata_end = "]]>";

// A character as it stands in the text: "&amp;" is one, "a" is one.
struct Standing {
  char32_t character = 0;
  std::string_view raw;
};

char32_t referred(std::string_view name) {
  if (name == "lt") return U'<';
  if (name == "gt") return U'>';
  if (name == "amp") return U'&';
  if (name == "apos") return U'\'';
  if (name == "quot") return U'"';
  if (name.size() < 2 || name[0] != '#') return 0;
  const bool hex = name[1] == 'x';
  std::uint32_t number = 0;
  std::from_chars(name.data() + (hex ? 2 : 1), name.data() + name.size(), number, hex ? 16 : 10);
  return number;
}

// The one at this place, which moves on behind it.
Standing next_standing(std::string_view raw, std::size_t& at) {
  const std::size_t from = at;
  if (raw[at] != '&') {
    const char32_t c = next_utf8(raw, at);
    return {c, raw.substr(from, at - from)};
  }
  at = std::min(raw.find(';', at), raw.size() - 1) + 1;
  return {referred(raw.substr(from + 1, at - from - 2)), raw.substr(from, at - from)};
}

void append_standing(std::string& out, std::string_view raw) {
  for (std::size_t at = 0; at < raw.size();) {
    const std::size_t plain = std::min(raw.find('&', at), raw.size());
    out.append(raw.substr(at, plain - at));
    at = plain;
    if (at < raw.size()) append_utf8(out, next_standing(raw, at).character);
  }
}

constexpr std::array<bool, 256> marks = [] {
  std::array<bool, 256> out{};
  for (const char c : {'&', '<', '>', '\'', '"'}) out[static_cast<unsigned char>(c)] = true;
  return out;
}();
bool is_mark(char c) { return marks[static_cast<unsigned char>(c)]; }
bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// What stood as raw is value now: with the old one's escapes where a character is the same.
void put_characters(std::string& out, std::string_view raw, std::string_view value) {
  const std::size_t begin = out.size();
  std::size_t at = 0, now = 0;
  while (at < raw.size() && now < value.size()) {
    const std::size_t from = now;
    const Standing old = next_standing(raw, at);
    if (next_utf8(value, now) == old.character)
      out.append(old.raw);
    else
      append_escaped(out, value.substr(from, now - from));
  }
  if (at >= raw.size() && now >= value.size()) return;
  out.resize(begin);  // more characters or fewer: none of them is where it was
  append_escaped(out, value);
}

}  // namespace

bool XmlRewriter::rewrite(std::string_view xml, const Element* read, std::string& out) {
  std::optional<Element> own;
  if (!read) {
    auto parsed = parse_xml(xml, capture_limits);
    if (!parsed) return false;
    read = &own.emplace(std::move(*parsed));
  }
  xml_ = xml;
  root_ = read;
  out_ = &out;
  at_ = copied_ = 0;
  begun_ = false;
  path_.clear();
  next_.clear();
  out.clear();
  out.reserve(xml.size() + 64);
  while (at_ < xml_.size()) {
    const std::size_t tag = std::min(xml_.find('<', at_), xml_.size());
    if (!text(at_, tag)) return false;
    at_ = tag;
    if (at_ < xml_.size() && !markup()) return false;
  }
  out.append(xml_.substr(copied_));
  return path_.empty() && begun_;
}

bool XmlRewriter::markup() {
  const char next = at_ + 1 < xml_.size() ? xml_[at_ + 1] : '\0';
  if (next == '/') return leave() && skip_to(xml_.find('>', at_));
  if (next == '?') return !begun_ && skip_to(xml_.find('>', at_));  // the XML declaration
  return next == '!' ? cdata() : start_tag();
}

bool XmlRewriter::skip_to(std::size_t last) {
  if (last == std::string_view::npos) return false;
  at_ = last + 1;
  return true;
}

bool XmlRewriter::leave() {
  if (path_.empty()) return false;
  path_.pop_back();
  next_.pop_back();
  return true;
}

const Element* XmlRewriter::next_element() {
  if (path_.empty()) return std::exchange(begun_, true) ? nullptr : root_;
  const std::vector<Node>& children = path_.back()->children;
  for (std::size_t& i = next_.back(); i < children.size();)
    if (const Element* found = children[i++].element()) return found;
  return nullptr;
}

bool XmlRewriter::start_tag() {
  const Element* element = next_element();
  if (!element) return false;
  path_.push_back(element);
  next_.push_back(0);
  const std::size_t size = xml_.size();
  std::size_t i = at_ + 1, number = 0;
  const auto name = [&](std::size_t from) {
    while (i < size && xml_[i] != '=' && xml_[i] != '>' && !is_blank(xml_[i])) ++i;
    return xml_.substr(from, i - from);
  };
  std::string_view own = name(i);
  if (own.ends_with('/')) own.remove_suffix(1);
  if (!own.ends_with(element->name)) return false;
  for (;;) {
    while (i < size && is_blank(xml_[i])) ++i;
    const std::string_view attr = name(i);
    while (i < size && xml_[i] != '=' && xml_[i] != '>') ++i;
    if (i == size) return false;
    if (xml_[i] == '>') {
      if (xml_[i - 1] == '/') leave();
      return number == element->attrs.size() && skip_to(i);
    }
    while (i < size && xml_[i] != '\'' && xml_[i] != '"') ++i;
    const std::size_t end = i == size ? std::string_view::npos : xml_.find(xml_[i], i + 1);
    if (end == std::string_view::npos) return false;
    const bool declares = attr.starts_with("xmlns") && (attr.size() == 5 || attr[5] == ':');
    if (!declares && (number == element->attrs.size() || !attribute(element->attrs[number++], attr, i + 1, end)))
      return false;
    i = end + 1;
  }
}

bool XmlRewriter::attribute(const Attr& attr, std::string_view name, std::size_t begin, std::size_t end) {
  if (!name.ends_with(attr.name)) return false;
  value_.clear();
  if (values_.attr(path_, attr, value_)) replace(begin, end);
  return true;
}

bool XmlRewriter::cdata() {
  const std::size_t end = xml_.find(cdata_end, at_);
  if (xml_.substr(at_, cdata_begin.size()) != cdata_begin || end == std::string_view::npos || path_.empty())
    return false;
  const std::size_t begin = at_ + cdata_begin.size();
  const std::string_view old = xml_.substr(begin, end - begin);
  out_->append(xml_.substr(copied_, at_ - copied_));
  value_.clear();
  append_escaped(*out_, values_.text(path_, old, value_) ? value_ : old);
  at_ = copied_ = end + cdata_end.size();
  return true;
}

bool XmlRewriter::text(std::size_t begin, std::size_t end) {
  if (begin == end) return true;
  std::string_view text = xml_.substr(begin, end - begin);
  if (path_.empty()) return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
  if (text.find('&') != std::string_view::npos) {
    decoded_.clear();
    append_standing(decoded_, text);
    text = decoded_;
  }
  value_.clear();
  if (values_.text(path_, text, value_)) replace(begin, end);
  return true;
}

// What stands there by the new value.
void XmlRewriter::replace(std::size_t begin, std::size_t end) {
  out_->append(xml_.substr(copied_, begin - copied_));
  copied_ = end;
  put(xml_.substr(begin, end - begin));
}

void XmlRewriter::put(std::string_view raw) {
  // Of equal size, as nearly all are: punctuation has stayed where it was, and could stand there.
  const bool equal = raw.size() == value_.size();
  bool fits = raw.find('&') == std::string_view::npos;
  for (std::size_t i = 0; i < value_.size() && fits; ++i) fits = !is_mark(value_[i]) || (equal && value_[i] == raw[i]);
  if (fits)
    out_->append(value_);
  else
    put_characters(*out_, raw, value_);
}

}  // namespace ferry
