#include "gateway/capture/remembered.h"

#include <gtest/gtest.h>

namespace ferry {
namespace remembered_test {

void keep(Remembered& all, const std::string& name, const std::string& value) { all.keep(name, all.hash(name), value); }
std::string found(const Remembered& all, const std::string& name) {
  const auto value = all.find(name, all.hash(name));
  return value ? std::string(*value) : "none";
}

TEST(Remembered, EachNameHasItsOwnValue) {
  Remembered all(42);
  EXPECT_EQ(found(all, "alice"), "none");
  for (int i = 0; i < 5'000; ++i) keep(all, "user" + std::to_string(i) + "@corp.example", std::to_string(i * 7));
  for (std::size_t size = 0; size <= 40; ++size)
    keep(all, std::string(size, 'x'), std::to_string(size));  // of any length
  for (int i = 0; i < 5'000; ++i)
    ASSERT_EQ(found(all, "user" + std::to_string(i) + "@corp.example"), std::to_string(i * 7));
  for (std::size_t size = 0; size <= 40; ++size) ASSERT_EQ(found(all, std::string(size, 'x')), std::to_string(size));
  EXPECT_EQ(found(all, "user5000@corp.example"), "none");
}

TEST(Remembered, ForgetsAllBeforeItIsTooMuch) {
  Remembered names(1), bytes(1);
  for (std::size_t i = 0; i < Remembered::max_names; ++i) keep(names, std::to_string(i), "");
  EXPECT_EQ(found(names, "0"), "");
  keep(names, "one more", "1");
  EXPECT_EQ(found(names, "0"), "none");
  EXPECT_EQ(found(names, "one more"), "1");
  const std::string large(Remembered::max_bytes / 2, 'x');
  keep(bytes, "a", large);
  EXPECT_EQ(found(bytes, "a"), large);
  keep(bytes, "b", large);
  EXPECT_EQ(found(bytes, "a"), "none");
  EXPECT_EQ(found(bytes, "b"), large);
  keep(bytes, "c", large + large);
  EXPECT_EQ(found(bytes, "c"), "none");
  keep(bytes, std::string(Remembered::longest + 1, 'x'), "1");
  EXPECT_EQ(found(bytes, std::string(Remembered::longest + 1, 'x')), "none");
}

}  // namespace remembered_test
}  // namespace ferry
