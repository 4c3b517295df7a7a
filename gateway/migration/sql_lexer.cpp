#include "gateway/migration/sql_lexer.h"

#include <array>

#include "translators/values/topic.h"

namespace ferry {
namespace {

constexpr std::size_t most_word_bytes = 200, most_comment_bytes = 200;

bool is_blank(int c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v'; }
bool is_word(int c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' || c >= 128;
}
char ascii_lower(int c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); }

int hex_digit(int c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// 0x80..0x9F of Windows-1252, which MySQL calls latin1; 0: not assigned.
constexpr std::array<std::uint16_t, 32> windows_1252{0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                     0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,   0x017D, 0x8F,
                                                     0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                     0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

// The four digits behind "\u" at text[at]; -1: none.
int unicode_escape(std::string_view text, std::size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return -1;
  int code = 0;
  for (std::size_t i = at + 2; i < at + 6; ++i) {
    const int digit = hex_digit(static_cast<unsigned char>(text[i]));
    if (digit < 0) return -1;
    code = code * 16 + digit;
  }
  return code;
}

std::string without_unicode_escapes(const std::string& text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const int code = unicode_escape(text, i);
    if (code < 0) {
      out += text[i++];
      continue;
    }
    i += 6;
    std::uint32_t whole = static_cast<std::uint32_t>(code);
    if (code >= 0xD800 && code < 0xDC00) {
      const int low = unicode_escape(text, i);
      if (low >= 0xDC00 && low < 0xE000) {
        whole = 0x10000U + ((whole - 0xD800U) << 10) + (static_cast<std::uint32_t>(low) - 0xDC00U);
        i += 6;
      }
    }
    append_utf8(out, whole >= 0xD800U && whole < 0xE000U ? 0xFFFDU : whole);
  }
  return out;
}

}  // namespace

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = ascii_lower(static_cast<unsigned char>(c));
  return out;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto add = [&](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xC0 | code >> 6);
    add(0x80 | (code & 63));
  } else if (code < 0x10000) {
    add(0xE0 | code >> 12);
    add(0x80 | (code >> 6 & 63));
    add(0x80 | (code & 63));
  } else {
    add(0xF0 | (code >> 18 & 7));
    add(0x80 | (code >> 12 & 63));
    add(0x80 | (code >> 6 & 63));
    add(0x80 | (code & 63));
  }
}

std::string from_windows_1252(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    append_utf8(out, byte >= 0x80 && byte < 0xA0 ? windows_1252[byte - 0x80U] : byte);
  }
  return out;
}

void set_charset(SqlLexer& lexer, std::string_view name) {
  const std::string n = lower(name);
  if (n.empty() || n.starts_with('@')) return;  // what it was before
  if (n == "default" || n == "binary" || n.find("utf") != std::string::npos || n == "unicode" || n == "sql_ascii" ||
      n == "ascii" || n == "us-ascii")
    lexer.charset = SqlCharset::utf8;
  else if (n == "latin1" || n == "win1252" || n == "cp1252" || n == "iso_8859_1" || n == "latin9")
    lexer.charset = SqlCharset::latin1;
  else {
    lexer.charset = SqlCharset::foreign;
    lexer.charset_name = n;
  }
}

void SqlLexer::learn(std::string_view comment) {
  const std::string text = lower(comment);
  const auto says = [&](std::string_view part) { return text.find(part) != std::string::npos; };
  if (dialect == SqlDialect::unknown) {
    if (says("postgresql"))
      dialect = SqlDialect::postgres;
    else if (says("mysql") || says("mariadb") || says("phpmyadmin") || text.starts_with("!"))
      dialect = SqlDialect::mysql;
  }
  if (!last_comment.empty() && says(last_comment)) complete = true;
  if (!text.starts_with("!")) return;  // /*!40101 SET NAMES utf8 */
  if (const std::size_t names = text.find("set names "); names != std::string::npos) {
    const std::size_t begin = text.find_first_not_of(" '", names + 10), end = text.find_first_of(" '*/;\r\n", begin);
    if (begin != std::string::npos)
      set_charset(*this, std::string_view(text).substr(begin, end == std::string::npos ? end : end - begin));
  }
}

