#include "gateway/migration/lua_table.h"

namespace ferry {
namespace {

class LuaReader {
 public:
  explicit LuaReader(Input& input) : in_(input) {}

  std::optional<LuaValue> table(std::string& error) {
    blanks();
    const std::string word = name();
    if (word.empty() && in_.peek() == Input::end) return std::nullopt;
    LuaValue value;
    bool good = false;
    if (word == "return") {
      good = read(value, 0);
    } else if (word == "item") {
      good = take('(') && read(value, 0) && take(')');
    } else {
      wrong_ = "expected return { … } or item({ … })";
    }
    if (good && value.kind != LuaValue::Kind::table) {
      good = false;
      wrong_ = "expected a table";
    }
    if (!good) {
      error = place_text(in_.place()) + ": " + (wrong_.empty() ? "this is no Lua table of plain values" : wrong_);
      return std::nullopt;
    }
    take(';');
    return value;
  }

 private:
  void blanks() {
    while (true) {
      const int c = in_.peek();
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        in_.get();
      } else if (c == '-' && in_.second() == '-') {
        while (in_.peek() != '\n' && in_.peek() != Input::end) in_.get();
      } else {
        return;
      }
    }
  }
  bool take(char c) {
    blanks();
    if (in_.peek() != c) return false;
    in_.get();
    return true;
  }
  std::string name() {
    std::string out;
    while (out.size() < 200) {
      const int c = in_.peek();
      if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) break;
      out += static_cast<char>(in_.get());
    }
    return out;
  }
  bool limited(const char* what) {
    wrong_ = what;
    return false;
  }

  bool read(LuaValue& value, std::size_t depth) {
    blanks();
    if (depth > max_lua_depth) return limited("tables deeper than 64");
    if (++values_ > max_lua_values) return limited("a table of more than 1,000,000 values");
    const int c = in_.peek();
    if (c == '{') return entries(value, depth);
    if (c == '"' || c == '\'') return quoted(value);
    if (c == '[') return long_text(value);
    if (c == '(') return infinity(value);
    if (c == '-' || c == '.' || (c >= '0' && c <= '9')) {
      value.kind = LuaValue::Kind::number;
      while (value.text.size() < 60) {
        const int next = in_.peek();
        if (!((next >= '0' && next <= '9') || (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') ||
              next == '-' || next == '+' || next == '.' || next == '/'))
          break;
        value.text += static_cast<char>(in_.get());
      }
      return true;
    }
    const std::string word = name();
    value.kind = word == "nil" ? LuaValue::Kind::nil : LuaValue::Kind::boolean;
    value.flag = word == "true";
    return word == "true" || word == "false" || word == "nil";
  }

  // (0/0), (1/0): what has no number
  bool infinity(LuaValue& value) {
    value.kind = LuaValue::Kind::nil;
    for (int i = 0; i < 20; ++i)
      if (in_.get() == ')') return true;
    return false;
  }

  bool entries(LuaValue& value, std::size_t depth) {
    value.kind = LuaValue::Kind::table;
    in_.get();
    std::size_t position = 0;
    while (true) {
      if (take('}')) return true;
      LuaValue key, item;
      blanks();
      if (in_.peek() == '[' && in_.second() != '[' && in_.second() != '=') {
        in_.get();
        if (!read(key, depth + 1) || !take(']') || !take('=') || !read(item, depth + 1)) return false;
      } else {
        bool named = false;
        if (is_letter(in_.peek())) {
          const std::string word = name();
          if (word == "true" || word == "false" || word == "nil") {
            item.kind = word == "nil" ? LuaValue::Kind::nil : LuaValue::Kind::boolean;
            item.flag = word == "true";
          } else {
            named = true;
            key.kind = LuaValue::Kind::text;
            key.text = word;
            if (!take('=') || !read(item, depth + 1)) return false;
          }
        } else if (!read(item, depth + 1)) {
          return false;
        }
        if (!named) {
          key.kind = LuaValue::Kind::number;
          key.text = std::to_string(++position);
        }
      }
      value.entries.push_back({std::move(key), std::move(item)});
      if (!take(',') && !take(';')) return take('}');
    }
  }

  static bool is_letter(int c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

  bool add(LuaValue& value, int c) {
    if (++bytes_ > max_lua_bytes) return limited("a table of more than 32 MiB");
    value.text += static_cast<char>(c);
    return true;
  }

  bool quoted(LuaValue& value) {
    value.kind = LuaValue::Kind::text;
    const int quote = in_.get();
    while (true) {
      int c = in_.get();
      if (c == Input::end) return limited("a text without an end");
      if (c == quote) return true;
      if (c == '\\') {
        c = in_.get();
        switch (c) {
          case 'a':
            c = '\a';
            break;
          case 'b':
            c = '\b';
            break;
          case 'f':
            c = '\f';
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
          case 'v':
            c = '\v';
            break;
          case 'z':
            blanks();
            continue;
          case 'x': {
            const auto digit = [](int d) {
              return d >= '0' && d <= '9' ? d - '0' : (d | 32) >= 'a' && (d | 32) <= 'f' ? (d | 32) - 'a' + 10 : -1;
            };
            const int high = digit(in_.get()), low = digit(in_.get());
            if (high < 0 || low < 0) return false;
            c = high * 16 + low;
            break;
          }
          default:
            if (c >= '0' && c <= '9') {
              int code = c - '0';
              for (int i = 0; i < 2 && in_.peek() >= '0' && in_.peek() <= '9'; ++i) code = code * 10 + in_.get() - '0';
              if (code > 255) return false;
              c = code;
            }
        }
        if (c == Input::end) return false;
      }
      if (!add(value, c)) return false;
    }
  }

  // [[…]], [==[…]==]
  bool long_text(LuaValue& value) {
    value.kind = LuaValue::Kind::text;
    in_.get();
    std::string close = "]";
    while (in_.peek() == '=' && close.size() < 100) close += static_cast<char>(in_.get());
    close += ']';
    if (in_.get() != '[') return false;
    if (in_.peek() == '\n') in_.get();
    while (!value.text.ends_with(close)) {
      const int c = in_.get();
      if (c == Input::end || !add(value, c)) return false;
    }
    value.text.resize(value.text.size() - close.size());
    return true;
  }

  Input& in_;
  std::string wrong_;
  std::size_t values_ = 0, bytes_ = 0;
};

}  // namespace

LuaValue::LuaValue() = default;
LuaValue::LuaValue(LuaValue&&) noexcept = default;
LuaValue& LuaValue::operator=(LuaValue&&) noexcept = default;
LuaValue::~LuaValue() = default;

const LuaValue* LuaValue::at(std::string_view key) const {
  for (const auto& [name, value] : entries)
    if (name.kind == Kind::text && name.text == key) return &value;
  return nullptr;
}

std::string_view LuaValue::text_at(std::string_view key) const {
  const LuaValue* value = at(key);
  return value && (value->kind == Kind::text || value->kind == Kind::number) ? std::string_view(value->text)
                                                                             : std::string_view();
}

std::optional<LuaValue> next_lua_table(Input& input, std::string& error) { return LuaReader(input).table(error); }

}  // namespace ferry
