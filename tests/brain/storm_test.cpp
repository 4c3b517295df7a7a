// Thousands of random events with fixed seeds: nothing crashes, and no rule of tests/brain/invariants.h is broken.
#include <gtest/gtest.h>

#include <random>

#include "tests/brain/storm.h"

namespace ferry {
namespace {

class StormTest : public testing::TestWithParam<unsigned> {};

TEST_P(StormTest, keeps_every_rule) {
  std::mt19937 random(GetParam());
  Storm storm([&](std::size_t below) { return random() % below; }, std::make_unique<MemoryRecords>());
  for (int n = 0; n < 3'000; ++n) ASSERT_EQ(storm.step(), "") << "at event " << n;
}
INSTANTIATE_TEST_SUITE_P(Seeds, StormTest, testing::Range(1u, 11u));

}  // namespace
}  // namespace ferry
