#include "gateway/brain/contact_clusters.h"

#include <algorithm>
#include <utility>

namespace ferry {
namespace {

// Contacts of each other, whoever has whom on the roster; only among those who are to move.
ContactGraph both_ways(const ContactGraph& graph) {
  ContactGraph out;
  for (const auto& [jid, contacts] : graph) {
    out[jid];
    for (const std::string& contact : contacts) {
      if (contact == jid || !graph.contains(contact)) continue;
      out[jid].insert(contact);
      out[contact].insert(jid);
    }
  }
  return out;
}

}  // namespace

std::vector<ContactCluster> contact_clusters(const ContactGraph& graph, std::size_t largest) {
  const ContactGraph known = both_ways(graph);
  std::vector<std::pair<std::size_t, std::string>> by_degree;
  for (const auto& [jid, contacts] : known) by_degree.emplace_back(contacts.size(), jid);
  std::sort(by_degree.begin(), by_degree.end(),
            [](const auto& a, const auto& b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
  std::set<std::string> taken;
  std::vector<ContactCluster> clusters;
  for (const auto& [degree, first] : by_degree) {
    if (taken.contains(first)) continue;
    ContactCluster cluster;
    std::set<std::string> inside;
    std::map<std::string, std::size_t> near;  // who knows how many of those inside
    std::string next = first;
    while (!next.empty() && cluster.members.size() < std::max<std::size_t>(1, largest)) {
      taken.insert(next);
      inside.insert(next);
      cluster.members.push_back(next);
      near.erase(next);
      for (const std::string& contact : known.at(next))
        if (!taken.contains(contact)) ++near[contact];
      const auto best = std::max_element(near.begin(), near.end(), [](const auto& a, const auto& b) {
        return a.second != b.second ? a.second < b.second : a.first > b.first;
      });
      next = best == near.end() ? std::string() : best->first;
    }
    for (const std::string& member : cluster.members)
      for (const std::string& contact : known.at(member))
        ++(inside.contains(contact) ? cluster.inside : cluster.outside);
    cluster.inside /= 2;
    clusters.push_back(std::move(cluster));
  }
  return clusters;
}

}  // namespace ferry
