// Takes a line apart from its front.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace ferry::intake {

struct Cursor {
  std::string_view rest;

  bool take(std::string_view word) {
    if (!rest.starts_with(word)) return false;
    rest.remove_prefix(word.size());
    return true;
  }
  // Exactly n digits.
  bool digits(std::size_t n, int& value) {
    if (rest.size() < n) return false;
    int number = 0;
    for (std::size_t i = 0; i < n; ++i) {
      if (rest[i] < '0' || rest[i] > '9') return false;
      number = number * 10 + (rest[i] - '0');
    }
    value = number;
    rest.remove_prefix(n);
    return true;
  }
  void spaces() { rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size())); }
  // What stands before the mark, which is taken too. false: it is not within the next 512 bytes.
  bool until(std::string_view mark, std::string_view& before) {
    const std::size_t at = rest.substr(0, 512).find(mark);
    if (at == std::string_view::npos) return false;
    before = rest.substr(0, at);
    rest.remove_prefix(at + mark.size());
    return true;
  }
};

}  // namespace ferry::intake
