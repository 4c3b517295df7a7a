#include "translators/values/cbor.h"

#include <gtest/gtest.h>

#include <string>

#include "translators/values/json.h"

namespace ferry {
namespace cbor_test {

std::string bytes(std::string_view hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return out;
}

std::string hex(std::string_view b) {
  std::string out;
  for (const char c : b) {
    constexpr char digits[] = "0123456789abcdef";
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

struct Pair {
  std::string_view json, cbor;
};

// RFC 8949 appendix A, as far as JSON has it.
TEST(Cbor, IsWhatTheRfcSays) {
  const Pair rows[] = {
      {"0", "00"},
      {"23", "17"},
      {"24", "1818"},
      {"1000", "1903e8"},
      {"1000000", "1a000f4240"},
      {"1000000000000", "1b000000e8d4a51000"},
      {"-1", "20"},
      {"-100", "3863"},
      {"-1000", "3903e7"},
      {"9223372036854775807", "1b7fffffffffffffff"},
      {"-9223372036854775808", "3b7fffffffffffffff"},
      {"1.1", "fb3ff199999999999a"},
      {"1e300", "fb7e37e43c8800759c"},
      {"-4.1", "fbc010666666666666"},
      {"false", "f4"},
      {"true", "f5"},
      {"null", "f6"},
      {R"("")", "60"},
      {R"("IETF")", "6449455446"},
      {R"("ü")", "62c3bc"},
      {R"("水")", "63e6b0b4"},
      {"[]", "80"},
      {"[1,[2,3],[4,5]]", "8301820203820405"},
      {"{}", "a0"},
      {R"({"a":1,"b":[2,3]})", "a26161016162820203"},
      {R"(["a",{"b":"c"}])", "826161a161626163"},
  };
  for (const Pair& row : rows) {
    const auto cbor = json_to_cbor(row.json);
    ASSERT_TRUE(cbor) << row.json;
    EXPECT_EQ(hex(*cbor), row.cbor) << row.json;
    const auto json = cbor_to_json(bytes(row.cbor));
    ASSERT_TRUE(json) << row.json << json.error().text;
    EXPECT_EQ(*json, row.json == "1e300" ? "1e300" : row.json);
  }
}

TEST(Cbor, ThereAndBackIsTheSame) {
  std::string groups = "[";
  for (int i = 0; i < 300; ++i) groups += "\"g" + std::to_string(i) + "\",";
  const std::string rows[] = {
      R"({"id":"01JD","from":"alice@corp.example/spark","kind":"chat","body":"Where\nare 😀 \u0000?","want":["delivered","displayed"]})",
      R"({"reason":{"condition":"item-not-found","text":"","retry":false},"n":null,"e":{},"f":[]})",
      R"({"i":[0,1,-1,255,256,65535,65536,4294967296],"f":[0.5,0.1,-1e-7,1.5e300,1.0]})",
      R"({"long":")" + std::string(70'000, 'x') + "\"}",
      groups + "1]",
      std::string(64, '[') + std::string(64, ']'),
  };
  for (const std::string& json : rows) {
    const auto cbor = json_to_cbor(json);
    ASSERT_TRUE(cbor);
    const auto back = cbor_to_json(*cbor);
    ASSERT_TRUE(back) << json << ": " << back.error().text;
    EXPECT_EQ(*back, json);
    for (std::size_t cut = 0; cut < cbor->size(); cut += 1 + cbor->size() / 200)
      EXPECT_FALSE(cbor_to_json(std::string_view(*cbor).substr(0, cut))) << cut;
    EXPECT_FALSE(cbor_to_json(*cbor + '\0'));
  }
}

TEST(Cbor, ReadsOtherWaysToSayIt) {
  const Pair rows[] = {
      {"10", "1b000000000000000a"},
      {"1.0", "f93c00"},
      {"1.5", "f93e00"},
      {"100000.0", "fa47c35000"},
      {"[1,[2,3]]", "9f018202 03ff"},
      {R"({"a":1,"b":[]})", "bf61610161629fffff"},
      {"[]", "9fff"},
      {"{}", "bfff"},
      {"[[],{}]", "8280a0"},
      {R"("a")", "7900 0161"},
  };
  for (const Pair& row : rows) {
    std::string packed(row.cbor);
    std::erase(packed, ' ');
    const auto json = cbor_to_json(bytes(packed));
    ASSERT_TRUE(json) << row.json << " " << json.error().text;
    EXPECT_EQ(*json, row.json);
  }
}

TEST(Cbor, RefusesWithTheReason) {
  struct {
    std::string_view name;
    std::string cbor;
    std::string_view says;
  } const rows[] = {
      {"nothing", "", "early"},
      {"a break", "ff", "break"},
      {"a break in a definite array", "81ff", "break"},
      {"a break where a value should be", "bf6161ff", "break"},
      {"an indefinite array without an end", "9f01", "early"},
      {"two values", "0000", "more than one"},
      {"a trailing byte", "a000", "more than one"},
      {"bytes", "4101", "byte string"},
      {"bytes in chunks", "5f4101ff", "byte string"},
      {"text in chunks", "7f6161ff", "chunks"},
      {"a tag", "c074323031332d30332d32315432303a30343a30305a", "tag"},
      {"undefined", "f7", "undefined"},
      {"a simple value", "f0", "byte 0"},
      {"a reserved length", "1c", "byte 0"},
      {"not a number", "f97e00", "finite"},
      {"infinity", "fb7ff0000000000000", "finite"},
      {"too large", "1bffffffffffffffff", "64 bits"},
      {"too small", "3bffffffffffffffff", "64 bits"},
      {"a number as a key", "a10102", "key"},
      {"a map as a key", "a1a001", "key"},
      {"an array as a key", "a18001", "key"},
      {"true as a key", "a1f501", "key"},
      {"null as a key", "a1f601", "key"},
      {"half as a key", "a1f93c0001", "key"},
      {"text that is not UTF-8", "61ff", "UTF-8"},
      {"a text longer than the rest", "7bffffffffffffffff61", "byte 0"},
      {"a map of impossible size", "bbffffffffffffffff", "impossible"},
      {"an array of impossible size", "9bffffffffffffffff00", "early"},
  };
  for (const auto& row : rows) {
    const auto json = cbor_to_json(bytes(row.cbor));
    ASSERT_FALSE(json) << row.name << " " << *json;
    EXPECT_EQ(json.error().condition, Condition::bad_request) << row.name;
    EXPECT_NE(json.error().text.find(row.says), std::string::npos) << row.name << ": " << json.error().text;
  }
  EXPECT_FALSE(cbor_to_json(std::string(65, '\x81') + '\0'));
  EXPECT_FALSE(JsonDocument::parse(*cbor_to_json(bytes("a2616101616102")))) << "the same key twice";
  EXPECT_TRUE(cbor_to_json(std::string(64, '\x81') + '\0'));
  EXPECT_FALSE(cbor_to_json(std::string(1'000'000, '\x9f')));
}

TEST(Cbor, RefusesWhatIsNoJson) {
  EXPECT_FALSE(json_to_cbor("{"));
  EXPECT_FALSE(json_to_cbor(std::string(65, '[') + std::string(65, ']')));
  EXPECT_FALSE(json_to_cbor("18446744073709551615")) << "or it would come back as another number";
}

}  // namespace cbor_test
}  // namespace ferry
