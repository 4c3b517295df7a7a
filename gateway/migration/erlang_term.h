// Erlang terms as text, as ejabberd's tables keep options: atoms, numbers, binaries, strings, lists, tuples. Read,
// never evaluated.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferry {

struct ErlangTerm {
  enum class Kind : std::uint8_t { atom, number, text, list, tuple };  // text: binary or string
  Kind kind = Kind::atom;
  std::string text;  // of atoms, numbers, texts
  std::vector<ErlangTerm> items;
  const ErlangTerm* option(std::string_view name) const;  // of a list of pairs {name, Value}; nullptr: none
};

inline constexpr std::size_t max_erlang_depth = 32, max_erlang_terms = 500'000;

std::optional<ErlangTerm> parse_erlang(std::string_view text);  // nothing: not a term, or over a limit

}  // namespace ferry
