// Bytes of a source, one after the other, with the number of the line: a file, standard input, or text.
//
// Files that are no text (compressed, UTF-16, a database's own format) are refused by their first bytes, with the
// command that makes text of them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "translators/values/result.h"

namespace ferry {

struct Place {
  std::string_view file;
  std::uint64_t line = 0;  // 0: no one line
};
std::string place_text(const Place& place);  // "dump.sql:12"

class Input {
 public:
  static constexpr int end = -1;
  using Fill = std::function<std::size_t(char* to, std::size_t size)>;  // 0: the end

  // path: "-" is standard input. Error: a text for people.
  static Result<std::unique_ptr<Input>, std::string> open(const std::string& path);
  Input(std::string_view text, std::string name);  // copied
  Input(Fill fill, std::string name);
  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  int peek() {
    if (at_ == limit_ && !refill()) return end;
    return static_cast<unsigned char>(*at_);
  }
  int get() {
    const int c = peek();
    if (c == end) return end;
    ++at_;
    if (c == '\n') ++line_;
    return c;
  }
  int second();                  // the byte after peek()
  std::string_view chunk();      // what is buffered, at least a byte; empty: the end
  void take(std::size_t bytes);  // of that chunk
  char last() const { return limit_ > buffer_.data() ? limit_[-1] : last_; }  // byte of what was read so far
  std::string_view look();  // the first bytes of a source that nothing was taken of, up to look_bytes
  static constexpr std::size_t look_bytes = 65'536;

  const std::string& name() const { return name_; }
  Place place() const { return {name_, line_}; }
  std::uint64_t bytes() const { return before_ + static_cast<std::uint64_t>(at_ - buffer_.data()); }
  std::uint64_t size() const { return size_; }         // 0: not known
  const std::string& error() const { return error_; }  // of reading; empty: none

 private:
  bool refill();
  Fill fill_;
  std::string name_, error_;
  std::vector<char> buffer_;
  const char *at_ = nullptr, *limit_ = nullptr;
  std::uint64_t before_ = 0, line_ = 1, size_ = 0;
  char last_ = '\n';
};

// Why this cannot be a source of text, and what to do; empty: it may be.
std::string foreign_format(std::string_view first_bytes, const std::string& name);

}  // namespace ferry
