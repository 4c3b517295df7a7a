// Walks through an XML document of any size: its outer elements are entered and left, inner ones are taken whole, one
// at a time. So a server's export is read in the memory of its largest message.
//
// Hostile input: no DTD and so no entities; an inner element over its limits is passed over and said; so is anything
// deeper than is entered. Comments and processing instructions are let pass.
#pragma once

#include <string>
#include <vector>

#include "gateway/migration/input.h"
#include "translators/values/xml.h"

namespace ferry {

class XmlWalker {
 public:
  enum class Way { enter, take, skip };
  virtual ~XmlWalker() = default;
  // head: name and attributes. enter: its children are offered one by one, then left() is called.
  virtual Way open(const Element& head, const Place& place) = 0;
  virtual void taken(Element whole, const Place& place) = 0;
  virtual void left(const Element& head, const Place& place) = 0;
  virtual void over_limit(const Element& head, const Place& place, const std::string& text) = 0;
  virtual void working(std::uint64_t bytes) = 0;
};

inline constexpr std::size_t most_entered = 16;  // elements within one another

// Error: with the place. Everything that was entered and has not been left yet is not left.
std::string walk_xml(Input& input, XmlWalker& walker, const XmlLimits& limits);

}  // namespace ferry
