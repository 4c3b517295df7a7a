// Any bytes as each of the payloads that clients publish: taken or refused with a text that can be shown.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "translators/payloads.h"
#include "translators/presence.h"
#include "translators/profile.h"
#include "translators/values/topic.h"

namespace {

void require(bool property) {
  if (!property) std::abort();
}

template <class T>
void sound(const ferry::Result<T>& result) {
  if (!result) require(!result.error().text.empty() && ferry::is_xml_text(result.error().text));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto json = ferry::JsonDocument::parse({reinterpret_cast<const char*>(data), size});
  sound(json);
  if (!json) return 0;
  const ferry::JsonView root = json->root();
  const std::string copy = ferry::JsonWriter().value(root).take();
  require(ferry::is_utf8(copy));
  const auto again = ferry::JsonDocument::parse(copy);
  require(again.ok());
  if (copy.find_first_of(".eE") == std::string::npos)  // fractions may move to a neighbour
    require(ferry::JsonWriter().value(again->root()).take() == copy);
  sound(ferry::read_receipt(root));
  sound(ferry::read_act(root));
  const auto presence = ferry::presence::from_device_json(root, 0);
  sound(presence);
  if (presence) ferry::presence::to_presence(presence->availability);
  const auto profile = ferry::read_profile(root);
  sound(profile);
  if (profile) {
    const auto back = ferry::profile_from_vcard(ferry::vcard_from_profile(*profile));
    require(ferry::profile_json(back) == ferry::profile_json(*profile));
  }
  return 0;
}
