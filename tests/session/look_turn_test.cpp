#include "gateway/session/look_turn.h"

#include <gtest/gtest.h>

#include <array>

namespace ferry {
namespace look_turn_test {

constexpr Steady start = 1'000'000;

TEST(LookTurn, AFewAtATimeAndFirstComeFirstServed) {
  LookTurn turn;
  std::array<int, LookTurn::most + 2> who{};
  for (std::size_t i = 0; i < LookTurn::most; ++i) EXPECT_TRUE(turn.take(&who[i], start)) << i;
  EXPECT_FALSE(turn.take(&who[LookTurn::most], start));
  EXPECT_FALSE(turn.take(&who[LookTurn::most + 1], start));
  turn.done(start, start);
  EXPECT_FALSE(turn.take(&who[LookTurn::most + 1], start)) << "somebody else was first";
  EXPECT_TRUE(turn.take(&who[LookTurn::most], start));
}

TEST(LookTurn, AllRestAHundredTimesAsLongAsALookTook) {
  LookTurn turn;
  const int a = 0, b = 0;
  ASSERT_TRUE(turn.take(&a, start));
  turn.done(start, start + 30);
  EXPECT_FALSE(turn.take(&b, start + 30 + LookTurn::rest * 30 - 1));
  EXPECT_TRUE(turn.take(&b, start + 30 + LookTurn::rest * 30));
  turn.done(start + 30 + LookTurn::rest * 30, start + 60 * minute);
  EXPECT_FALSE(turn.take(&a, start + 60 * minute + LookTurn::longest_rest - 1));
  EXPECT_TRUE(turn.take(&a, start + 60 * minute + LookTurn::longest_rest));
}

TEST(LookTurn, WhoIsGoneOrNeverAnsweredHoldsUpNobody) {
  LookTurn turn;
  std::array<int, LookTurn::most> lost{};
  for (const int& who : lost) ASSERT_TRUE(turn.take(&who, start));
  const int gone = 0, here = 0;
  EXPECT_FALSE(turn.take(&gone, start));
  EXPECT_FALSE(turn.take(&here, start));
  for (Steady now = start; now < start + LookTurn::given_up; now += second) EXPECT_FALSE(turn.take(&here, now));
  for (std::size_t i = 0; i + 1 < LookTurn::most; ++i) EXPECT_TRUE(turn.take(&lost[i], start + LookTurn::given_up));
  EXPECT_TRUE(turn.take(&here, start + LookTurn::given_up)) << "who does not ask any more is before nobody";
}

}  // namespace look_turn_test
}  // namespace ferry
