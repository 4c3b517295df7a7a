// Any bytes as a stream, in two halves or whole; any text as an element: what was read is written and read as the same.
// What the reader of plain elements takes, expat's takes, and both make the same of it.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/translators/canonical.h"
#include "translators/values/xml_plain.h"
#include "translators/values/xml_reader.h"

namespace {

void require(bool property) {
  if (!property) std::abort();
}

constexpr ferry::XmlLimits limits{4'096, 16, 64, 8};

std::string describe(const std::vector<ferry::StreamItem>& items) {
  std::string all;
  for (const ferry::StreamItem& item : items) {
    all += static_cast<char>('0' + item.index());
    if (const auto* h = std::get_if<ferry::StreamHeader>(&item))
      all += h->content_ns + ferry::test::canonical(h->element);
    if (const auto* e = std::get_if<ferry::Element>(&item)) all += ferry::test::canonical(*e);
    if (const auto* r = std::get_if<ferry::Refused>(&item)) {
      require(r->stanza.children.empty() && !r->error.text.empty());
      all += ferry::test::canonical(r->stanza);
    }
    if (const auto* f = std::get_if<ferry::StreamFault>(&item)) all += f->condition;
  }
  return all;
}

void same_again(const ferry::Element& e) {
  for (const std::string_view outside : {ferry::ns::client, std::string_view{}, std::string_view{"\n"}}) {
    const auto again = ferry::parse_xml(ferry::to_xml(e, outside), {1'000'000, 17, 65, 100}, outside);
    require(again && ferry::test::canonical(*again) == ferry::test::canonical(e));
  }
}

void same_as_plain(std::string_view text) {
  ferry::PlainXmlReader plain(limits);
  for (int again = 0; again < 2; ++again) {  // then in the memory of the first
    const ferry::Element* read = plain.read(text);
    if (!read) return;
    std::vector<ferry::StreamItem> items;
    ferry::XmlStreamReader reader(limits);
    reader.feed("<s>", items);
    reader.feed(text, items);
    require(items.size() == 2 && std::holds_alternative<ferry::Element>(items[1]));
    require(std::get<ferry::Element>(items[1]) == *read);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto e = ferry::parse_xml(text, limits)) same_again(*e);
  same_as_plain(text);
  const std::string head = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
  for (const std::string& stream : {std::string(text), head + std::string(text)}) {
    std::vector<ferry::StreamItem> whole, halves, bytes;
    ferry::XmlStreamReader(limits).feed(stream, whole);
    ferry::XmlStreamReader two(limits), each(limits);
    const std::size_t cut = size == 0 ? 0 : data[0] * stream.size() / 256;
    two.feed(std::string_view(stream).substr(0, cut), halves);
    two.feed(std::string_view(stream).substr(cut), halves);
    for (const char& c : stream) each.feed({&c, 1}, bytes);
    require(describe(whole) == describe(halves) && describe(whole) == describe(bytes));
    for (const ferry::StreamItem& item : whole)
      if (const auto* e = std::get_if<ferry::Element>(&item)) same_again(*e);
  }
  return 0;
}
