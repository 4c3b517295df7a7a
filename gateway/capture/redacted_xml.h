// Rewrites the values of an XML text where they stand: every attribute and every piece of text, and nothing else.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "translators/values/xml.h"

namespace ferry {

using ElementPath = std::vector<const Element*>;

// Given and giving decoded text. path: the element and those around it, itself the last.
struct XmlValues {
  std::function<std::string(const ElementPath& path, const Attr& attr)> attr;
  std::function<std::string(const ElementPath& path, std::string_view text)> text;
};

// The text with its values replaced; quotes, order, prefixes, declarations and blanks between attributes stay as they
// are, and so do characters that were escaped and do not change. Nothing: it is not one element that parse_xml takes,
// with wider limits than a link's.
std::optional<std::string> rewrite_xml(std::string_view xml, const XmlValues& values);

}  // namespace ferry
