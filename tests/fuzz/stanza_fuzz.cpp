// Any element as a stanza: what is one becomes an event and the same stanza again; every refusal can be answered.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tests/translators/canonical.h"
#include "translators/message.h"
#include "translators/presence.h"
#include "translators/profile.h"

namespace {

void require(bool property) {
  if (!property) std::abort();
}

// What is written of a message must be read again, or refused with a reason.
void check(const ferry::Message& m) {
  const std::string text = ferry::message::to_json(m, {"1", 0, {}, m.id});
  const auto json = ferry::JsonDocument::parse(text);
  require(json.ok());
  const auto back = ferry::message::from_stored_json(json->root());
  if (!back) {
    require(!back.error().text.empty());
    return;
  }
  const auto again = ferry::JsonDocument::parse(ferry::message::to_json(back->message, {"1", 0, {}, {}}));
  require(again && ferry::message::from_stored_json(again->root()).ok());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto xml = ferry::parse_xml({reinterpret_cast<const char*>(data), size});
  if (!xml) return 0;
  if (const auto reply = ferry::error_reply(*xml, ferry::error(ferry::Condition::bad_request, "x")))
    require(ferry::parse_error(*reply).condition == ferry::Condition::bad_request);
  ferry::parse_error(*xml);
  require(ferry::profile_from_vcard(*xml).photo_data.size() <= 65'536);
  const std::string before = ferry::test::canonical(*xml);
  const auto stanza = ferry::Stanza::from_xml(ferry::Element(*xml));
  if (!stanza) {
    require(!stanza.error().text.empty());
    return 0;
  }
  const ferry::Event event = ferry::to_event(*stanza);
  require(ferry::test::canonical(ferry::to_stanza(event)) == before);
  if (const auto* m = std::get_if<ferry::Message>(&event)) check(*m);
  if (const auto* p = std::get_if<ferry::Presence>(&event)) {
    const auto a = ferry::presence::from_presence(*p, 0);
    require(ferry::presence::from_presence(ferry::presence::to_presence(a), 0).available() == a.available());
    require(ferry::JsonDocument::parse(ferry::presence::contact_presence_json({{"x", a}})).ok());
  }
  return 0;
}
