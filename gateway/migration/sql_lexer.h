// The words of SQL, in the dialects of the dumps: blanks and comments, names, texts. For sql_reader.cpp.
#pragma once

#include <string>
#include <string_view>

#include "gateway/migration/input.h"
#include "gateway/migration/sql_reader.h"

namespace ferry {

enum class SqlDialect : std::uint8_t { unknown, mysql, postgres, hsqldb, sqlite };
enum class SqlCharset : std::uint8_t { utf8, latin1, foreign };

class SqlLexer {
 public:
  SqlLexer(Input& input, const SqlLimits& limits) : in_(input), limits_(limits) {}

  // Blanks and comments. HSQLDB: the end of a line is the end of a statement, so it may have to stay.
  void blanks(bool lines = true);
  void rest_of_line();
  std::string word();  // [A-Za-z0-9_$ and beyond ASCII], lower case; empty: there is none. At most 200 bytes are kept
  // A name: quoted or not, the last of several with dots; lower case. quoted: was it?
  std::string name(bool* quoted = nullptr);
  bool take(char c);  // is it the next, after blanks?
  // A text whose opening quote is the next byte; false: no end. value: empty and too_large over the limit.
  bool text(SqlValue& value, bool escapes);
  bool skip_text();            // the same, for nobody
  bool skip_expression();      // to the comma or parenthesis at this depth; false: no end
  void skip_statement();       // behind its end
  void skip_delimited();       // what follows the word DELIMITER
  bool at_end_of_statement();  // ; (taken), the end, HSQLDB: the line's end

  bool by_lines() const { return dialect == SqlDialect::hsqldb; }
  bool backslashes() const { return dialect == SqlDialect::mysql || !standard_strings; }
  void finish_text(std::string& text);  // \uXXXX, character set

  SqlDialect dialect = SqlDialect::unknown;
  SqlCharset charset = SqlCharset::utf8;
  std::string charset_name;
  bool standard_strings = true;   // PostgreSQL's standard_conforming_strings
  bool not_utf8 = false;          // some text was not, and was taken as Windows-1252
  std::string_view last_comment;  // that a whole dump ends with, in lower case
  bool complete = false;          // it was there
  bool unended = false;           // the file ends within a statement, or behind one without its semicolon
  Place cut_at;                   // where a text or a comment begins that the file ends in; line 0: none did

 private:
  void comment(char kind);
  bool escaped_blank();
  void learn(std::string_view comment);
  bool dollar_quoted();
  Input& in_;
  const SqlLimits& limits_;
};

// "SET NAMES latin1" and the like.
void set_charset(SqlLexer& lexer, std::string_view name);
std::string from_windows_1252(std::string_view bytes);
void append_utf8(std::string& out, std::uint32_t code);
std::string lower(std::string_view text);  // of ASCII

}  // namespace ferry
