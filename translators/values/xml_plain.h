// Reads one whole element of the kind that nearly all stanzas are, in a part of the time that expat takes: names and
// namespaces in ASCII, the five named references, no CDATA. Of what is unusual, or wrong, it says nothing but that it
// is: the reader for that is XmlStreamReader, and of what both take they make the same.
//
// For whoever has many stanzas at once, from a file. On a link the stream is read, and expat reads it.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "translators/values/xml.h"
#include "translators/values/xml_scope.h"

namespace ferry {

// One instance reads one element after the other, in the memory of the one before.
class PlainXmlReader {
 public:
  explicit PlainXmlReader(const XmlLimits& limits) : limits_(limits) {}

  Element* read(std::string_view xml);  // until the next call; nullptr: somebody else should read it

 private:
  // An element that is not finished, and how many of its children are its own: behind them are those of the element
  // whose memory it has.
  struct Open {
    Element* element = nullptr;
    std::string_view name;  // with its prefix
    std::size_t children = 0;
  };
  struct Given {
    std::string_view name, value;
    std::optional<std::string_view> declares;  // a prefix
  };

  bool start_tag();
  bool attributes();
  bool make(Element& element, std::string_view name);
  bool set_attribute(Element& element, std::size_t at, const Given& given);
  bool end_tag();
  bool text();
  bool close();
  bool decode(std::string_view raw, std::string& out);
  std::string_view name();
  template <class Kind>
  Kind& new_child();

  XmlLimits limits_;
  std::string_view xml_;
  std::size_t at_ = 0, elements_ = 0, last_size_ = 0;
  bool controls_ = false, references_ = false;  // there are some in the text
  Element root_;
  std::vector<Open> open_;
  std::vector<Given> given_;  // of the tag that is read
  XmlScope scope_;
};

}  // namespace ferry
