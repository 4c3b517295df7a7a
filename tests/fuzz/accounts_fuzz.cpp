// Any sequence of events over accounts that move: the bytes choose what happens next, and the rules of
// tests/brain/account_watch.h hold after each.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tests/brain/account_storm.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  constexpr int most_events = 60;  // a run stays short, so that there are many
  std::size_t at = 0;
  const auto draw = [&](std::size_t below) -> std::size_t {
    std::size_t value = at < size ? data[at++] : 0;
    if (below > 256 && at < size) value = value << 8 | data[at++];
    return value % below;
  };
  AccountStorm storm(draw, std::make_unique<MemoryRecords>());
  std::string wrong;
  for (int n = 0; n < most_events && at < size && wrong.empty(); ++n) wrong = storm.step();
  if (wrong.empty() && size % 8 == 0) wrong = storm.settle();
  if (wrong.empty()) return 0;
  std::fprintf(stderr, "%s\n", wrong.c_str());
  std::abort();
}
