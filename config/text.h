// Small text tools that the parsers of this room share. Pure; views live as long as their input.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferry {

std::string_view trim(std::string_view text);                                // blanks: space, tab, CR
std::vector<std::string_view> words(std::string_view text);                  // separated by blanks
std::vector<std::string_view> split(std::string_view text, char separator);  // "a,,b" -> a, "", b
bool has_control(std::string_view text);                                     // U+0000..U+001F, U+007F
std::string in_quotes(std::string_view text);  // "text", control characters shown as '?', cut at 200 bytes

// The candidate with the smallest edit distance, if it is near enough to be what was meant.
std::optional<std::string_view> nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace ferry
