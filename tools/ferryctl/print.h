// Output for people: aligned columns, no control characters of others on the terminal.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "translators/values/json.h"

namespace ferry {

// Text that came from files or peers, fit for a terminal: control characters are shown as '?', lines stay.
std::string printable(std::string_view text);

void say(const std::string& text);       // one line on stdout
void complain(const std::string& text);  // one line on stderr, after "ferryctl: "

// One instance is one table; columns as wide as their widest cell, the last one open. Nothing is printed without rows.
class Columns {
 public:
  explicit Columns(std::vector<std::string> titles) { rows_.push_back(std::move(titles)); }
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.size() < 2; }
  void print(std::FILE* to = stdout) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

std::string counted(std::int64_t number, std::string_view one, std::string_view many);  // "1 row", "12,345 rows"

// Members of an answer; empty or 0 where there is none.
std::string text_of(JsonView value, std::string_view key);
std::int64_t integer_of(JsonView value, std::string_view key);
std::string number_of(JsonView value, std::string_view key);  // as counted() writes it

}  // namespace ferry
