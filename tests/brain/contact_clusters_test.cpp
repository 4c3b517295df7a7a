// People who know each other are in one group; nobody is in two or in none.
#include "gateway/brain/contact_clusters.h"

#include <gtest/gtest.h>

namespace ferry {
namespace contact_clusters_test {

TEST(ContactClusters, those_who_know_each_other_move_together) {
  const ContactGraph graph = {{"a", {"b", "c"}}, {"b", {"c"}}, {"c", {}}, {"x", {"y"}}, {"y", {"x"}}, {"lone", {}}};
  const auto clusters = contact_clusters(graph, 10);
  ASSERT_EQ(clusters.size(), 3U);
  EXPECT_EQ(clusters[0].members, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(clusters[0].inside, 3U);
  EXPECT_EQ(clusters[0].outside, 0U);
  EXPECT_EQ(clusters[1].members, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(clusters[2].members, (std::vector<std::string>{"lone"}));
}

TEST(ContactClusters, a_group_is_no_larger_than_allowed_and_says_what_it_parts) {
  const ContactGraph graph = {{"a", {"b", "c", "d"}}, {"b", {"c"}}, {"c", {}}, {"d", {}}};
  const auto clusters = contact_clusters(graph, 3);
  ASSERT_EQ(clusters.size(), 2U);
  EXPECT_EQ(clusters[0].members, (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(clusters[0].outside, 1U);
  EXPECT_EQ(clusters[1].members, (std::vector<std::string>{"d"}));
}

TEST(ContactClusters, everybody_is_in_exactly_one) {
  ContactGraph graph;
  for (int i = 0; i < 500; ++i)
    for (int k = 1; k < 5; ++k) graph["u" + std::to_string(i)].insert("u" + std::to_string((i * k + 7) % 500));
  std::size_t members = 0;
  std::set<std::string> seen;
  for (const auto& cluster : contact_clusters(graph, 50)) {
    EXPECT_LE(cluster.members.size(), 50U);
    members += cluster.members.size();
    seen.insert(cluster.members.begin(), cluster.members.end());
  }
  EXPECT_EQ(members, 500U);
  EXPECT_EQ(seen.size(), 500U);
}

TEST(ContactClusters, contacts_who_do_not_move_count_for_nothing) {
  const auto clusters = contact_clusters({{"a", {"a", "server-only"}}}, 10);
  ASSERT_EQ(clusters.size(), 1U);
  EXPECT_EQ(clusters[0].outside, 0U);
}

}  // namespace contact_clusters_test
}  // namespace ferry
