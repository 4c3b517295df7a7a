#include "gateway/migration/sql_values.h"

#include "translators/values/base64.h"

namespace ferry {
namespace {

constexpr int most_replacements = 8;  // SQLite writes two: of line feed and of carriage return

class SqlValueReader {
 public:
  SqlValueReader(Input& input, SqlLexer& lexer, const SqlLimits& limits) : in_(input), lex_(lexer), limits_(limits) {}

  bool read(SqlValue& value, int depth = 0) {
    value.text.clear();
    const int c = in_.peek();
    if (c == '\'') return lex_.text(value, lex_.backslashes()) && cast();
    if (c == '"' && lex_.dialect == SqlDialect::mysql) return lex_.text(value, true) && cast();
    if (c == '-' || c == '+' || c == '.' || (c >= '0' && c <= '9')) return number(value);
    const std::string word = lex_.word();
    if (in_.peek() == '\'') {  // E'…', N'…', X'…', _utf8mb4'…'
      if (!lex_.text(value, word != "x" && (word == "e" || lex_.backslashes()))) return false;
      if (word == "x") from_hexadecimal(value, 0);
      return cast();
    }
    if (word == "null") {
      value.kind = SqlValue::Kind::null;
      return cast();
    }
    if (word == "true" || word == "false") {
      value.kind = SqlValue::Kind::text;
      value.text = word == "true" ? "1" : "0";
      return cast();
    }
    if (word.starts_with('_')) {  // MySQL: _binary '…'
      lex_.blanks();
      if (in_.peek() == '\'') return lex_.text(value, lex_.backslashes()) && cast();
    }
    if (word == "unistr" && unistr(value)) return cast();
    if (word == "replace" && depth < most_replacements && replaced(value, depth)) return cast();
    value.kind = SqlValue::Kind::other;
    value.text.clear();
    return lex_.skip_expression();
  }

 private:
  // 'x'::text: the type says nothing new. 'a' || 'b' would lose its second half; no dump has it.
  bool cast() {
    if (in_.peek() == ',' || in_.peek() == ')') return true;
    return lex_.skip_expression();
  }

  bool number(SqlValue& value) {
    value.kind = SqlValue::Kind::text;
    while (in_.peek() != Input::end &&
           std::string_view(" \t\r\n,):;").find(static_cast<char>(in_.peek())) == std::string_view::npos) {
      const int c = in_.get();
      if (value.text.size() < 2 * limits_.value_bytes + 2)
        value.text += static_cast<char>(c);
      else
        value.kind = SqlValue::Kind::too_large;
    }
    // Navicat for Mac writes texts so.
    if (value.text.starts_with("0x") || value.text.starts_with("0X")) from_hexadecimal(value, 2);
    if (value.kind == SqlValue::Kind::too_large) value.text.clear();
    return cast();
  }

  void from_hexadecimal(SqlValue& value, std::size_t begin) {
    if (value.kind != SqlValue::Kind::text) return;
    auto bytes = from_hex(std::string_view(value.text).substr(begin));
    if (!bytes) {
      value.kind = SqlValue::Kind::other;
      value.text.clear();
      return;
    }
    value.text = std::move(*bytes);
    lex_.finish_text(value.text);
  }

  // SQLite's .dump since 3.50: unistr('a\u000ab'), a back-slash is two.
  bool unistr(SqlValue& value) {
    if (!lex_.take('(')) return false;
    lex_.blanks();
    if (in_.peek() != '\'' || !lex_.text(value, false) || !lex_.take(')')) return false;
    std::string out;
    for (std::size_t at = 0; at < value.text.size(); ++at) {
      const std::string_view rest = std::string_view(value.text).substr(at);
      const std::size_t digits = rest.starts_with("\\u") ? 4 : rest.starts_with("\\U") ? 8 : 0;
      const auto code = digits > 0 && rest.size() >= 2 + digits ? from_hex(rest.substr(2, digits)) : std::nullopt;
      if (code) {
        std::uint32_t whole = 0;
        for (const char byte : *code) whole = whole << 8 | static_cast<unsigned char>(byte);
        append_utf8(out, whole < 0x110000U && (whole < 0xD800U || whole >= 0xE000U) ? whole : 0xFFFDU);
        at += 1 + digits;
      } else {
        out += rest[0];
        if (rest.starts_with("\\\\")) ++at;
      }
    }
    value.text = std::move(out);
    return true;
  }

