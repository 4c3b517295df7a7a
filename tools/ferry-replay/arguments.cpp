#include "tools/ferry-replay/arguments.h"

#include <algorithm>
#include <charconv>

#include "config/text.h"

namespace ferry {

const ReplayFlag* Arguments::find(std::string_view name) const {
  const auto it = std::find_if(flags_.begin(), flags_.end(), [&](const ReplayFlag& flag) { return flag.name == name; });
  return it == flags_.end() ? nullptr : &*it;
}

std::string Arguments::read(const std::vector<std::string>& arguments) {
  bool may_be_flags = true;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (!may_be_flags || word.size() < 2 || word.front() != '-') {
      words_.push_back(word);
      continue;
    }
    if (word == "--") {
      may_be_flags = false;
      continue;
    }
    if (word == "--help" || word == "-h") {
      help_ = true;
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const ReplayFlag* flag = find(name);
    if (!flag) {
      std::vector<std::string_view> known;
      for (const ReplayFlag& f : flags_) known.push_back(f.name);
      const auto guess = nearest(name, known);
      return "there is no flag " + in_quotes(name) + (guess ? "; did you mean " + std::string(*guess) + "?" : "");
    }
    if (flag->value.empty() && equals != std::string::npos) return name + " takes no value";
    if (!flag->many && values_.contains(name)) return name + " is given twice";
    std::string value;
    if (equals != std::string::npos)
      value = word.substr(equals + 1);
    else if (!flag->value.empty() && ++i < arguments.size())
      value = arguments[i];
    if (!flag->value.empty() && value.empty()) return name + " needs a value: " + name + " " + std::string(flag->value);
    values_[name].push_back(std::move(value));
  }
  if (help_) return {};
  if (words_.size() < least_) return least_ == 1 ? "a file is missing" : "something is missing";
  if (words_.size() > most_) return "unexpected argument " + in_quotes(words_[most_]);
  return {};
}

std::string Arguments::value(std::string_view name, std::string_view otherwise) const {
  const auto it = values_.find(name);
  return it == values_.end() ? std::string(otherwise) : it->second.back();
}

std::vector<std::string> Arguments::values(std::string_view name) const {
  const auto it = values_.find(name);
  return it == values_.end() ? std::vector<std::string>() : it->second;
}

std::optional<std::uint64_t> Arguments::number(std::string_view name, std::uint64_t otherwise, std::uint64_t least,
                                               std::uint64_t most, std::string& wrong) const {
  if (!has(name)) return otherwise;
  const std::string text = value(name);
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem == std::errc{} && end == text.data() + text.size() && number >= least && number <= most) return number;
  wrong = std::string(name) + ": expected a whole number from " + std::to_string(least) + " to " +
          std::to_string(most) + ", not " + in_quotes(text);
  return std::nullopt;
}

std::string Arguments::describe(const std::vector<ReplayFlag>& flags) {
  constexpr std::size_t column = 26, width = 100;
  std::string out;
  for (const ReplayFlag& flag : flags) {
    std::string line = "  " + std::string(flag.name);
    if (!flag.value.empty()) line += " " + std::string(flag.value);
    if (line.size() + 1 > column) {
      out += line + "\n";
      line.clear();
    }
    line.resize(column, ' ');
    bool first = true;
    for (const std::string_view word : ferry::words(flag.help)) {
      if (line.size() + 1 + word.size() > width) {
        out += line + "\n";
        line.assign(column, ' ');
        first = true;
      }
      if (!first) line += ' ';
      line += word;
      first = false;
    }
    out += line + "\n";
  }
  return out;
}

}  // namespace ferry
