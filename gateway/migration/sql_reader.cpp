#include "gateway/migration/sql_reader.h"

#include <algorithm>
#include <cstdlib>
#include <set>

#include "gateway/migration/sql_lexer.h"
#include "gateway/migration/sql_sight.h"
#include "gateway/migration/sql_values.h"
#include "gateway/passwords/secret.h"

namespace ferry {
namespace {

constexpr std::uint64_t working_every = 4U << 20;

class SqlReader {
 public:
  SqlReader(Input& input, SqlColumns& columns, SqlHandler& handler, const SqlLimits& limits)
      : in_(input), columns_(columns), handler_(handler), limits_(limits), lex_(input, limits) {}

  std::string run() {
    look_at_it();
    while (failed_.empty()) {
      lex_.blanks();
      refuse_foreign();
      if (!failed_.empty()) break;
      if (in_.bytes() - told_ >= working_every) tell();
      const int c = in_.peek();
      if (c == Input::end) break;
      if (c == '\\')  // psql's own: \connect, \restrict
        lex_.rest_of_line();
      else
        statement();
      if (lex_.not_utf8 && !told_charset_) {
        told_charset_ = true;
        handler_.note(in_.place(),
                      "a text that is no UTF-8 was taken as Windows-1252, and others that are none will be");
      }
    }
    tell();
    if (failed_.empty() && in_.error().empty()) look_at_the_end();
    for (SqlValue& value : values_) Secret::wipe(value.text);
    if (failed_.empty() && !in_.error().empty()) failed_ = in_.name() + ": " + in_.error();
    return failed_;
  }

 private:
  void look_at_it() {
    SqlSight sight = first_sight(in_.look());
    lex_.dialect = sight.dialect;
    lex_.last_comment = sight.last_comment;
    if (!sight.refused.empty()) failed_ = std::string(in_.name()) + ": " + sight.refused;
  }

  // What was cut may have been in the middle of what nobody wanted, and what stood behind it is missing all the same.
  void look_at_the_end() {
    constexpr const char* advice = "what stood behind it is missing; dump again, and look whether the disk was full";
    if (lex_.cut_at.line > 0)
      handler_.wrong(lex_.cut_at, "a text or a comment begins here and has no end", advice);
    else if (!lex_.last_comment.empty() && !lex_.complete)
      handler_.wrong(in_.place(),
                     lex_.dialect == SqlDialect::postgres
                         ? "the dump was cut off: it ends without \"-- PostgreSQL database dump complete\""
                         : "the dump was cut off: it ends without \"-- Dump completed\"",
                     advice);
    else if (!lex_.by_lines() && open_)
      handler_.wrong(in_.place(), "the dump was cut off: it ends without COMMIT", advice);
    else if (!lex_.by_lines() && rolled_back_)
      handler_.wrong(in_.place(), "the dump ends with ROLLBACK: who wrote it could not read all of the database",
                     "mend the database on the old server first (sqlite3 FILE .recover), and dump again");
    else if (lex_.by_lines() ? in_.last() != '\n' : lex_.unended && any_)
      cut_in_a_statement(advice);
  }

  // HSQLDB ends each statement with its line, the others with a semicolon. One that could not be read was said.
  void cut_in_a_statement(const char* advice) {
    const Place at = lex_.by_lines() ? in_.place() : place_;
    if (bad_line_ != at.line)
      handler_.wrong(at,
                     std::string("the file was cut off: its last statement has no end") +
                         (lex_.by_lines() ? " of line" : ", a semicolon"),
                     advice);
  }

  void tell() {
    told_ = in_.bytes();
    handler_.working(told_);
  }

  void bad(const char* what) {
    handler_.wrong(place_, what, "the statement was skipped; compare this line with a fresh dump");
    bad_line_ = place_.line;
    if (++bad_ >= limits_.bad_statements)
      failed_ = place_text(in_.place()) + ": " + std::to_string(bad_) +
                " statements could not be read; this is no SQL dump, or a damaged one";
  }