  // SQLite's .dump: replace('a\nb','\n',char(10)), and within one another.
  bool replaced(SqlValue& value, int depth) {
    SqlValue mark, code;
    if (!lex_.take('(')) return false;
    lex_.blanks();
    if (!read(value, depth + 1) || !lex_.take(',')) return false;
    lex_.blanks();
    if (in_.peek() != '\'' || !lex_.text(mark, false) || !lex_.take(',')) return false;
    lex_.blanks();
    if (lex_.word() != "char" || !lex_.take('(')) return false;
    lex_.blanks();
    if (!number(code) || !lex_.take(')') || !lex_.take(')')) return false;
    if (mark.text.empty() || (code.text != "10" && code.text != "13")) return false;
    const char c = code.text == "10" ? '\n' : '\r';
    std::string out;
    for (std::size_t at = 0; at < value.text.size();) {
      const std::size_t next = value.text.find(mark.text, at);
      out.append(value.text, at, next == std::string::npos ? next : next - at);
      if (next == std::string::npos) break;
      out += c;
      at = next + mark.text.size();
    }
    value.text = std::move(out);
    return true;
  }

  Input& in_;
  SqlLexer& lex_;
  const SqlLimits& limits_;
};

// What stands behind a back-slash in COPY; c is its first character, more are taken.
int copy_escape(Input& input, int c) {
  constexpr std::string_view letters = "bfnrtv", meanings = "\b\f\n\r\t\v";
  if (c != Input::end)
    if (const std::size_t which = letters.find(static_cast<char>(c)); which != std::string_view::npos)
      return meanings[which];
  if (c < '0' || c > '7') return c;
  int code = c - '0';
  for (int i = 0; i < 2 && input.peek() >= '0' && input.peek() <= '7'; ++i) code = code * 8 + (input.get() - '0');
  return code & 255;
}

}  // namespace

bool read_sql_value(Input& input, SqlLexer& lexer, const SqlLimits& limits, SqlValue& value) {
  return SqlValueReader(input, lexer, limits).read(value);
}

bool read_condition_value(Input& input, SqlLexer& lexer, SqlValue& value) {
  if (input.peek() == '\'') return lexer.text(value, false);
  value.kind = SqlValue::Kind::text;
  value.text.clear();
  while (input.peek() != Input::end &&
         std::string_view("0123456789-+.eE").find(static_cast<char>(input.peek())) != std::string_view::npos)
    value.text += static_cast<char>(input.get());
  return true;
}

int read_copy_value(Input& input, SqlLexer& lexer, const SqlLimits& limits, SqlValue& value, bool wanted, bool* ended) {
  value.kind = SqlValue::Kind::text;
  value.text.clear();
  int c = 0;
  bool escaped = false;
  for (c = input.get(); c != '\t' && c != '\n' && c != Input::end; c = input.get()) {
    if (c == '\\') {
      c = input.get();
      if (c == '.' && ended && value.text.empty() && !escaped) {
        *ended = true;
        lexer.rest_of_line();
        return c;
      }
      if (c == 'N' && value.text.empty() && !escaped &&
          (input.peek() == '\t' || input.peek() == '\n' || input.peek() == '\r'))
        value.kind = SqlValue::Kind::null;
      c = copy_escape(input, c);
      escaped = true;
    }
    if (!wanted || value.kind != SqlValue::Kind::text || c == Input::end) continue;
    if (value.text.size() < limits.value_bytes)
      value.text += static_cast<char>(c);
    else
      value.kind = SqlValue::Kind::too_large;
  }
  if (c != '\t' && !value.text.empty() && value.text.back() == '\r' && !escaped) value.text.pop_back();
  if (value.kind != SqlValue::Kind::text) value.text.clear();
  if (wanted) lexer.finish_text(value.text);
  return c;
}

}  // namespace ferry
