// Any bytes as out/msg: refused with a reason, or a stanza that is legal XML and a payload that is read as the same
// again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tests/translators/canonical.h"
#include "translators/message.h"

namespace {

void require(bool property) {
  if (!property) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json = ferry::JsonDocument::parse({reinterpret_cast<const char*>(data), size});
  if (!json) return 0;
  ferry::message::id_of(json->root());
  const auto out = ferry::message::from_json(json->root());
  if (!out) {
    require(!out.error().text.empty() && ferry::is_xml_text(out.error().text));
    return 0;
  }
  const ferry::Element stanza = ferry::to_stanza(out->message);
  auto read = ferry::parse_xml(ferry::to_xml(stanza, ferry::ns::client), {10'000'000, 100, 100'000, 1'000});
  require(read && ferry::test::canonical(*read) == ferry::test::canonical(stanza));
  require(ferry::Stanza::from_xml(ferry::Element(*read)).ok());

  const std::string id = out->id.empty() ? "1" : out->id;
  const auto written = ferry::JsonDocument::parse(ferry::message::to_json(out->message, {id, 0, out->device, {}}));
  require(written.ok());
  auto again = ferry::message::from_stored_json(written->root());
  require(again.ok());
  again->message.id = out->message.id;
  require(ferry::test::canonical(ferry::to_stanza(again->message)) == ferry::test::canonical(stanza));
  return 0;
}
