#include "tools/ferry-replay/erlang_text.h"

#include <array>
#include <cstdint>

#include "tools/ferry-replay/import_parts.h"
#include "translators/values/topic.h"

namespace ferry::intake {
namespace {

constexpr std::size_t longest_text = 2 * limit::stanza;
constexpr std::string_view blanks = " \t\r";

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

void append_utf8(std::string& out, std::uint32_t c) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) return put(c);
  if (c < 0x800) return put(0xC0 | c >> 6), put(0x80 | (c & 0x3F));
  if (c < 0x10000) return put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
  put(0xF0 | (c >> 18 & 7)), put(0x80 | (c >> 12 & 0x3F)), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
}

// What stands behind a backslash; at: of that, moved past it.
std::uint32_t escaped(std::string_view text, std::size_t& at) {
  const char c = text[at++];
  if (c >= '0' && c <= '7') {
    std::uint32_t value = static_cast<std::uint32_t>(c - '0');
    for (int more = 0; more < 2 && at < text.size() && digit(text[at]) < 8; ++more)
      value = value * 8 + static_cast<std::uint32_t>(digit(text[at++]));
    return value;
  }
  if (c == 'x' && at < text.size() && text[at] == '{') {
    std::uint32_t value = 0;
    for (++at; at < text.size() && digit(text[at]) < 16 && value < 0x110000; ++at)
      value = value * 16 + static_cast<std::uint32_t>(digit(text[at]));
    if (at < text.size() && text[at] == '}') ++at;
    return value < 0x110000 ? value : 0xFFFD;
  }
  constexpr std::string_view names = "ntrebfvds", values = "\n\t\r\x1b\b\f\v\x7f ";
  const std::size_t i = names.find(c);
  return static_cast<unsigned char>(i == std::string_view::npos ? c : values[i]);
}

}  // namespace

namespace {

constexpr auto plain_bytes_of = [] {
  std::array<bool, 256> out{};
  for (std::size_t c = 0; c < 0x80; ++c) out[c] = c != '\\';
  return out;
}();
bool is_plain(char c) { return plain_bytes_of[static_cast<unsigned char>(c)]; }

// Each character as a byte. false: there is one that is none.
bool unescape_bytes(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t from = i;
    while (i < text.size() && is_plain(text[i])) ++i;
    out.append(text.substr(from, i - from));
    if (i == text.size()) break;
    const auto c = static_cast<unsigned char>(text[i]);
    if (i + 1 == text.size()) {
      if (c >= 0x80) return false;
      out += text[i++];
    } else if (c == '\\') {
      const std::uint32_t value = escaped(text, ++i);
      if (value > 0xFF) return false;
      out += static_cast<char>(value);
    } else if (c == 0xC2 || c == 0xC3) {  // U+0080 to U+00FF
      out += static_cast<char>(static_cast<unsigned>(c & 3) << 6 | (static_cast<unsigned char>(text[i + 1]) & 0x3F));
      i += 2;
    } else {
      return false;
    }
  }
  return true;
}

// Each as what it is.
void unescape_characters(std::string_view text, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t from = i;
    while (i < text.size() && (text[i] != '\\' || i + 1 == text.size()))
      i += text[i] == '\xC2' || text[i] == '\xC3' ? 2 : 1;
    out.append(text.substr(from, i - from));
    if (i < text.size()) append_utf8(out, escaped(text, ++i));
  }
}

}  // namespace

void erlang_unescape(std::string_view text, bool utf8, std::string& out) {
  if (utf8 || !unescape_bytes(text, out) || !is_utf8(out)) unescape_characters(text, out);
}

void ErlangText::begin(std::string_view first) {
  text_.clear();
  whole_ = too_long_ = utf8_ = quoted_ = false;
  first = trim(first);
  if (first.starts_with("<<\"")) {
    kind_ = Kind::binary;
    return part(first.substr(3));
  }
  if (first.starts_with("<<")) {
    kind_ = Kind::numbers;
    return numbers(first.substr(2));
  }
  if (first.starts_with('"')) {
    kind_ = Kind::list;
    return part(first.substr(1));
  }
  kind_ = Kind::bare;
  text_ = first;
  whole_ = true;
}

void ErlangText::bound() {
  if (text_.size() > longest_text) whole_ = too_long_ = true;
}

void ErlangText::more(std::string_view line, bool begins) {
  if (whole_) return;
  if (kind_ == Kind::numbers) return numbers(line);
  const std::string_view next = trim(line);
  if (quoted_ && begins && next.starts_with('"')) {  // "abc" and on the next line "def"
    quoted_ = false;
    return part(next.substr(1));
  }
  if (quoted_) text_ += '"';
  if (begins) text_ += '\n';
  quoted_ = false;
  part(line);
}

// The end is the last one of the line: copied by hand, quotes inside may have lost their backslashes.
void ErlangText::part(std::string_view text) {
  const std::string_view end = trim(text);
  for (const std::string_view mark :
       {std::string_view("\">>"), std::string_view("\"/utf8>>"), std::string_view("\"")}) {
    if (!end.ends_with(mark) || (mark.size() == 1) != (kind_ == Kind::list)) continue;
    utf8_ = mark.size() > 3;
    text = text.substr(0, text.find_last_not_of(blanks) + 1 - mark.size());
    whole_ = true;
    break;
  }
  if (!whole_ && end.ends_with('"')) {
    quoted_ = true;
    text = text.substr(0, text.rfind('"'));
  }
  text_ += text;
  bound();
}

void ErlangText::numbers(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '>') {
      whole_ = true;
      return;
    }
    unsigned value = 0;
    const std::size_t from = i;
    for (; i < text.size() && i < from + 4 && digit(text[i]) < 10; ++i)
      value = value * 10 + static_cast<unsigned>(digit(text[i]));
    if (i == from)
      ++i;  // a comma or a space
    else
      text_ += static_cast<char>(value & 0xFF);
  }
  bound();
}

std::string_view ErlangText::take() {
  if (kind_ != Kind::binary && kind_ != Kind::list) return text_;
  erlang_unescape(text_, utf8_, unescaped_);
  return unescaped_;
}

}  // namespace ferry::intake
