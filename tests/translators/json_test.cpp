#include "translators/values/json.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace ferry {
namespace json_test {

JsonDocument parsed(std::string_view text) {
  auto d = JsonDocument::parse(text);
  EXPECT_TRUE(d) << text << ": " << (d ? "" : d.error().text);
  return d ? *std::move(d) : *JsonDocument::parse("null");
}

TEST(Json, IsReadAsAView) {
  const JsonDocument d = parsed(R"({"s":"ä\n","n":-5,"b":true,"z":null,"a":[1,"x",[]],"o":{"k":"v"},"f":1.5})");
  const JsonView root = d.root();
  EXPECT_TRUE(root.is_object());
  EXPECT_EQ(root.size(), 7U);
  EXPECT_EQ(root["s"].string(), "ä\n");
  EXPECT_EQ(root["n"].integer(), -5);
  EXPECT_EQ(root["b"].boolean(), true);
  EXPECT_TRUE(root["z"].is_null());
  EXPECT_TRUE(root["a"].is_array());
  EXPECT_EQ(root["a"].size(), 3U);
  EXPECT_EQ(root["o"]["k"].string(), "v");
  EXPECT_EQ(root["f"].integer(), std::nullopt);
  EXPECT_EQ(root["f"].number(), 1.5);
  EXPECT_EQ(root["n"].number(), -5.0);
  EXPECT_EQ(root["s"].number(), std::nullopt);
  std::string seen;
  root["a"].each([&](JsonView v) { seen += v.string() ? *v.string() : "-"; });
  root["o"].members([&](std::string_view k, JsonView v) { seen += std::string(k) + std::string(*v.string()); });
  EXPECT_EQ(seen, "-x-kv");
}

TEST(Json, NothingAnswersWithNothing) {
  const JsonDocument d = parsed(R"({"s":"x"})");
  const JsonView none = d.root()["absent"];
  EXPECT_FALSE(none);
  EXPECT_FALSE(none.is_null());
  EXPECT_FALSE(none["x"]);
  EXPECT_EQ(none.string(), std::nullopt);
  EXPECT_EQ(none.boolean(), std::nullopt);
  EXPECT_EQ(none.integer(), std::nullopt);
  EXPECT_EQ(none.number(), std::nullopt);
  EXPECT_EQ(none.size(), 0U);
  none.each([](JsonView) { FAIL(); });
  none.members([](std::string_view, JsonView) { FAIL(); });
  EXPECT_FALSE(d.root()["s"]["x"]);
  EXPECT_EQ(d.root()["s"].size(), 0U);
}

struct Bad {
  std::string_view name;
  std::string text;
  std::string_view says;
};

TEST(Json, RefusesWithThePlace) {
  const Bad rows[] = {
      {"nothing", "", "byte 0"},
      {"half", R"({"a":)", "byte 5"},
      {"two values", "{} {}", "byte 3"},
      {"a comma too many", R"({"a":1,})", "byte 7"},
      {"a comment", "{/* */}", "byte 1"},
      {"single quotes", "{'a':1}", "byte 1"},
      {"a lone high surrogate", R"({"body":"\uD800"})", "byte"},
      {"a lone low surrogate", R"({"body":"\uDC00"})", "body: "},
      {"surrogates the wrong way round", R"({"body":"\uDC00\uD800"})", "byte"},
      {"a lone low surrogate in an array", R"({"a":["\uDC00"]})", "surrogate"},
      {"a lone low surrogate alone", R"("\uDFFF")", "surrogate"},
      {"a lone low surrogate in a key", R"({"a\uDC00":1})", "surrogate"},
      {"a surrogate in UTF-8", "{\"body\":\"\xED\xA0\x80\"}", "byte"},
      {"not UTF-8", "{\"body\":\"\xFF\"}", "byte"},
      {"overlong UTF-8", "{\"body\":\"\xC0\x80\"}", "byte"},
      {"over U+10FFFF", "{\"body\":\"\xF4\x90\x80\x80\"}", "byte"},
      {"a control character as it is", "{\"body\":\"\x01\"}", "byte"},
      {"a zero byte", std::string("{\"body\":\"a\0\"}", 13), "byte"},
      {"a number beyond all", R"({"priority":1e999})", "byte"},
      {"one that the parser takes", R"({"priority":84467440737091e300})", "priority"},
      {"not a number", R"({"priority":NaN})", "byte"},
      {"the same key twice", R"({"to":"a","body":"1","body":"2"})", "body"},
      {"the same key twice, further in", R"({"a":[{"x":1,"\u0078":2}]})", "x"},
      {"too deep", std::string(1'000'000, '['), ""},
      {"too deep, closed", std::string(1'000'000, '[') + std::string(1'000'000, ']'), "deeper"},
      {"too deep, a field", R"({"body":"x","ext":)" + std::string(1'000'000, '[') + std::string(1'000'000, ']') + "}",
       "deeper"},
      {"objects, too deep",
       [] {
         std::string s;
         for (int i = 0; i < 100'000; ++i) s += R"({"a":)";
         return s + "1" + std::string(100'000, '}');
       }(),
       "deeper"},
  };
  for (const Bad& row : rows) {
    const auto d = JsonDocument::parse(row.text);
    ASSERT_FALSE(d) << row.name;
    EXPECT_EQ(d.error().condition, Condition::bad_request) << row.name;
    EXPECT_NE(d.error().text.find(row.says), std::string::npos) << row.name << ": " << d.error().text;
    EXPECT_LT(d.error().text.size(), 300U) << row.name;
  }
}

TEST(Json, ManyKeysAreNoTrouble) {
  std::string text = "{";
  for (int i = 0; i < 50'000; ++i) text += "\"k" + std::to_string(i) + "\":1,";
  EXPECT_TRUE(JsonDocument::parse(text + "\"k\":2}"));
  EXPECT_FALSE(JsonDocument::parse(text + "\"k49999\":2}"));
}

TEST(Json, DepthUpToSixtyFourIsFine) {
  EXPECT_TRUE(JsonDocument::parse(std::string(64, '[') + std::string(64, ']')));
  EXPECT_FALSE(JsonDocument::parse(std::string(65, '[') + std::string(65, ']')));
}

TEST(Json, NothingTimesMuchIsNothing) {
  for (const std::string_view zero : {"0e300", "0.0000000000000000000000000000000000000", "0e-300"})
    EXPECT_EQ(parsed(zero).root().number(), 0.0) << zero;
}

TEST(Json, NumbersKeepWhatTheyAre) {
  const JsonDocument d = parsed(
      R"([9223372036854775807,-9223372036854775808,18446744073709551615,1e300,0.1,5.0,123456789012345678901234567890])");
  std::vector<std::optional<std::int64_t>> integers;
  d.root().each([&](JsonView v) { integers.push_back(v.integer()); });
  EXPECT_EQ(integers[0], std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(integers[1], std::numeric_limits<std::int64_t>::min());
  for (std::size_t i = 2; i < 7; ++i) EXPECT_EQ(integers[i], std::nullopt) << i;
}

TEST(Json, IsWrittenInOrder) {
  JsonWriter w;
  w.begin_object().field("b", "1").field("a", std::int64_t{-2}).field("t", true).field("d", 0.5).key("l").begin_array();
  w.value("x").value(std::string_view("y\"\\\n\x01ä")).value(JsonView()).end_array().end_object();
  EXPECT_EQ(w.take(), R"({"b":"1","a":-2,"t":true,"d":0.5,"l":["x","y\"\\\n\u0001ä",null]})");
}

TEST(Json, EveryByteIsEscapedWhereItMustBe) {
  for (int c = 0; c < 0x80; ++c)
    for (std::size_t before = 0; before < 10; ++before) {
      const std::string text = std::string(before, 'x') + static_cast<char>(c) + std::string(9, 'y');
      const std::string json = JsonWriter().begin_array().value(text).end_array().take();
      EXPECT_EQ(parsed(json).root().is_array(), true) << c;
      parsed(json).root().each([&](JsonView v) { EXPECT_EQ(v.string(), text) << c; });
      EXPECT_EQ(json.size() > text.size() + 4, c < 0x20 || c == '"' || c == '\\') << c;
    }
}

TEST(Json, CopiesAValueAsItIs) {
  const std::string text = R"({"a":[1,-1,true,null,"ä\u0000",{"b":{}}],"f":0.1,"g":1e300,"h":18446744073709551615})";
  const JsonDocument d = parsed(text);
  EXPECT_EQ(JsonWriter().value(d.root()).take(), text);
  JsonDocument moved = parsed("1");
  moved = parsed("[2]");
  EXPECT_EQ(JsonWriter().value(moved.root()).take(), "[2]");
}

}  // namespace json_test
}  // namespace ferry
