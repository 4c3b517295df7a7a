#include "translators/payloads.h"

#include <gtest/gtest.h>

namespace ferry {
namespace payloads_test {

constexpr Instant noon = 1'795'168'800'000;

JsonDocument parsed(std::string_view json) { return *JsonDocument::parse(json); }

TEST(Payloads, AreAsTheTopicTreeSays) {
  const StanzaError full = error(Condition::resource_constraint, "full"), silent = error(Condition::item_not_found, "");
  const std::pair<std::string, std::string_view> rows[] = {
      {receipt_json({"1", "a@c.example", MessageState::delivered, nullptr, {}, noon}),
       R"({"id":"1","from":"a@c.example","state":"delivered","ts":"2026-11-20T10:00:00.000Z"})"},
      {receipt_json({"1", "a@c.example", MessageState::failed, &full, {}, 0}),
       R"({"id":"1","from":"a@c.example","state":"failed","reason":{"condition":"resource-constraint","text":"full","retry":true}})"},
      {receipt_json({"-", {}, MessageState::failed, &silent, "im/v1/u/b/out/msg", 0}),
       R"({"id":"-","state":"failed","reason":{"condition":"item-not-found","text":"","retry":false},"topic":"im/v1/u/b/out/msg"})"},
      {act_json(*Jid::parse("a@c.example/x"), "composing"), R"({"from":"a@c.example/x","state":"composing"})"},
      {contact_json({"a@c.example", "Alice", {"Friends", "Work"}, "both", false, false, false}),
       R"({"jid":"a@c.example","name":"Alice","groups":["Friends","Work"],"subscription":"both"})"},
      {contact_json({"a@c.example", "", {}, "none", true, true, true}),
       R"({"jid":"a@c.example","name":"","groups":[],"subscription":"none","ask":"subscribe","request":true,"approved":true})"},
      {state_json("dual", true, "1.0"), R"({"account":"dual","links":{"xmpp":"up"},"version":"1.0"})"},
      {state_json("hosted", false, "1.0"), R"({"account":"hosted","links":{"xmpp":"down"},"version":"1.0"})"},
      {gateway_status_json(true, "1.0", noon),
       R"({"state":"online","version":"1.0","since":"2026-11-20T10:00:00.000Z"})"},
      {gateway_status_json(false, "1.0", noon),
       R"({"state":"offline","version":"1.0","since":"2026-11-20T10:00:00.000Z"})"},
      {answer_json("q1", R"({"contacts":[{"n":1.5}]})"), R"({"id":"q1","ok":true,"result":{"contacts":[{"n":1.5}]}})"},
      {answer_json("q1", "{}"), R"({"id":"q1","ok":true,"result":{}})"},
      {answer_json("q1", full),
       R"({"id":"q1","ok":false,"error":{"condition":"resource-constraint","text":"full","retry":true}})"},
  };
  for (const auto& [json, expected] : rows) EXPECT_EQ(json, expected);
}

TEST(Payloads, StatesHaveNames) {
  const std::pair<MessageState, std::string_view> rows[] = {
      {MessageState::accepted, "accepted"},   {MessageState::waiting, "accepted"},
      {MessageState::forwarded, "forwarded"}, {MessageState::delivered, "delivered"},
      {MessageState::displayed, "displayed"}, {MessageState::failed, "failed"}};
  for (const auto& [state, name] : rows) EXPECT_EQ(state_name(state), name);
}

TEST(Payloads, ReceiptsAreRead) {
  const auto r = read_receipt(parsed(R"({"id":"1","to":"a@c.example/x","state":"displayed"})").root());
  ASSERT_TRUE(r);
  EXPECT_EQ(r->id, "1");
  EXPECT_EQ(r->to->str(), "a@c.example/x");
  EXPECT_EQ(r->state, MessageState::displayed);
  EXPECT_EQ(read_receipt(parsed(R"({"id":"1","state":"delivered"})").root())->to, std::nullopt);
}

TEST(Payloads, ActsAreRead) {
  const auto a = read_act(parsed(R"({"to":"a@c.example","state":"paused","device":"phone"})").root());
  ASSERT_TRUE(a);
  EXPECT_EQ(a->to.str(), "a@c.example");
  EXPECT_EQ(a->state, "paused");
  EXPECT_EQ(a->device, "phone");
}

struct Bad {
  std::string_view json, says;
  Condition condition = Condition::bad_request;
};

TEST(Payloads, AWrongFieldIsNamed) {
  const Bad receipts[] = {
      {"[]", "expected a JSON object"},
      {R"({"state":"delivered"})", "id"},
      {R"({"id":"","state":"delivered"})", "id"},
      {R"({"id":1,"state":"delivered"})", "id"},
      {R"({"id":"1"})", "state"},
      {R"({"id":"1","state":"accepted"})", "state"},
      {R"({"id":"1","state":1})", "state"},
      {R"({"id":"1","state":"delivered","to":1})", "to"},
      {R"({"id":"1","state":"delivered","to":"@"})", "to", Condition::jid_malformed},
  };
  for (const Bad& row : receipts) {
    const auto r = read_receipt(parsed(row.json).root());
    ASSERT_FALSE(r) << row.json;
    EXPECT_TRUE(r.error().text.starts_with(row.says)) << row.json << r.error().text;
    EXPECT_EQ(r.error().condition, row.condition) << row.json;
  }
  const Bad acts[] = {
      {"1", "expected a JSON object"},
      {R"({"state":"paused"})", "to"},
      {R"({"to":"@","state":"paused"})", "to", Condition::jid_malformed},
      {R"({"to":"a@b.example"})", "state"},
      {R"({"to":"a@b.example","state":"typing"})", "state"},
      {R"({"to":"a@b.example","state":7})", "state"},
      {R"({"to":"a@b.example","state":"paused","device":7})", "device"},
      {R"({"to":"a@b.example","state":"paused","device":"\u0000"})", "device", Condition::not_acceptable},
  };
  for (const Bad& row : acts) {
    const auto a = read_act(parsed(row.json).root());
    ASSERT_FALSE(a) << row.json;
    EXPECT_TRUE(a.error().text.starts_with(row.says)) << row.json << a.error().text;
    EXPECT_EQ(a.error().condition, row.condition) << row.json;
  }
}

}  // namespace payloads_test
}  // namespace ferry