  void statement() {
    place_ = in_.place();
    const std::string verb = lex_.word();
    if (verb.empty()) {
      const int c = in_.get();
      if (c == ';' || c == '(' || c == ')') return;
      if (++stray_ > 100 && rows_ == 0) failed_ = place_text(place_) + ": this is no SQL dump";
      return lex_.skip_statement();
    }
    if (verb == "insert" || verb == "replace")
      insert();
    else if (verb == "create")
      create();
    else if (verb == "copy")
      copy();
    else if (verb == "delete" && lex_.by_lines())
      remove();
    else if (verb == "set")
      set();
    else if (verb == "begin" || verb == "start")  // SQLite's .dump, phpMyAdmin: all of it is one transaction
      open_ = true, lex_.skip_statement();
    else if (verb == "commit" || verb == "rollback")
      open_ = false, rolled_back_ = verb == "rollback", lex_.skip_statement();
    else if (verb == "pragma")
      lex_.dialect = SqlDialect::sqlite, lex_.skip_statement();
    else if (verb == "delimiter")
      lex_.skip_delimited();
    else
      lex_.skip_statement();
  }

  void refuse_foreign() {
    if (lex_.charset == SqlCharset::foreign)
      failed_ = place_text(in_.place()) + ": this dump is in the character set " + lex_.charset_name +
                "; dump again with --default-character-set=utf8mb4 (mysqldump) or --encoding=UTF8 (pg_dump)";
  }

  void set() {
    lex_.blanks(!lex_.by_lines());
    const std::string what = lex_.word();
    if (what == "database" || what == "schema" || what == "files" || what == "write_delay") {
      if (lex_.dialect == SqlDialect::unknown) lex_.dialect = SqlDialect::hsqldb;  // the first line of a .script
      if (what == "files" && lex_.by_lines()) large_objects();
    } else if (what == "names" || what == "client_encoding" || what == "standard_conforming_strings") {
      if (what != "names") lex_.dialect = SqlDialect::postgres;
      lex_.take('=');
      lex_.blanks();
      SqlValue value;
      if (in_.peek() == '\'')
        lex_.text(value, false);
      else
        value.text = lex_.word();
      if (what == "standard_conforming_strings")
        lex_.standard_strings = value.text != "off";
      else
        set_charset(lex_, value.text);
    }
    lex_.skip_statement();
  }

  // SET FILES LOB SCALE 32, LOB COMPRESSED TRUE
  void large_objects() {
    const auto next = [&] {
      lex_.blanks(false);
      return lex_.word();
    };
    if (next() != "lob") return;
    const std::string what = next(), value = next();
    if (what == "compressed" && value == "true") handler_.large_objects(0);
    if (what == "scale") handler_.large_objects(std::strtoull(value.c_str(), nullptr, 10) << 10);
  }

  void create() {
    std::string word;
    bool cached = false;
    for (int i = 0; i < 8; ++i) {
      lex_.blanks(!lex_.by_lines());
      word = lex_.word();
      if (word == "table" || word.empty()) break;
      if (word == "memory" || word == "cached" || (word == "schema" && i == 0 && lex_.dialect == SqlDialect::unknown))
        if (word != "schema") lex_.dialect = SqlDialect::hsqldb;
      cached = cached || word == "cached";
    }
    if (word != "table") return lex_.skip_statement();
    lex_.blanks();
    std::string table = lex_.name();
    if (table == "if") {
      for (int i = 0; i < 2; ++i) lex_.blanks(), lex_.word();  // not exists
      lex_.blanks();
      table = lex_.name();
    }
    if (!lex_.take('(')) return lex_.skip_statement();
    if (cached && handler_.wants(table)) handler_.cached(place_, table);
    std::vector<std::string> found;
    while (true) {
      lex_.blanks();
      bool quoted = false;
      std::string name = lex_.name(&quoted);
      lex_.blanks();
      if ((quoted || !is_key_clause(name, lex_.word())) && !name.empty() && found.size() < limits_.columns)
        found.push_back(std::move(name));
      if (!lex_.skip_expression()) return lex_.skip_statement();
      if (in_.get() != ',') break;
    }
    if (columns_.size() < limits_.tables || columns_.contains(table)) columns_[table] = std::move(found);
    lex_.skip_statement();
  }

