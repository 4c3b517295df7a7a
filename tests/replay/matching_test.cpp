// What a live gateway sends, compared with what was expected.
#include "tools/ferry-replay/matching.h"

#include <gtest/gtest.h>

namespace ferry {
namespace matching_test {

using replay::Departure;
using replay::Latency;
using replay::Matching;
using replay::Partners;
using replay::plain;

constexpr const char* a = "01K742SG04CSJQ4WKT2GB0MZT4";
constexpr const char* b = "01K742SG0507AW6PTKRJ5K93WZ";
constexpr const char* c = "01K742SG0AE7AKY2F2H5B1JP9N";

Departure departure(const std::string& topic, const std::string& text, bool retain = false) {
  Departure d;
  d.topic = topic;
  d.text = text;
  d.retain = retain;
  return d;
}

struct Match : testing::Test {
  void expect(const std::string& topic, const std::string& text, bool retain = false) {
    matching.expect(event, departure(topic, text, retain));
    matching.sent(event++, 1'000);
  }
  void arrive(const std::string& topic, const std::string& text) { matching.arrived(topic, text, 3'000, 0); }
  Matching::Outcome outcome() {
    return matching.finish([this](const std::string& text) { said += text; });
  }
  Matching matching;
  std::uint64_t event = 0;
  std::string said;
};

TEST_F(Match, TheSameButForIdsIsTheSame) {
  expect("t", std::string("{\"id\":\"") + a + "\"}");
  expect("t", std::string("{\"replaces\":\"") + a + "\"}");
  arrive("t", std::string("{\"id\":\"") + b + "\"}");
  arrive("t", std::string("{\"replaces\":\"") + b + "\"}");
  EXPECT_EQ(matching.open(), 0U);
  const auto o = outcome();
  EXPECT_TRUE(o.good()) << said;
  EXPECT_EQ(o.matched, 2U);
  EXPECT_EQ(matching.latency().count(), 2U);
  EXPECT_DOUBLE_EQ(matching.latency().max_ms(), 2.0);
}

// Each connection's socket takes what it is given in its own time.
TEST_F(Match, WhatWasSentInAnotherOrderIsMeasuredFromItsOwnTime) {
  for (const std::uint64_t n : {0U, 1U, 2U, 3U}) matching.expect(n, departure("t" + std::to_string(n), "x"));
  matching.sent(2, 2'000);
  matching.sent(0, 1'000);
  matching.sent(3, 2'500);
  for (const char* topic : {"t0", "t1", "t2", "t3"}) arrive(topic, "x");
  EXPECT_TRUE(outcome().good()) << said;
  EXPECT_EQ(matching.latency().count(), 3U);  // of t1 nobody knows
  EXPECT_DOUBLE_EQ(matching.latency().max_ms(), 2.0);
}

TEST_F(Match, WhatComesOutOfOrderIsNamed) {
  for (const char* text : {"a", "b"}) expect("t", text);
  arrive("t", "b");
  arrive("t", "a");
  EXPECT_EQ(outcome().disorder, 1U);
  EXPECT_NE(said.find("out of order: t: a"), std::string::npos) << said;
}

TEST_F(Match, AnIdThatNamesAnotherMessageIsADifference) {
  expect("t", std::string("{\"id\":\"") + a + "\"}");
  expect("t", std::string("{\"replaces\":\"") + a + "\"}");
  arrive("t", std::string("{\"id\":\"") + b + "\"}");
  arrive("t", std::string("{\"replaces\":\"") + c + "\"}");
  EXPECT_EQ(matching.open(), 0U);  // something stands in its place: nothing to wait for
  EXPECT_EQ(outcome().different, 1U);
}

TEST_F(Match, WhatDoesNotComeIsLost) {
  expect("t", "{\"body\":\"one\"}");
  expect("t", "{\"body\":\"two\"}");
  arrive("t", "{\"body\":\"two\"}");
  EXPECT_EQ(matching.open(), 1U);
  const auto o = outcome();
  EXPECT_EQ(o.lost, 1U);
  EXPECT_EQ(o.disorder, 0U);
  EXPECT_NE(said.find("one"), std::string::npos);
}

TEST_F(Match, WhatComesLateIsOutOfOrder) {
  for (const char* body : {"one", "two", "three"}) expect("t", body);
  for (const char* body : {"two", "three", "one"}) arrive("t", body);
  const auto o = outcome();
  EXPECT_EQ(o.disorder, 1U);
  EXPECT_EQ(o.matched, 3U);
  EXPECT_FALSE(o.good());
}

TEST_F(Match, WhatComesAgainIsADuplicate) {
  expect("t", "{\"body\":\"one\"}");
  arrive("t", "{\"body\":\"one\"}");
  arrive("t", "{\"body\":\"one\"}");
  arrive("u", "{\"body\":\"one\"}");
  const auto o = outcome();
  EXPECT_EQ(o.duplicates, 1U);
  EXPECT_EQ(o.unexpected, 1U);
}

TEST_F(Match, ANewerRetainedValueStandsForTheOlder) {
  expect("t", "{\"state\":\"away\"}", true);
  expect("t", "{\"state\":\"dnd\"}", true);
  arrive("t", "{\"state\":\"dnd\"}");
  const auto o = outcome();
  EXPECT_TRUE(o.good());
  EXPECT_EQ(o.overtaken, 1U);
}

TEST_F(Match, ARetainedValueThatCameBackStandsForAllBetween) {
  for (const char* state : {"away", "xa", "away"}) expect("t", std::string("{\"state\":\"") + state + "\"}", true);
  arrive("t", "{\"state\":\"away\"}");
  EXPECT_EQ(matching.open(), 0U);
  const auto o = outcome();
  EXPECT_TRUE(o.good());
  EXPECT_EQ(o.overtaken, 2U);
}

TEST_F(Match, WhatComesBeforeItIsExpectedIsKept) {
  matching.sent(0, 1'000);
  arrive("t", "{\"body\":\"one\"}");
  matching.expect(0, departure("t", "{\"body\":\"one\"}"));
  EXPECT_EQ(matching.open(), 0U);
  EXPECT_TRUE(outcome().good());
}

TEST(Plain, LeavesOutIdsAndThePresentTimeOnly) {
  const auto p = plain(std::string("{\"id\":\"") + a + "\",\"ts\":\"1970-01-01T00:00:01.000Z\",\"x\":\"1" + a + "\"}",
                       {0, 1'000, 1'000});
  EXPECT_EQ(p.text, std::string("{\"id\":\"ID\",\"ts\":\"time\",\"x\":\"1") + a + "\"}");
  ASSERT_EQ(p.ids.size(), 1U);
  EXPECT_EQ(p.ids[0], a);
  const std::string other = "{\"ts\":\"1970-01-01T00:00:02.000Z\",\"since\":\"1970-01-01T00:00:00.500Z\"}";
  const auto q = plain(other, {0, 1'000, 1'000});
  EXPECT_EQ(q.text, "{\"ts\":\"time\",\"since\":\"time\"}");
  ASSERT_EQ(q.times.size(), 2U);
  EXPECT_FALSE(q.times[0].now);
  EXPECT_TRUE(q.times[1].now);
  EXPECT_EQ(plain(other).text, other);
  const std::string quoted = R"({"body":"\"ts\":\"1970-01-01T00:00:01.000Z\""})";
  EXPECT_EQ(plain(quoted, {0, 0, 5'000}).text, quoted);
}

// The recorded time of a <delay/> lies among those that could be the present of an offline replay. It stays what it is.
TEST(Plain, ATimeThatWasCopiedIsTheSameText) {
  const auto at = [](const char* since, Instant begin, Instant to) {
    return plain(std::string("{\"since\":\"") + since + "\"}", {begin, begin, to});
  };
  const char *copied = "1970-01-01T00:00:05.000Z", *later = "1970-01-01T00:16:40.000Z";
  const auto expected = at(copied, 4'000, 6'000);
  EXPECT_TRUE(same(expected, at(copied, 900'000, 1'000'000)));
  EXPECT_TRUE(same(expected, at(later, 900'000, 1'000'000)));
  EXPECT_FALSE(same(expected, at("1970-01-01T00:00:07.000Z", 900'000, 1'000'000)));
  EXPECT_FALSE(same(at(copied, 5'001, 6'000), at(later, 900'000, 1'000'000)));
}

TEST_F(Match, ATimeOfTheCaptureIsNoDifference) {
  matching.began(1'000, 900'000);
  auto expected = departure("t", "{\"since\":\"1970-01-01T00:00:05.000Z\"}");
  expected.at = 6'000;
  matching.expect(0, expected);
  matching.arrived("t", "{\"since\":\"1970-01-01T00:00:05.000Z\"}", 1, 950'000);
  EXPECT_TRUE(outcome().good()) << said;
}

TEST(Partners, EachIdHasOne) {
  Partners partners;
  EXPECT_TRUE(partners.fit({a}, {b}));
  EXPECT_TRUE(partners.fit({a}, {b}));
  EXPECT_FALSE(partners.fit({a}, {c}));
  EXPECT_FALSE(partners.fit({a, b}, {b}));
}

TEST(Latency, QuantilesAreAtMostAPartTooHigh) {
  Latency latency;
  for (int us = 1; us <= 100'000; ++us) latency.add(us);
  EXPECT_NEAR(latency.quantile_ms(0.5), 50, 4);
  EXPECT_NEAR(latency.quantile_ms(0.99), 99, 7);
  EXPECT_GE(latency.quantile_ms(0.5), 50);
  EXPECT_DOUBLE_EQ(latency.quantile_ms(1), 100);
  std::uint64_t sum = 0;
  latency.each([&](double, std::uint64_t n) { sum += n; });
  EXPECT_EQ(sum, 100'000U);
  Latency none;
  EXPECT_EQ(none.quantile_ms(0.5), 0);
}

}  // namespace matching_test
}  // namespace ferry