// The opening has been taken: '-' and '#' to the end of the line, '*' to "*/".
void SqlLexer::comment(char kind) {
  const Place begin = in_.place();
  std::string text;
  int before = 0;
  while (true) {
    if (kind != '*' && in_.peek() == '\n') break;
    if (kind != '*' && by_lines() && escaped_blank()) break;
    const int c = in_.get();
    if (c == Input::end && kind == '*') cut_at = begin;
    if (c == Input::end || (kind == '*' && before == '*' && c == '/')) break;
    if (text.size() < most_comment_bytes) text += static_cast<char>(c);
    before = c;
  }
  learn(text);
}

// HSQLDB's log has the line feeds of CREATE TABLE, as somebody wrote it, as \u000a.
bool SqlLexer::escaped_blank() {
  if (in_.peek() != '\\' || in_.second() != 'u') return false;
  for (int i = 0; i < 6 && in_.peek() != '\n'; ++i) in_.get();
  return true;
}

void SqlLexer::blanks(bool lines) {
  while (true) {
    const int c = in_.peek();
    if (c == '\n' && !lines) return;
    if (is_blank(c)) {
      in_.get();
    } else if (c == '\\' && by_lines()) {
      if (!escaped_blank()) return;
    } else if (c == '#' && (dialect == SqlDialect::mysql || dialect == SqlDialect::unknown)) {
      comment('#');
    } else if (c == '-' || c == '/') {
      if (in_.second() != (c == '-' ? '-' : '*')) return;
      in_.get();
      in_.get();
      comment(c == '-' ? '-' : '*');
    } else {
      return;
    }
  }
}

void SqlLexer::rest_of_line() {
  for (int c = in_.get(); c != Input::end && c != '\n';) c = in_.get();
}

std::string SqlLexer::word() {
  std::string out;
  while (is_word(in_.peek())) {
    const int c = in_.get();
    if (out.size() < most_word_bytes) out += ascii_lower(c);
  }
  return out;
}

std::string SqlLexer::name(bool* quoted) {
  std::string out;
  while (true) {
    const int c = in_.peek();
    const bool is_quoted = c == '"' || c == '`' || c == '[';
    if (quoted) *quoted = is_quoted;
    if (is_quoted) {
      if (c == '`' && dialect == SqlDialect::unknown) dialect = SqlDialect::mysql;
      in_.get();
      out.clear();
      const int close = c == '[' ? ']' : c;
      for (int next = in_.get(); next != close && next != Input::end && next != '\n'; next = in_.get())
        if (out.size() < most_word_bytes) out += ascii_lower(next);
    } else {
      out = word();
    }
    if (in_.peek() != '.') return out;
    in_.get();
  }
}

bool SqlLexer::take(char c) {
  blanks(!by_lines());
  if (in_.peek() != c) return false;
  in_.get();
  return true;
}

bool SqlLexer::text(SqlValue& value, bool escapes) {
  const int quote = in_.get();
  value.kind = SqlValue::Kind::text;
  value.text.clear();
  const auto add = [&](int c) {
    if (value.text.size() < limits_.value_bytes)
      value.text += static_cast<char>(c);
    else
      value.kind = SqlValue::Kind::too_large;
  };
  while (true) {
    int c = in_.get();
    if (c == Input::end) return false;
    if (c == quote) {
      if (in_.peek() != quote) break;
      in_.get();
    } else if (c == '\\' && escapes) {
      c = in_.get();
      switch (c) {
        case Input::end:
          return false;
        case '0':
          c = 0;
          break;
        case 'b':
          c = '\b';
          break;
        case 'n':
          c = '\n';
          break;
        case 'r':
          c = '\r';
          break;
        case 't':
          c = '\t';
          break;
        case 'Z':
          c = 26;
          break;
        case 'x':  // PostgreSQL's E'…'; MySQL has no such escape
          if (dialect == SqlDialect::postgres && hex_digit(in_.peek()) >= 0) {
            c = hex_digit(in_.get());
            if (hex_digit(in_.peek()) >= 0) c = c * 16 + hex_digit(in_.get());
          }
          break;
        default:
          break;
      }
    }
    add(c);
  }
  if (value.kind == SqlValue::Kind::too_large)
    value.text.clear();
  else
    finish_text(value.text);
  return true;
}

