// Any sequence of events: the bytes choose what happens next, and the rules of tests/brain/invariants.h hold after
// each.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tests/brain/storm.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  std::size_t at = 0;
  const auto draw = [&](std::size_t below) -> std::size_t {
    std::size_t value = at < size ? data[at++] : 0;
    if (below > 256 && at < size) value = value << 8 | data[at++];
    return value % below;
  };
  Storm storm(draw, std::make_unique<MemoryRecords>());
  for (int n = 0; n < 500 && at < size; ++n)
    if (const std::string wrong = storm.step(); !wrong.empty()) {
      std::fprintf(stderr, "event %d: %s\n", n, wrong.c_str());
      std::abort();
    }
  return 0;
}
