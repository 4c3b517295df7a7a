#include "gateway/capture/redacted_xml.h"

#include <algorithm>
#include <charconv>

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

std::vector<Standing> standing_characters(std::string_view raw) {
  std::vector<Standing> out;
  for (std::size_t i = 0; i < raw.size();) {
    std::size_t length = 1;
    char32_t c = 0;
    if (raw[i] == '&') {
      length = std::min(raw.find(';', i), raw.size() - 1) - i + 1;
      c = referred(raw.substr(i + 1, length - 2));
    } else {
      while (i + length < raw.size() && (static_cast<unsigned char>(raw[i + length]) & 0xC0) == 0x80) ++length;
      c = decode_utf8(raw.substr(i, length)).front();
    }
    out.push_back({c, raw.substr(i, length)});
    i += length;
  }
  return out;
}

// One instance is one text being rewritten, beside its elements in the order of the document.
class XmlRewriter {
 public:
  XmlRewriter(std::string_view xml, const Element& root, const XmlValues& values)
      : xml_(xml), root_(root), values_(values) {
    out_.reserve(xml.size() + 64);
  }

  std::optional<std::string> run() {
    while (at_ < xml_.size()) {
      const std::size_t tag = std::min(xml_.find('<', at_), xml_.size());
      text(xml_.substr(at_, tag - at_));
      at_ = tag;
      if (at_ == xml_.size()) break;
      if (!markup()) return std::nullopt;
    }
    if (!path_.empty() || !begun_) return std::nullopt;
    return std::move(out_);
  }

 private:
  bool markup() {
    const std::string_view rest = xml_.substr(at_);
    if (rest.substr(0, 2) == "</") {
      if (path_.empty()) return false;
      path_.pop_back();
      next_.pop_back();
      return copy_to(xml_.find('>', at_));
    }
    if (rest.substr(0, 2) == "<?") return copy_to(xml_.find('>', at_));
    if (rest.substr(0, cdata_begin.size()) == cdata_begin) {
      const std::size_t end = xml_.find(cdata_end, at_);
      if (end == std::string_view::npos || path_.empty()) return false;
      const std::size_t begin = at_ + cdata_begin.size();
      append_escaped(out_, values_.text(path_, xml_.substr(begin, end - begin)));
      at_ = end + cdata_end.size();
      return true;
    }
    return rest.substr(0, 2) != "<!" && start_tag();
  }

  bool copy_to(std::size_t last) {
    if (last == std::string_view::npos) return false;
    out_.append(xml_.substr(at_, last + 1 - at_));
    at_ = last + 1;
    return true;
  }

  const Element* next_element() {
    if (path_.empty()) return std::exchange(begun_, true) ? nullptr : &root_;
    const std::vector<Node>& children = path_.back()->children;
    for (std::size_t& i = next_.back(); i < children.size();)
      if (const Element* found = children[i++].element()) return found;
    return nullptr;
  }

  bool start_tag() {
    const Element* element = next_element();
    if (!element) return false;
    path_.push_back(element);
    next_.push_back(0);
    std::size_t number = 0;
    for (;;) {
      const std::size_t stop = xml_.find_first_of("=>", at_);
      if (stop == std::string_view::npos) return false;
      if (xml_[stop] == '>') {
        if (xml_[stop - 1] == '/') {
          path_.pop_back();
          next_.pop_back();
        }
        return number == element->attrs.size() && copy_to(stop);
      }
      const std::size_t quote = xml_.find_first_of("'\"", stop);
      const std::size_t end = quote == std::string_view::npos ? quote : xml_.find(xml_[quote], quote + 1);
      if (end == std::string_view::npos) return false;
      const std::string_view name = attribute_name(xml_.substr(at_, stop - at_));
      if (name == "xmlns" || name.substr(0, 6) == "xmlns:") {
        copy_to(end);
        continue;
      }
      if (number == element->attrs.size()) return false;
      const Attr& attr = element->attrs[number++];
      copy_to(quote);
      put(xml_.substr(quote + 1, end - quote - 1), values_.attr(path_, attr));
      at_ = end;
      copy_to(end);
    }
  }

  static std::string_view attribute_name(std::string_view text) {  // of "<element name " or " name "
    const std::size_t last = text.find_last_not_of(" \t\r\n");
    const std::size_t before = text.find_last_of(" \t\r\n", last);
    return text.substr(before + 1, last - before);
  }

  void text(std::string_view raw) {
    if (raw.empty()) return;
    if (path_.empty()) {
      out_.append(raw);
      return;
    }
    if (raw.find('&') == std::string_view::npos) return put(raw, values_.text(path_, raw));
    std::string decoded;
    for (const Standing& s : standing_characters(raw)) append_utf8(decoded, s.character);
    put(raw, values_.text(path_, decoded));
  }

  // The new value in place of what stands there, with the old one's escapes where a character is the same.
  void put(std::string_view raw, const std::string& value) {
    if (raw.find('&') == std::string_view::npos && value.find_first_of("&<>'\"") == std::string::npos) {
      out_.append(value);
      return;
    }
    const std::vector<Standing> old = standing_characters(raw);
    const std::u32string now = decode_utf8(value);
    if (now.size() != old.size()) return append_escaped(out_, value);
    for (std::size_t i = 0; i < now.size(); ++i) {
      if (now[i] == old[i].character) {
        out_.append(old[i].raw);
        continue;
      }
      std::string character;
      append_utf8(character, now[i]);
      append_escaped(out_, character);
    }
  }

  std::string_view xml_;
  const Element& root_;
  const XmlValues& values_;
  std::size_t at_ = 0;
  bool begun_ = false;
  ElementPath path_;
  std::vector<std::size_t> next_;  // of each on the path: the child to go on with
  std::string out_;
};

}  // namespace

std::optional<std::string> rewrite_xml(std::string_view xml, const XmlValues& values) {
  const auto root = parse_xml(xml, capture_limits);
  if (!root) return std::nullopt;
  return XmlRewriter(xml, *root, values).run();
}

}  // namespace ferry
