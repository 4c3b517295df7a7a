#include "translators/values/base64.h"

#include <gtest/gtest.h>

#include <utility>

namespace ferry::base64_test {

TEST(Base64, BothWays) {
  for (const auto& [bytes, text] :
       {std::pair{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}}) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(from_base64(to_base64(all)), all);
}

TEST(Base64, HasOneForm) {
  for (const char* wrong :
       {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Z g=", "Zm9v!A==", "Zm9vYmFy\n"})
    EXPECT_EQ(from_base64(wrong), std::nullopt) << wrong;
}

TEST(Base64, Hex) {
  EXPECT_EQ(to_hex(std::string("\0\xff", 2)), "00ff");
  EXPECT_EQ(from_hex("00fF"), std::string("\0\xff", 2));
  EXPECT_EQ(from_hex("0"), std::nullopt);
  EXPECT_EQ(from_hex("0g"), std::nullopt);
}

}  // namespace ferry::base64_test
