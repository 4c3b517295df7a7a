// Three texts, cut at line feeds: two filters and a name. A name that both filters match is an overlap of theirs.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "translators/values/topic.h"

namespace {

void require(bool property) {
  if (!property) std::abort();
}

std::string_view cut(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return line;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto a = ferry::parse_topic_filter(cut(rest));
  const auto b = ferry::parse_topic_filter(cut(rest));
  const auto name = ferry::parse_topic_name(rest);
  for (const auto* topic : {&a, &b, &name}) {
    if (!*topic) continue;
    require(ferry::is_utf8(**topic));
    std::string joined;
    for (const std::string_view level : ferry::topic_levels(**topic)) joined.append(level).push_back('/');
    joined.pop_back();
    require(joined == **topic);
    require(ferry::filters_overlap(**topic, **topic));
  }
  if (a && b) require(ferry::filters_overlap(*a, *b) == ferry::filters_overlap(*b, *a));
  if (!name) return 0;
  require(ferry::parse_topic_filter(*name).ok() && ferry::topic_matches(*name, *name));
  for (const auto* filter : {&a, &b})
    if (*filter) require(ferry::topic_matches(**filter, *name) == ferry::filters_overlap(**filter, *name));
  if (a && b && ferry::topic_matches(*a, *name) && ferry::topic_matches(*b, *name))
    require(ferry::filters_overlap(*a, *b));
  return 0;
}
