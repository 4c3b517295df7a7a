// A string as Erlang's ~p prints it, over one line or several: <<"…">>, <<"…"/utf8>>, "…", <<60,109,…>>.
#pragma once

#include <string>
#include <string_view>

namespace ferry::intake {

// One instance reads one string after the other.
class ErlangText {
 public:
  void begin(std::string_view first);                    // what stands behind "XML on stream = "
  void more(std::string_view line, bool begins = true);  // the next line, or !begins: more of the same one
  bool whole() const { return whole_; }                  // its end was there, or it is too long
  bool too_long() const { return too_long_; }
  bool bare() const { return kind_ == Kind::bare; }  // no string at all: the text itself, which may go on
  // The bytes, also of a string that was cut off. Until begin() or take() is called again.
  std::string_view take();

 private:
  enum class Kind { none, binary, list, numbers, bare };
  void part(std::string_view text);
  void numbers(std::string_view text);
  void bound();

  Kind kind_ = Kind::none;
  bool whole_ = false, too_long_ = false, utf8_ = false,
       quoted_ = false;  // quoted_: the last line ended with a quote, taken off
  std::string text_;     // numbers: the bytes; otherwise as printed
  std::string unescaped_;
};

// Puts the text in place of out. Undoes the escapes, and the mojibake: where each character is one byte and the bytes
// are UTF-8, they are it. utf8: the characters are meant as they stand.
void erlang_unescape(std::string_view text, bool utf8, std::string& out);

}  // namespace ferry::intake