  // "(a, b)" behind a table's name, or what CREATE TABLE said.
  bool columns_of(const std::string& table, std::vector<std::string>& out) {
    out.clear();
    lex_.blanks(!lex_.by_lines());
    if (in_.peek() == '(') {
      do {
        in_.get();
        lex_.blanks();
        out.push_back(lex_.name());
        lex_.blanks();
      } while (in_.peek() == ',' && out.size() <= limits_.columns);
      if (in_.peek() != ')') return bad("expected ) after the names of columns"), false;
      in_.get();
    } else if (const auto known = columns_.find(table); known != columns_.end()) {
      out = known->second;
    }
    return true;
  }

  void insert() {
    std::string word;
    do {
      lex_.blanks(!lex_.by_lines());
      word = lex_.word();
    } while (word == "low_priority" || word == "delayed" || word == "high_priority" || word == "ignore" ||
             word == "or" || word == "replace");
    if (word != "into") return lex_.skip_statement();
    lex_.blanks();
    const std::string table = lex_.name();
    any_ = true;
    if (!handler_.wants(table)) return lex_.skip_statement();
    if (!columns_of(table, names_)) return lex_.skip_statement();
    lex_.blanks(!lex_.by_lines());
    word = lex_.word();
    if (word == "overriding") {  // system value
      for (int i = 0; i < 3 && word != "values"; ++i) lex_.blanks(), word = lex_.word();
    }
    if (word != "values" && word != "value")
      return bad("rows that are not written as VALUES (…)"), lex_.skip_statement();
    if (names_.empty()) return say_nameless(table), lex_.skip_statement();
    do {
      lex_.blanks(!lex_.by_lines());
      place_ = in_.place();
      if (!tuple(table)) return lex_.skip_statement();
      lex_.blanks(!lex_.by_lines());
      if (in_.bytes() - told_ >= working_every) tell();
    } while (lex_.take(',') && failed_.empty());
    if (lex_.at_end_of_statement()) return;
    // Where a semicolon is lost, what comes next is taken for the end of this.
    if (const std::string more = lex_.word(); more != "on" && more != "as" && more != "returning")
      bad("expected ; after the rows");
    lex_.skip_statement();
  }

  void say_nameless(const std::string& table) {
    if (nameless_.size() < limits_.tables && nameless_.insert(table).second)
      handler_.wrong(place_,
                     "rows of the table " + table + " without the names of its columns, and no CREATE TABLE before",
                     "dump again with --complete-insert (mysqldump) or --column-inserts (pg_dump), or name the file "
                     "with the tables first");
  }

  bool tuple(const std::string& table) {
    if (!lex_.take('(')) return bad("expected ( before the values of a row"), false;
    std::size_t count = 0, bytes = 0;
    bool large = false;
    while (true) {
      lex_.blanks();
      if (count == values_.size()) values_.emplace_back();
      SqlValue& value = values_[count++];
      if (count > limits_.columns) return bad("a row of too many values"), false;
      if (!read_sql_value(in_, lex_, limits_, value)) return bad("a value without an end"), false;
      bytes += value.text.size();
      if (bytes > limits_.row_bytes) {
        large = true;
        value.text.clear();
      }
      lex_.blanks();
      const int c = in_.get();
      if (c == ')') break;
      if (c != ',') return bad("expected , or ) after a value"), false;
    }
    if (large)
      return handler_.wrong(place_, "a row of more than " + std::to_string(limits_.row_bytes) + " bytes", ""), true;
    deliver(table, count);
    return true;
  }

