#include "gateway/migration/erlang_term.h"

#include <algorithm>
#include <charconv>

#include "gateway/migration/sql_lexer.h"

namespace ferry {
namespace {

class ErlangReader {
 public:
  explicit ErlangReader(std::string_view text) : text_(text) {}

  std::optional<ErlangTerm> whole() {
    auto term = read(0);
    blanks();
    if (at_ < text_.size() && text_[at_] == '.') ++at_;
    blanks();
    return term && at_ == text_.size() ? std::move(term) : std::nullopt;
  }

 private:
  void blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t'))
      ++at_;
  }
  bool take(std::string_view what) {
    blanks();
    if (!text_.substr(at_).starts_with(what)) return false;
    at_ += what.size();
    return true;
  }

  std::optional<ErlangTerm> read(std::size_t depth) {
    blanks();
    if (depth > max_erlang_depth || ++terms_ > max_erlang_terms || at_ >= text_.size()) return std::nullopt;
    if (take("<<")) return binary();
    if (take("#{")) return sequence('}', depth, ErlangTerm::Kind::list);
    if (take("[")) return sequence(']', depth, ErlangTerm::Kind::list);
    if (take("{")) return sequence('}', depth, ErlangTerm::Kind::tuple);
    if (text_[at_] == '"') return quoted('"', ErlangTerm::Kind::text);
    if (text_[at_] == '\'') return quoted('\'', ErlangTerm::Kind::atom);
    ErlangTerm term;
    const std::size_t begin = at_;
    while (at_ < text_.size() && std::string_view(",]}>)=| \t\r\n").find(text_[at_]) == std::string_view::npos) ++at_;
    term.text = text_.substr(begin, at_ - begin);
    if (term.text.empty()) return std::nullopt;
    const char first = term.text.front();
    if ((first >= '0' && first <= '9') || first == '-') term.kind = ErlangTerm::Kind::number;
    return term;
  }

  std::optional<ErlangTerm> sequence(char close, std::size_t depth, ErlangTerm::Kind kind) {
    ErlangTerm term;
    term.kind = kind;
    const std::string_view end(&close, 1);
    if (take(end)) return term;
    while (true) {
      auto item = read(depth + 1);
      if (!item) return std::nullopt;
      if (take("=>") || take(":=")) {  // of a map: as a pair
        auto value = read(depth + 1);
        if (!value) return std::nullopt;
        ErlangTerm pair;
        pair.kind = ErlangTerm::Kind::tuple;
        pair.items.push_back(std::move(*item));
        pair.items.push_back(std::move(*value));
        item = std::move(pair);
      }
      term.items.push_back(std::move(*item));
      if (take(end)) return term;
      if (!take(",")) return std::nullopt;
    }
  }

  // <<"text">>, <<"text"/utf8>>, <<1,2,3>>
  std::optional<ErlangTerm> binary() {
    ErlangTerm term;
    term.kind = ErlangTerm::Kind::text;
    if (take(">>")) return term;
    while (true) {
      blanks();
      if (at_ < text_.size() && text_[at_] == '"') {
        auto part = quoted('"', ErlangTerm::Kind::text);
        if (!part) return std::nullopt;
        term.text += part->text;
        if (take("/utf8") || take("/binary")) blanks();
      } else {
        unsigned int byte = 0;
        const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), byte);
        if (error != std::errc() || byte > 255) return std::nullopt;
        at_ = static_cast<std::size_t>(end - text_.data());
        term.text += static_cast<char>(static_cast<unsigned char>(byte));
      }
      if (take(">>")) return term;
      if (!take(",")) return std::nullopt;
    }
  }

  std::optional<ErlangTerm> quoted(char quote, ErlangTerm::Kind kind) {
    ErlangTerm term;
    term.kind = kind;
    for (++at_; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == quote) return ++at_, term;
      if (c == '\\' && at_ + 1 < text_.size()) {
        c = text_[++at_];
        if (c == 'n')
          c = '\n';
        else if (c == 't')
          c = '\t';
        else if (c == 'r')
          c = '\r';
        else if (c == 'x') {
          code(term.text);
          continue;
        } else if (c >= '0' && c <= '7') {
          unsigned int octal = 0;
          for (int i = 0; i < 3 && at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '7'; ++i)
            octal = octal * 8 + static_cast<unsigned int>(text_[at_++] - '0');
          --at_;
          c = static_cast<char>(static_cast<unsigned char>(octal));
        }
      }
      term.text += c;
    }
    return std::nullopt;
  }

  // \x{1F600} or \xHH; at_ is at the x, and stays at the last character
  void code(std::string& out) {
    const bool braced = text_.substr(at_ + 1).starts_with('{');
    const char* begin = text_.data() + at_ + (braced ? 2 : 1);
    const char* limit = braced ? text_.data() + text_.size() : std::min(begin + 2, text_.data() + text_.size());
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(begin, limit, number, 16);
    if (error != std::errc() || number > 0x10FFFF) return;
    at_ = static_cast<std::size_t>(end - text_.data()) - (braced ? 0 : 1);
    if (braced)
      append_utf8(out, number);
    else
      out += static_cast<char>(static_cast<unsigned char>(number));
  }

  std::string_view text_;
  std::size_t at_ = 0, terms_ = 0;
};

}  // namespace

const ErlangTerm* ErlangTerm::option(std::string_view name) const {
  for (const ErlangTerm& item : items)
    if (item.kind == Kind::tuple && item.items.size() == 2 && item.items[0].text == name) return &item.items[1];
  return nullptr;
}

std::optional<ErlangTerm> parse_erlang(std::string_view text) { return ErlangReader(text).whole(); }

}  // namespace ferry
