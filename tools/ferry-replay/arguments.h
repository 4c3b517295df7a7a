// The command line of one ferry-replay command, taken apart: words, switches and flags with a value.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferry {

// One flag that a command knows.
struct ReplayFlag {
  std::string_view name;   // "--seed"
  std::string_view value;  // what its value is called, "N"; empty: a switch
  std::string_view help;   // one sentence or two, without the name
  bool many = false;       // may be given more than once
};

// One instance is one command line. Flags may stand anywhere, "--name VALUE" or "--name=VALUE"; what follows "--" is no
// flag, and "-" is a word (standard input or output). --help and -h are always known.
class Arguments {
 public:
  // flags: must outlive this. Words: at least, at most.
  Arguments(const std::vector<ReplayFlag>& flags, std::size_t least, std::size_t most)
      : flags_(flags), least_(least), most_(most) {}

  // Empty: understood. Otherwise what is wrong. With help() nothing else matters.
  std::string read(const std::vector<std::string>& arguments);

  bool help() const { return help_; }
  const std::vector<std::string>& words() const { return words_; }
  bool has(std::string_view name) const { return values_.contains(name); }
  std::string value(std::string_view name, std::string_view otherwise = {}) const;  // of several the last
  std::vector<std::string> values(std::string_view name) const;
  // Not given: otherwise. nullopt: not a number in the range; wrong says which flag, and what was expected.
  std::optional<std::uint64_t> number(std::string_view name, std::uint64_t otherwise, std::uint64_t least,
                                      std::uint64_t most, std::string& wrong) const;

  // The flags for --help: names in a column, texts wrapped at 100 columns.
  static std::string describe(const std::vector<ReplayFlag>& flags);

 private:
  const ReplayFlag* find(std::string_view name) const;

  const std::vector<ReplayFlag>& flags_;
  std::size_t least_, most_;
  bool help_ = false;
  std::vector<std::string> words_;
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

}  // namespace ferry
