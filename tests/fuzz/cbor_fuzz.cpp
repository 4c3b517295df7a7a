// Any bytes as CBOR, and as JSON: what is one becomes the other and the same again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "translators/values/cbor.h"
#include "translators/values/json.h"

namespace {

void require(bool property) {
  if (!property) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto json = ferry::cbor_to_json(bytes); json && ferry::JsonDocument::parse(*json)) {
    const auto cbor = ferry::json_to_cbor(*json);
    require(cbor.ok());
    const auto back = ferry::cbor_to_json(*cbor);
    require(back.ok());
    if (json->find_first_of(".eE") == std::string::npos) require(*back == *json);  // fractions may move to a neighbour
  }
  if (const auto cbor = ferry::json_to_cbor(bytes)) {
    const auto json = ferry::cbor_to_json(*cbor);
    require(json.ok());
    const auto document = ferry::JsonDocument::parse(bytes);
    require(document && ferry::JsonWriter().value(document->root()).take() == *json);
  }
  return 0;
}
