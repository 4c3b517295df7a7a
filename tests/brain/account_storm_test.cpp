// Thousands of random events over accounts that move, with fixed seeds: nothing crashes, and no rule of
// tests/brain/account_watch.h is broken.
#include <gtest/gtest.h>

#include <random>

#include "tests/brain/account_storm.h"

namespace ferry {
namespace account_storm_test {

class AccountStormTest : public testing::TestWithParam<unsigned> {};

TEST_P(AccountStormTest, keeps_every_rule) {
  std::mt19937 random(GetParam());
  for (int storm_number = 0; storm_number < 20; ++storm_number) {
    AccountStorm storm([&](std::size_t below) { return random() % below; }, std::make_unique<MemoryRecords>());
    for (int n = 0; n < 150; ++n) ASSERT_EQ(storm.step(), "") << "storm " << storm_number << ", event " << n;
    ASSERT_EQ(storm.settle(), "") << "storm " << storm_number << ", at rest";
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, AccountStormTest, testing::Range(1u, 11u));

}  // namespace account_storm_test
}  // namespace ferry
