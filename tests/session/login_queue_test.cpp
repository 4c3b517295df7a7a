#include "gateway/session/login_queue.h"

#include <gtest/gtest.h>

namespace ferry {
namespace login_queue_test {

// All that may log in between two points in time, with the time of each.
std::vector<std::pair<std::uint32_t, Steady>> run(LoginQueue& queue, Steady from, Steady to) {
  std::vector<std::pair<std::uint32_t, Steady>> out;
  for (Steady now = from; now <= to;) {
    while (const auto session = queue.next(now)) {
      out.emplace_back(*session, now);
      queue.done(*session);
    }
    const auto due = queue.deadline(now);
    if (!due) break;
    EXPECT_GT(*due, now) << "a deadline that has passed and gives nothing";
    now = *due;
  }
  return out;
}

TEST(LoginQueue, KeepsTheRate) {
  LoginQueue queue(50);
  for (std::uint32_t i = 1; i <= 300; ++i) queue.add(i, 0);
  const auto all = run(queue, 1'000, 100'000);
  ASSERT_EQ(all.size(), 300U);
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].first, i + 1);
  EXPECT_NEAR(static_cast<double>(all.back().second - all.front().second), (300.0 - 50 * LoginQueue::burst_time) * 20,
              400);
  for (std::size_t i = 60; i < all.size(); ++i) EXPECT_GE(all[i].second - all[i - 60].second, 900);
}

TEST(LoginQueue, ASlowRateStillMoves) {
  LoginQueue queue(0.5);
  queue.add(1, 0);
  queue.add(2, 0);
  const auto all = run(queue, 0, 10'000);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_NEAR(static_cast<double>(all[1].second), 2'000, 2);
}

TEST(LoginQueue, NobodyBeforeHisTimeAndWhoeverIsRemovedNever) {
  LoginQueue queue(1'000);
  queue.add(1, 5'000);
  queue.add(2, 1'000);
  queue.add(3, 2'000);
  queue.add(2, 6'000);
  queue.remove(3);
  EXPECT_EQ(run(queue, 0, 4'999).size(), 0U);
  const auto all = run(queue, 5'000, 10'000);
  EXPECT_EQ(all, (std::vector<std::pair<std::uint32_t, Steady>>{{1, 5'000}, {2, 6'000}}));
  EXPECT_FALSE(queue.deadline(10'000));
}

TEST(LoginQueue, WhoIsWaitedForComesFirst) {
  LoginQueue queue(1'000);
  for (std::uint32_t i = 1; i <= 4; ++i) queue.add(i, 1'000);
  queue.add(5, 9'000);  // it failed a moment ago
  queue.hurry(3, 2'000);
  queue.hurry(5, 2'000);
  queue.hurry(6, 2'000);  // nobody
  const auto all = run(queue, 2'000, 10'000);
  std::vector<std::uint32_t> order;
  for (const auto& [session, when] : all) order.push_back(session);
  EXPECT_EQ(order, (std::vector<std::uint32_t>{3, 1, 2, 4, 5}));
}

// A server that takes 20 s for what the rate starts in one: all would end by their time limits, and begin again.
TEST(LoginQueue, OnlySoManyAreUnderWay) {
  LoginQueue queue(100);
  for (std::uint32_t i = 1; i <= 60; ++i) queue.add(i, 0);
  std::vector<std::uint32_t> begun;
  for (Steady now = 0; now < 10'000; now += 10)
    while (const auto session = queue.next(now)) begun.push_back(*session);
  EXPECT_EQ(begun.size(), 100 * LoginQueue::most_time);
  EXPECT_FALSE(queue.next(20'000));
  EXPECT_FALSE(queue.deadline(20'000));

  queue.done(1);
  EXPECT_EQ(queue.deadline(20'000), 20'000);
  EXPECT_EQ(queue.next(20'000), 51U);
  queue.add(2, 21'000);  // failed; it comes behind the others
  EXPECT_EQ(queue.next(21'000), 52U);
  queue.remove(3);
  EXPECT_EQ(queue.next(21'000), 53U);
  EXPECT_FALSE(queue.next(21'000));
}

}  // namespace login_queue_test
}  // namespace ferry
