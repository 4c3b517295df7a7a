// Any text as a time, any number as an instant.
#include <cstring>

#include "tests/fuzz/bytes.h"
#include "translators/values/instant.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  using fuzz::require;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  constexpr Instant first = -62'167'219'200'000, last = 253'402'300'799'999;  // the years 0 to 9999
  if (const auto t = parse_instant(text)) {
    require(*t >= first - 24 * 60 * minute && *t <= last + 24 * 60 * minute, "a time within the years 0 to 9999", text);
    if (*t >= first && *t <= last)
      require(parse_instant(format_instant(*t)) == t, "a time is its own normal form", text);
  }
  if (size < sizeof(Instant)) return 0;
  Instant t = 0;
  std::memcpy(&t, data, sizeof t);
  const std::string shown = format_instant(t);
  if (t >= first && t <= last) require(parse_instant(shown) == t, "an instant is read as itself", shown);
  return 0;
}