  void deliver(const std::string& table, std::size_t count) {
    ++rows_;
    if (count != names_.size()) {
      bad(("a row of " + std::to_string(count) + " values for " + std::to_string(names_.size()) + " columns").c_str());
      return;
    }
    values_.resize(count);
    SqlRow row{table, names_, values_, place_};
    handler_.row(row);
  }

  void copy() {
    lex_.blanks();
    const std::string table = lex_.name();
    if (!columns_of(table, names_)) return lex_.skip_statement();
    lex_.blanks();
    if (lex_.word() != "from") return lex_.skip_statement();
    lex_.blanks();
    if (lex_.word() != "stdin") return lex_.skip_statement();
    lex_.dialect = SqlDialect::postgres;
    lex_.skip_statement();
    lex_.rest_of_line();
    const bool wanted = handler_.wants(table);
    if (wanted && names_.empty()) say_nameless(table);
    while (failed_.empty() && copy_line(table, wanted && !names_.empty())) {
      if (in_.bytes() - told_ >= working_every) tell();
    }
  }

  // One row of COPY; false: the end.
  bool copy_line(const std::string& table, bool wanted) {
    place_ = in_.place();
    if (in_.peek() == Input::end) return bad("COPY without its end, \\."), false;
    std::size_t count = 0, bytes = 0;
    bool over = false, ended = false, first = true;
    while (true) {
      if (count == values_.size()) values_.emplace_back();
      SqlValue& value = values_[count];
      const int c = read_copy_value(in_, lex_, limits_, value, wanted, first ? &ended : nullptr);
      if (ended) return false;
      if (c == Input::end) return bad("COPY without its end, \\.; this row is not whole"), false;
      first = false;
      bytes += value.text.size();
      ++count;
      over = over || count >= limits_.columns || bytes > limits_.row_bytes;
      if (over) count = 0;
      if (c != '\t') break;
    }
    if (over && wanted)
      handler_.wrong(place_,
                     "a row of more than " + std::to_string(limits_.row_bytes) + " bytes or " +
                         std::to_string(limits_.columns) + " columns",
                     "");
    else if (wanted)
      deliver(table, count);
    return true;
  }

  // HSQLDB's log: DELETE FROM t WHERE a='x' AND b=3
  void remove() {
    lex_.blanks(false);
    if (lex_.word() != "from") return lex_.skip_statement();
    lex_.blanks(false);
    const std::string table = lex_.name();
    lex_.blanks(false);
    if (!handler_.wants(table) || lex_.word() != "where") return lex_.skip_statement();
    names_.clear();
    do {
      lex_.blanks(false);
      names_.push_back(lex_.name());
      if (!lex_.take('=')) return bad("expected = in the condition of a DELETE"), lex_.skip_statement();
      lex_.blanks(false);
      if (values_.size() < names_.size()) values_.emplace_back();
      SqlValue& value = values_[names_.size() - 1];
      if (!read_condition_value(in_, lex_, value)) return bad("a text without an end");
      lex_.blanks(false);
    } while (names_.size() < limits_.columns && lex_.word() == "and");
    values_.resize(names_.size());
    SqlRow where{table, names_, values_, place_};
    handler_.removed(where);
    lex_.skip_statement();
  }

  Input& in_;
  SqlColumns& columns_;
  SqlHandler& handler_;
  const SqlLimits& limits_;
  SqlLexer lex_;
  Place place_;
  std::vector<std::string> names_;
  std::vector<SqlValue> values_;
  std::set<std::string> nameless_;  // tables whose columns nobody told, which was said
  std::string failed_;
  std::uint64_t told_ = 0, rows_ = 0, stray_ = 0, bad_line_ = 0;
  std::size_t bad_ = 0;
  bool told_charset_ = false, any_ = false, open_ = false, rolled_back_ = false;
};

}  // namespace

std::string read_sql(Input& input, SqlColumns& columns, SqlHandler& handler, const SqlLimits& limits) {
  return SqlReader(input, columns, handler, limits).run();
}

}  // namespace ferry
