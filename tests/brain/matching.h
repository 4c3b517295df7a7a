// Does what came contain what was expected? Expectations say only what matters to their test.
#pragma once

#include <string>
#include <string_view>

#include "translators/values/json.h"
#include "translators/values/xml.h"

namespace ferry::matching {

// Every expected member is there and matches; arrays match element by element; scalars are equal.
inline bool contains(JsonView actual, JsonView expected) {
  if (expected.is_object()) {
    bool all = actual.is_object();
    expected.members(
        [&](std::string_view key, JsonView value) { all = all && actual[key] && contains(actual[key], value); });
    return all;
  }
  if (expected.is_array()) {
    if (!actual.is_array() || actual.size() != expected.size()) return false;
    std::vector<JsonView> have;
    actual.each([&](JsonView v) { have.push_back(v); });
    std::size_t i = 0;
    bool all = true;
    expected.each([&](JsonView v) { all = all && contains(have[i++], v); });
    return all;
  }
  if (expected.string()) return actual.string() == expected.string();
  if (expected.boolean()) return actual.boolean() == expected.boolean();
  return actual.number() == expected.number();
}

// Same name, the expected attributes, the expected children in this order, the expected text.
inline bool contains(const Element& actual, const Element& expected) {
  if (actual.name != expected.name || actual.ns != expected.ns) return false;
  for (const Attr& a : expected.attrs)
    if (!actual.attr(a.name) || *actual.attr(a.name) != a.value) return false;
  if (const std::string text = expected.text(); !text.empty() && actual.text() != text) return false;
  auto at = actual.children.begin();
  for (const Node& node : expected.children) {
    const Element* wanted = node.element();
    if (!wanted) continue;
    while (at != actual.children.end() && !(at->element() && contains(*at->element(), *wanted))) ++at;
    if (at == actual.children.end()) return false;
    ++at;
  }
  return true;
}

}  // namespace ferry::matching
