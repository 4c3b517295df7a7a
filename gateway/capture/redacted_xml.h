// Rewrites the values of an XML text where they stand: every attribute and every piece of text, and nothing else.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "translators/values/xml.h"

namespace ferry {

using ElementPath = std::vector<const Element*>;

// Given decoded text; append what shall stand instead. false: it stays. path: the element and those around it, itself
// the last.
struct XmlValues {
  std::function<bool(const ElementPath& path, const Attr& attr, std::string& out)> attr;
  std::function<bool(const ElementPath& path, std::string_view text, std::string& out)> text;
};

// One instance rewrites one text after the other.
class XmlRewriter {
 public:
  explicit XmlRewriter(XmlValues values) : values_(std::move(values)) {}

  // Puts the text with its values replaced in place of out; quotes, order, prefixes, declarations and blanks between
  // attributes stay as they are, and so do characters that were escaped and do not change.
  // read: what the reader of translators/values has made of this text, where the caller has it, or nullptr. false: the
  // text is not one element that parse_xml takes, with wider limits than a link's, or not what read was made of; out is
  // of no use then.
  bool rewrite(std::string_view xml, const Element* read, std::string& out);

 private:
  bool markup();
  bool start_tag();
  bool attribute(const Attr& attr, std::string_view name, std::size_t begin, std::size_t end);
  bool cdata();
  bool text(std::size_t begin, std::size_t end);
  bool leave();
  bool skip_to(std::size_t last);
  const Element* next_element();
  void replace(std::size_t begin, std::size_t end);
  void put(std::string_view raw);

  XmlValues values_;
  std::string_view xml_;
  std::string* out_ = nullptr;
  const Element* root_ = nullptr;
  std::size_t at_ = 0, copied_ = 0;  // in xml_: how far it is understood, and in out_
  bool begun_ = false;
  ElementPath path_;
  std::vector<std::size_t> next_;  // of each on the path: the child to go on with
  std::string value_, decoded_;    // used again and again
};

}  // namespace ferry
