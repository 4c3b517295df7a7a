// Who should move together, of any graph: everybody is in one cluster, and none is too large.
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>

#include "gateway/brain/contact_clusters.h"
#include "tests/fuzz/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ferry;
  fuzz::Bytes bytes(data, size);
  const std::size_t largest = bytes.below(16) + 1;
  ContactGraph graph;
  while (bytes.more()) {
    const std::string one = std::to_string(bytes.below(32)), other = std::to_string(bytes.below(32));
    graph[one].insert(other);
    graph[other].insert(one);
  }
  std::set<std::string> members;
  for (const ContactCluster& cluster : contact_clusters(graph, largest)) {
    fuzz::require(cluster.members.size() <= largest, "a cluster is too large");
    for (const std::string& member : cluster.members)
      fuzz::require(members.insert(member).second, "somebody is in two clusters", member);
  }
  fuzz::require(members.size() == graph.size(), "somebody is in no cluster");
  return 0;
}
