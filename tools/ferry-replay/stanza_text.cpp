#include "tools/ferry-replay/stanza_text.h"

#include <algorithm>

#include "tools/ferry-replay/import_parts.h"
#include "tools/ferry-replay/stanza_scanner.h"

namespace ferry::intake {
namespace {

constexpr XmlLimits stanza_limits{limit::stanza + 4'096, limit::depth, limit::elements, limit::attributes};
constexpr std::size_t small_stanza = 16'384;     // bytes; a larger one's memory is not kept for the next
constexpr unsigned stanzas_of_a_parser = 4'096;  // it remembers every name that it has seen

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// Does the tag have an attribute of this name?
bool has_attribute(std::string_view tag, std::string_view name) {
  for (std::size_t at = tag.find(name); at != std::string_view::npos; at = tag.find(name, at + 1)) {
    if (!is_space(tag[at - 1])) continue;
    std::size_t next = at + name.size();
    while (next < tag.size() && is_space(tag[next])) ++next;
    if (next < tag.size() && tag[next] == '=') return true;
  }
  return false;
}

// Is the colon here behind this prefix of a tag's or an attribute's name?
bool ends_prefix(std::string_view xml, std::size_t colon, std::string_view prefix) {
  if (colon <= prefix.size() || xml[colon - 1] != prefix.back()) return false;
  if (xml.substr(colon - prefix.size(), prefix.size()) != prefix) return false;
  const char before = xml[colon - prefix.size() - 1];
  return before == '<' || is_space(before);
}

void declare(std::string& out, std::string_view prefix, std::string_view uri) {
  out += prefix.empty() ? " xmlns" : " xmlns:";
  out.append(prefix) += "='";
  append_escaped(out, uri);
  out += '\'';
}

}  // namespace

void with_namespaces(std::string_view xml, const Scope& scope, std::string& out) {
  const std::string_view name = xml.substr(0, name_end(xml)), tag = xml.substr(0, tag_end(xml));
  out.assign(name);
  if (name.find(':') == std::string_view::npos && !has_attribute(tag, "xmlns")) declare(out, {}, scope.content_ns);
  std::vector<const NsDecl*> used;
  for (std::size_t colon = xml.find(':'); colon != std::string_view::npos; colon = xml.find(':', colon + 1))
    for (const NsDecl& d : scope.prefixes)
      if (ends_prefix(xml, colon, d.prefix) && std::find(used.begin(), used.end(), &d) == used.end())
        used.push_back(&d);
  std::sort(used.begin(), used.end());  // as the header has them
  for (const NsDecl* d : used)
    if (!has_attribute(tag, "xmlns:" + d->prefix)) declare(out, d->prefix, d->uri);
  out += xml.substr(name.size());
}

std::optional<StreamHeader> read_header(std::string_view tag, std::string& wrong) {
  std::string text;
  const std::size_t colon = tag.find(':');
  const std::string_view prefix = tag.substr(1, colon - 1);
  if (has_attribute(tag, "xmlns:" + std::string(prefix))) {
    text = tag;
  } else {
    const std::size_t end = name_end(tag);
    text = tag.substr(0, end);
    declare(text, prefix, ns::stream);
    text += tag.substr(end);
  }
  XmlStreamReader reader(stanza_limits);
  std::vector<StreamItem> items;
  reader.feed(text, items);
  wrong = "a stream header that is not well-formed";
  if (items.empty()) return std::nullopt;
  if (const auto* fault = std::get_if<StreamFault>(&items.back())) {
    wrong += ": " + fault->text;
    return std::nullopt;
  }
  auto* header = std::get_if<StreamHeader>(&items.front());
  if (!header || header->element.name != "stream") return std::nullopt;
  wrong.clear();
  return std::move(*header);
}

StanzaCheck::StanzaCheck() : plain_(stanza_limits) { begin(); }

void StanzaCheck::begin() {
  reader_.emplace(stanza_limits);
  items_.clear();
  reader_->feed("<s>", items_);
  read_ = 0;
}

Element* StanzaCheck::read(std::string_view xml) {
  if (Element* element = plain_.read(xml)) return element;
  if (++read_ > stanzas_of_a_parser) begin();
  if (auto* old = items_.empty() || last_size_ > small_stanza ? nullptr : std::get_if<Element>(&items_.front()))
    reader_->reuse(std::move(*old));
  items_.clear();
  last_size_ = xml.size();
  reader_->feed(xml, items_);
  if (items_.size() == 1)
    if (auto* element = std::get_if<Element>(&items_.front())) return element;
  wrong_ = "not one whole element";
  if (!items_.empty()) {
    if (const auto* refused = std::get_if<Refused>(&items_.front())) wrong_ = refused->error.text;
    if (const auto* fault = std::get_if<StreamFault>(&items_.back()))
      wrong_ = fault->condition + ": " + fault->text.substr(0, fault->text.find(" at byte "));
  }
  begin();
  return nullptr;
}

}  // namespace ferry::intake
