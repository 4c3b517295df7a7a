// What the load generator of tools/bench calls lost, doubled and out of order.
#include "tools/bench.d/load_score.h"

#include <gtest/gtest.h>

namespace ferry::bench {
namespace load_score_test {

TEST(LoadScore, IsCleanWhenEachReceiverHasEachMessageOnce) {
  Score score(3, 2);
  for (std::size_t seq = 0; seq < 3; ++seq) {
    score.sent(seq, steady_ns());
    for (std::size_t receiver = 0; receiver < 2; ++receiver)
      EXPECT_EQ(score.arrived("<body>" + score.body(seq, 200) + "</body>", receiver), seq);
  }
  EXPECT_EQ(score.arrivals(), 6U);
  EXPECT_EQ(score.lost(), 0U);
  EXPECT_EQ(score.doubled(), 0U);
  EXPECT_EQ(score.foreign(), 0U);
  EXPECT_EQ(score.disordered(), 0U);
}

TEST(LoadScore, CountsForEachReceiver) {
  Score score(2, 2);
  score.arrived(score.body(0, 60), 0);
  score.arrived(score.body(0, 60), 0);
  EXPECT_EQ(score.doubled(), 1U);
  EXPECT_EQ(score.lost(), 3U);
  score.arrived(score.body(1, 60), 1);
  EXPECT_EQ(score.disordered(), 0U) << "the other one's order";
  score.arrived(score.body(0, 60), 1);
  EXPECT_EQ(score.disordered(), 1U);
  EXPECT_EQ(score.lost(), 1U);
}

TEST(LoadScore, AnotherRunsMessageIsForeign) {
  Score score(2), other(2);
  EXPECT_FALSE(score.arrived(other.body(0, 60)));
  EXPECT_FALSE(score.arrived("The meeting has moved."));
  EXPECT_EQ(score.foreign(), 2U);
  EXPECT_EQ(score.lost(), 2U);
}

TEST(LoadScore, TheSameMessagesAreAwaitedAtOthersToo) {
  Score score(1);
  score.arrived(score.body(0, 60));
  Score back = score.again(3);
  EXPECT_EQ(back.lost(), 3U);
  EXPECT_EQ(back.arrived(score.body(0, 60), 2), 0U);
  EXPECT_EQ(back.lost(), 2U);
  EXPECT_EQ(score.again(0).lost(), 0U) << "nobody awaits any";
}

}  // namespace load_score_test
}  // namespace ferry::bench