void SqlLexer::finish_text(std::string& text) {
  if (dialect == SqlDialect::hsqldb && text.find("\\u") != std::string::npos) text = without_unicode_escapes(text);
  bool ascii = true;
  for (const char c : text) ascii = ascii && static_cast<unsigned char>(c) < 128;
  if (ascii) return;
  if (charset == SqlCharset::latin1) {
    text = from_windows_1252(text);
  } else if (!is_utf8(text)) {
    not_utf8 = true;
    text = from_windows_1252(text);
  }
}

bool SqlLexer::skip_text() {
  const Place begin = in_.place();
  const int quote = in_.get();
  const bool escapes = quote == '\'' && backslashes();
  while (true) {
    const int c = in_.get();
    if (c == Input::end) return cut_at = begin, false;
    if (c == '\\' && escapes)
      in_.get();
    else if (c == quote) {
      if (in_.peek() != quote) return true;
      in_.get();
    }
  }
}

// $tag$ … $tag$, of PostgreSQL's functions; the first $ is the next byte.
bool SqlLexer::dollar_quoted() {
  const Place begin = in_.place();
  std::string tag;
  in_.get();
  while (is_word(in_.peek()) && in_.peek() != '$' && tag.size() < most_word_bytes) tag += static_cast<char>(in_.get());
  if (in_.peek() != '$') return true;  // a parameter, $1
  in_.get();
  const std::string end = "$" + tag + "$";
  std::string last;
  while (last != end) {
    const int c = in_.get();
    if (c == Input::end) return cut_at = begin, false;
    last += static_cast<char>(c);
    if (last.size() > end.size()) last.erase(0, 1);
  }
  return true;
}

bool SqlLexer::skip_expression() {
  int depth = 0;
  while (true) {
    const int c = in_.peek();
    if (c == Input::end || (by_lines() && c == '\n')) return false;
    if (depth == 0 && (c == ',' || c == ')' || c == ';')) return c != ';';
    if (c == '\'' || c == '"' || c == '`') {
      if (!skip_text()) return false;
      continue;
    }
    if (c == '(') ++depth;
    if (c == ')') --depth;
    in_.get();
  }
}

void SqlLexer::skip_statement() {
  while (true) {
    const int c = in_.peek();
    if (c == Input::end) {
      unended = true;
      return;
    }
    if (c == ';' || (by_lines() && c == '\n')) {
      in_.get();
      return;
    }
    if (c == '\'' || c == '"' || c == '`') {
      if (!skip_text()) return;
    } else if (c == '$' && dialect == SqlDialect::postgres) {
      if (!dollar_quoted()) return;
    } else if (c == '-' || c == '/') {
      in_.get();
      if (in_.peek() == (c == '-' ? '-' : '*')) {
        in_.get();
        comment(c == '-' ? '-' : '*');
      }
    } else {
      in_.get();
    }
  }
}

// MySQL's client: until it is ";" again, there is a trigger or a procedure.
void SqlLexer::skip_delimited() {
  while (true) {
    std::string line;
    for (int c = in_.get(); c != '\n'; c = in_.get()) {
      if (c == Input::end) return;
      if (line.size() < 40 && c != '\r' && c != ' ') line += static_cast<char>(c);
    }
    if (lower(line) == "delimiter;" || line == ";") return;
  }
}

bool SqlLexer::at_end_of_statement() {
  blanks(!by_lines());
  const int c = in_.peek();
  if (c == ';' || (by_lines() && c == '\n')) {
    in_.get();
    return true;
  }
  if (c == Input::end) unended = true;
  return c == Input::end;
}

}  // namespace ferry
