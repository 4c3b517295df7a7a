#include "translators/values/ulid.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace ferry {
namespace ulid_test {

constexpr Instant noon = 1'795'168'800'000;

TEST(Ulid, IsTwentySixOfCrockfordsCharacters) {
  UlidSource source({1, 2});
  for (int i = 0; i < 1'000; ++i) {
    const std::string id = source.next(noon + i);
    ASSERT_EQ(id.size(), 26U);
    ASSERT_EQ(id.find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ"), std::string::npos) << id;
    ASSERT_LE(id[0], '7') << "128 bits";
  }
}

TEST(Ulid, BeginsWithItsTime) {
  UlidSource source({3, 4});
  EXPECT_EQ(source.next(1'469'918'176'385).substr(0, 10), "01ARYZ6S41");  // the example of the ULID specification
  EXPECT_EQ(UlidSource({1, 1}).next(0).substr(0, 10), "0000000000");
  EXPECT_EQ(UlidSource({1, 1}).next(-5).substr(0, 10), "0000000000");
  EXPECT_EQ(UlidSource({1, 1}).next((Instant{1} << 48) - 1).substr(0, 10), "7ZZZZZZZZZ");
}

TEST(Ulid, GrowsWhateverTheClockDoes) {
  UlidSource source({5, 6});
  std::string last;
  Instant now = noon;
  for (int i = 0; i < 300'000; ++i) {
    if (i % 1'000 == 0) now += i % 3'000 == 0 ? 7 : -3;
    std::string id = source.next(now);
    ASSERT_GT(id, last) << i;
    last = std::move(id);
  }
}

TEST(Ulid, TwoSeedsGiveTwoSequencesAndOneSeedTheSame) {
  UlidSource a({7, 8}), b({7, 9}), again({7, 8});
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i) {
    const std::string id = a.next(noon);
    EXPECT_EQ(id, again.next(noon));
    EXPECT_TRUE(seen.insert(id).second);
    EXPECT_TRUE(seen.insert(b.next(noon)).second);
  }
}

}  // namespace ulid_test
}  // namespace ferry
