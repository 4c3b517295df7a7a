#include "gateway/links/backoff.h"

#include <gtest/gtest.h>

#include <set>

namespace ferry {
namespace backoff_test {

TEST(Backoff, DoublesFromLeastToMostWithinItsUpperHalf) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Backoff backoff(seed);
    Duration expected = Backoff::least;
    for (int i = 0; i < 12; ++i) {
      const Duration wait = backoff.next();
      EXPECT_GE(wait, expected / 2) << "attempt " << i << " seed " << seed;
      EXPECT_LE(wait, expected) << "attempt " << i << " seed " << seed;
      expected = std::min(expected * 2, Backoff::most);
    }
  }
}

TEST(Backoff, DiffersBetweenGateways) {
  std::set<Duration> waits;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) waits.insert(Backoff(seed * 7919).longest());
  EXPECT_GT(waits.size(), 10U);
}

TEST(Backoff, StartsAgainOnlyAfterAStableLink) {
  Backoff backoff(3);
  backoff.longest();
  backoff.was_up(Backoff::stable - 1);
  EXPECT_GE(backoff.next(), Backoff::most / 2);
  backoff.was_up(Backoff::stable);
  EXPECT_LE(backoff.next(), Backoff::least);
}

}  // namespace backoff_test
}  // namespace ferry
