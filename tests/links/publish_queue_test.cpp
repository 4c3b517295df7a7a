#include "gateway/links/publish_queue.h"

#include <gtest/gtest.h>

namespace ferry {
namespace publish_queue_test {

Publish make(std::string topic, std::string payload, int qos, bool retain, std::int64_t token = 0) {
  Publish p;
  p.topic = std::move(topic);
  p.payload = std::move(payload);
  p.qos = qos;
  p.retain = retain;
  p.token = token;
  return p;
}

std::string drain(PublishQueue& queue) {
  std::string out;
  while (!queue.empty()) {
    const Publish p = queue.pop();
    out += p.topic + "=" + p.payload + " ";
  }
  return out;
}

TEST(PublishQueue, KeepsTheOrderOfMessages) {
  PublishQueue queue;
  queue.push(make("m", "1", 1, false));
  queue.push(make("m", "2", 1, false, 7));
  queue.push(make("m", "3", 0, false));
  EXPECT_EQ(drain(queue), "m=1 m=2 m=3 ");
}

TEST(PublishQueue, OfARetainedTopicOnlyTheLastWaits) {
  PublishQueue queue;
  for (int i = 0; i < 100'000; ++i) queue.push(make("p" + std::to_string(i % 3), std::to_string(i), 1, true));
  EXPECT_EQ(queue.size(), 3U);
  EXPECT_EQ(drain(queue), "p0=99999 p1=99997 p2=99998 ");
  queue.push(make("p0", "again", 1, true));
  EXPECT_EQ(drain(queue), "p0=again ") << "a value that has left is not written over";
}

TEST(PublishQueue, ARetainedOneWithATokenIsNeitherMergedNorOvertaken) {
  PublishQueue queue;
  queue.push(make("mark", "1", 1, true));
  queue.push(make("mark", "2", 1, true, 5));
  queue.push(make("mark", "3", 1, true));
  queue.push(make("mark", "4", 1, true));
  EXPECT_EQ(drain(queue), "mark=1 mark=2 mark=4 ");
}

TEST(PublishQueue, AfterAPopTheIndexStillFits) {
  PublishQueue queue;
  queue.push(make("a", "1", 1, true));
  queue.push(make("b", "1", 1, true));
  queue.push(make("c", "1", 1, true));
  EXPECT_EQ(queue.pop().topic, "a");
  queue.push(make("c", "2", 1, true));
  queue.push(make("b", "2", 1, true));
  queue.push(make("a", "2", 1, true));
  EXPECT_EQ(drain(queue), "b=2 c=2 a=2 ");
}

TEST(PublishQueue, DropsWhatNobodyWaitsForBeyondItsBounds) {
  PublishQueue queue;
  for (std::size_t i = 0; i < PublishQueue::most_volatile + 10; ++i) queue.push(make("act", "x", 0, false));
  EXPECT_EQ(queue.size(), PublishQueue::most_volatile);
  EXPECT_EQ(queue.dropped(), 10U);
  queue.push(make("msg", "x", 1, false, 1));
  queue.push(make("msg", "x", 1, false));
  queue.push(make("presence", "x", 1, true));
  EXPECT_EQ(queue.size(), PublishQueue::most_volatile + 3);
}

TEST(PublishQueue, ALostLinkLeavesTokensAndRetainedValues) {
  PublishQueue queue;
  queue.push(make("act", "1", 0, false));
  queue.push(make("presence", "1", 1, true));
  queue.push(make("receipt", "1", 1, false));
  queue.push(make("msg", "1", 1, false, 9));
  queue.link_lost();
  EXPECT_EQ(queue.dropped(), 2U);
  queue.push(make("presence", "2", 1, true));
  EXPECT_EQ(drain(queue), "presence=2 msg=1 ");
}

TEST(PublishQueue, WhatEndsWithTheLinkIsNoLoss) {
  PublishQueue queue;
  Publish p = make("msg", "1", 1, false, 9);
  p.ends_with_link = true;
  queue.push(p);
  queue.push(make("feed", "1", 1, false, -2));
  queue.link_lost();
  EXPECT_EQ(queue.dropped(), 0U);
  EXPECT_EQ(drain(queue), "feed=1 ");
}

TEST(PublishQueue, WhatWasUnacknowledgedIsAheadAgain) {
  PublishQueue queue;
  queue.push(make("p0", "3", 1, true));
  queue.push(make("msg", "2", 1, false, 9));
  queue.put_back({make("p0", "1", 1, true), make("receipt", "1", 1, false), make("p1", "1", 1, true),
                  make("msg", "1", 1, false, 8)});
  EXPECT_EQ(queue.size(), 5U);
  queue.push(make("p1", "2", 1, true));
  EXPECT_EQ(drain(queue), "receipt=1 p1=2 msg=1 p0=3 msg=2 ") << "an older value does not come back";
}

}  // namespace publish_queue_test
}  // namespace ferry
