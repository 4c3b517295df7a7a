// Any bytes as a file of each format, in pieces of two sizes: the same records, each stanza an element, nothing lost
// unsaid. The first byte chooses the format; of 'xml', what is no stanza is damage, byte for byte.
#include <string>
#include <string_view>

#include "tests/fuzz/bytes.h"
#include "tests/replay/imported.h"
#include "translators/values/xml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using ferry::fuzz::require;
  if (size == 0) return 0;
  const auto formats = ferry::intake::formats();
  const auto& kind = formats[data[0] % formats.size()];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  ferry::intake::format_of(text);
  const auto whole = ferry::test::import_text(kind.name, text);
  const auto pieces = ferry::test::import_text(kind.name, text, 1 + data[0] / formats.size());
  require(whole.text == pieces.text, "pieces of another size", whole.text);
  for (const ferry::Record& r : whole.records) {
    require(!r.stream.empty());
    if (const auto* s = std::get_if<ferry::CapturedStanza>(&r.what)) {
      const auto e = ferry::parse_xml(s->xml, {2'000'000, 200, 100'000, 400});
      require(e.ok(), "a stanza that is no element", s->xml);
    }
  }
  if (kind.name == "xml") require(whole.counts.damaged_bytes <= text.size());
  return 0;
}
