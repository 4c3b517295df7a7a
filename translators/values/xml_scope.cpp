#include "translators/values/xml_scope.h"

#include "translators/values/xml.h"

namespace ferry {
namespace {

constexpr std::string_view xmlns = "xmlns", xml_prefix = "xml", xmlns_uri = "http://www.w3.org/2000/xmlns/";
const std::string xml_uri(ns::xml);
constexpr std::size_t most_kept = 64;  // bindings whose memory waits for the next ones

// Which other letters XML allows at the front depends on its edition, and a peer's may be another.
bool begins_plainly(std::string_view part) {
  const char first = part.empty() ? '\0' : part.front();
  return (first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || first == '_';
}

}  // namespace

std::optional<std::string_view> XmlScope::declared(std::string_view attribute) {
  if (!attribute.starts_with(xmlns)) return std::nullopt;
  attribute.remove_prefix(xmlns.size());
  if (attribute.empty()) return attribute;
  if (attribute.front() != ':') return std::nullopt;
  return attribute.size() == 1 ? attribute : attribute.substr(1);  // "xmlns:" declares ":", which is no name
}

std::string_view XmlScope::declare(std::string_view prefix, std::string_view uri, std::size_t depth) {
  if ((prefix == xml_prefix) != (uri == ns::xml) || prefix == xmlns || uri == xmlns_uri)
    return "a reserved prefix or namespace is declared";
  if (!prefix.empty() && (!begins_plainly(prefix) || prefix.find(':') != std::string_view::npos))
    return "a prefix that is no name";
  if (uri.empty() && !prefix.empty()) return "a prefix is declared to mean nothing";
  if (prefix == xml_prefix) return {};
  if (count_ == bindings_.size()) bindings_.emplace_back();
  Binding& added = bindings_[count_++];
  added.prefix = prefix;
  added.uri = uri;
  added.depth = depth;
  return {};
}

void XmlScope::leave(std::size_t depth) {
  while (count_ > 0 && bindings_[count_ - 1].depth >= depth) --count_;
  if (bindings_.size() > most_kept && count_ < most_kept) bindings_.resize(most_kept);
}

const std::string* XmlScope::uri(std::string_view prefix) const {
  if (prefix == xml_prefix) return &xml_uri;
  for (std::size_t i = count_; i-- > 0;)
    if (bindings_[i].prefix == prefix) return &bindings_[i].uri;
  return nullptr;
}

std::string_view stanza_namespace(std::string_view uri) { return uri == ns::component ? ns::client : uri; }

QName::QName(std::string_view text) : local(text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return;
  prefix = text.substr(0, colon);
  local = text.substr(colon + 1);
  good = !prefix.empty() && begins_plainly(local) && local.find(':') == std::string_view::npos;
}

}  // namespace ferry
