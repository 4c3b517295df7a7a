// Any bytes as a name and as an escaped name: one name, one form.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "translators/values/topic.h"
#include "translators/values/uid.h"

namespace {

void require(bool property) {
  if (!property) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto level = ferry::escape_level(text)) {
    require(level->size() <= ferry::max_level_bytes && ferry::parse_topic_name(*level).ok());
    require(ferry::topic_levels(*level).size() == 1);
    const auto back = ferry::unescape_level(*level);
    require(back && *back == text);
  }
  if (const auto bytes = ferry::unescape_level(text)) {
    require(ferry::is_utf8(*bytes));
    const auto again = ferry::escape_level(*bytes);
    require(again && *again == text);
  }
  if (const auto jid = ferry::from_uid(text)) {
    require(jid->has_local() && !jid->has_resource());
    const auto uid = ferry::to_uid(*jid);
    require(uid && *uid == text);
  }
  if (const auto resource = ferry::from_device(text)) {
    const auto device = ferry::to_device(*resource);
    require(device && *device == text);
    const auto jid = ferry::Jid::make({}, "b", *resource);
    require(jid && jid->resourcepart() == *resource);
  }
  if (const auto jid = ferry::Jid::parse(text); jid && jid->has_local()) {
    if (const auto uid = ferry::to_uid(*jid)) {
      const auto back = ferry::from_uid(*uid);
      require(back && *back == jid->bare());
    }
  }
  return 0;
}
