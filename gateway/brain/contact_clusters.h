// Who should move together: people who are each other's contacts, in groups of a bounded size. Pure.
//
// Greedy: a group begins with whoever has the most contacts left, and takes in, one by one, who has the most of them
// inside already, until it is full or nobody is left who knows anybody in it. Deterministic: ties go by name.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace ferry {

using ContactGraph = std::map<std::string, std::set<std::string>>;  // by bare JID; whom it does not have is not to move

struct ContactCluster {
  std::vector<std::string> members;     // in the order in which they joined
  std::size_t inside = 0, outside = 0;  // pairs of contacts: both in it, one of them elsewhere in the graph
};

std::vector<ContactCluster> contact_clusters(const ContactGraph& graph, std::size_t largest);

}  // namespace ferry
