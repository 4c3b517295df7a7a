// What the translators lose, by their own words: the "Loses" line that each of their files opens with.
#pragma once

#include <span>
#include <string_view>

namespace ferry::report {

struct Loss {
  std::string_view translator;  // translators/NAME.cpp or .h
  std::string_view loses, spec;
};

std::span<const Loss> losses();
const Loss& loss_of(std::string_view translator);  // one of the table's

}  // namespace ferry::report
