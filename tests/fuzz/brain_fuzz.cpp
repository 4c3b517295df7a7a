// Any sequence of events: the bytes choose what happens next, and the rules of tests/brain/watch.h hold after each.
#include <cstddef>
#include <cstdint>

#include "tests/brain/storm.h"
#include "tests/fuzz/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  constexpr int most_events = 60;  // a run stays short, so that there are many
  fuzz::Bytes bytes(data, size);
  const auto draw = [&](std::size_t below) { return bytes.below(below); };
  Storm storm(draw, std::make_unique<MemoryRecords>());
  std::string wrong;
  for (int n = 0; n < most_events && bytes.more() && wrong.empty(); ++n) wrong = storm.step();
  if (wrong.empty() && size % 4 == 0) wrong = storm.settle();
  fuzz::require(wrong.empty(), wrong);
  return 0;
}
