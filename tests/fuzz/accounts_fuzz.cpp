// Any sequence of events over accounts that move: the bytes choose what happens next, and the rules of
// tests/brain/account_watch.h hold after each.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "gateway/brain/contact_clusters.h"
#include "tests/brain/account_storm.h"

namespace {

// Everybody is in one cluster, and none is too large.
std::string clusters_of(const std::uint8_t* data, std::size_t size) {
  ferry::ContactGraph graph;
  for (std::size_t n = 0; n + 1 < size; n += 2) {
    graph[std::to_string(data[n])].insert(std::to_string(data[n + 1]));
    graph[std::to_string(data[n + 1])].insert(std::to_string(data[n]));
  }
  const std::size_t largest = size % 16 + 1;
  std::size_t members = 0;
  for (const ferry::ContactCluster& cluster : ferry::contact_clusters(graph, largest)) {
    members += cluster.members.size();
    if (cluster.members.size() > largest) return "a cluster is too large";
  }
  return members == graph.size() ? "" : "not everybody is in one cluster";
}

}  // namespace

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
  std::string wrong = size < 64 ? clusters_of(data, size) : "";
  for (int n = 0; n < most_events && at < size && wrong.empty(); ++n) wrong = storm.step();
  if (wrong.empty() && size % 8 == 0) wrong = storm.settle();
  if (wrong.empty()) return 0;
  std::fprintf(stderr, "%s\n", wrong.c_str());
  std::abort();
}
