#include "translators/message.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/translators/canonical.h"
#include "tests/translators/samples_other.h"
#include "translators/part.h"

namespace ferry::message {
namespace message_test {

Message message_of(std::string_view xml) { return std::get<Message>(to_event(*Stanza::from_xml(*parse_xml(xml)))); }

Result<Outgoing> read(std::string_view text) {
  const auto json = JsonDocument::parse(text);
  EXPECT_TRUE(json) << text;
  return from_json(json->root());
}

TEST(Message, BecomesAPayload) {
  const Message m = message_of(
      "<message type='chat' from='alice@corp.example/spark' to='bob@mqtt.corp.example' "
      "xml:lang='en'><body>Hi</body></message>");
  EXPECT_EQ(
      to_json(m, {"01JD", 1'795'168'800'000, {}, "x7"}),
      R"({"id":"01JD","from":"alice@corp.example/spark","to":"bob@mqtt.corp.example","kind":"chat","lang":"en","body":"Hi",)"
      R"("ts":"2026-11-20T10:00:00.000Z","xmppId":"x7"})");
  EXPECT_EQ(to_json(Message{}, {"1", 0, "phone", "1"}),
            R"({"id":"1","kind":"normal","device":"phone","ts":"1970-01-01T00:00:00.000Z"})");
}

TEST(Message, HasAKind) {
  for (const std::string_view kind : {"chat", "groupchat", "headline", "normal"})
    EXPECT_EQ(kind_of(message_of("<message type='" + std::string(kind) + "'/>")), kind);
  for (const std::string_view type : {"", "Chat", "shout", "error"})
    EXPECT_EQ(kind_of(message_of("<message type='" + std::string(type) + "'/>")), "normal");
}

TEST(Message, ComesFromAPayload) {
  const auto out = read(
      R"({"id":"c1","device":"phone","to":"Alice@corp.example/spark","kind":"groupchat","lang":"de","body":"Hi"})");
  ASSERT_TRUE(out);
  EXPECT_EQ(out->id, "c1");
  EXPECT_EQ(out->device, "phone");
  EXPECT_EQ(to_xml(to_stanza(out->message), ns::client),
            "<message type='groupchat' id='c1' to='alice@corp.example/spark' xml:lang='de'><body>Hi</body></message>");
  EXPECT_EQ(read(R"({"to":"a@b.example","body":"x"})")->message.type, "chat");
  EXPECT_EQ(read(R"({"to":"a@b.example","body":"x","kind":"normal"})")->message.type, "");
  EXPECT_TRUE(read(R"({"to":"a@b.example","body":"x"})")->id.empty());
}

TEST(Message, RefusesWithTheField) {
  struct {
    std::string json;
    Condition condition;
    std::string_view says;
  } const rows[] = {
      {"[]", Condition::bad_request, "expected a JSON object"},
      {"7", Condition::bad_request, "expected a JSON object"},
      {R"({"body":"x"})", Condition::bad_request, "to: "},
      {R"({"to":7,"body":"x"})", Condition::bad_request, "to: "},
      {R"({"to":"@x","body":"x"})", Condition::jid_malformed, "to: "},
      {R"({"to":"","body":"x"})", Condition::jid_malformed, "to: "},
      {R"({"to":"a@b.example","kind":"error","body":"x"})", Condition::bad_request, "kind: "},
      {R"({"to":"a@b.example","kind":"","body":"x"})", Condition::bad_request, "kind: "},
      {R"({"to":"a@b.example","kind":7,"body":"x"})", Condition::bad_request, "kind: "},
      {R"({"to":"a@b.example","id":7,"body":"x"})", Condition::bad_request, "id: "},
      {R"({"to":"a@b.example","id":"","body":"x"})", Condition::bad_request, "id: "},
      {R"({"to":"a@b.example","id":"-","body":"x"})", Condition::bad_request, "id: "},
      {R"({"to":"a@b.example","id":")" + std::string(257, 'x') + R"(","body":"x"})", Condition::not_acceptable, "id: "},
      {R"({"to":"a@b.example","id":"\u0000","body":"x"})", Condition::not_acceptable, "id: "},
      {R"({"to":"a@b.example","device":1,"body":"x"})", Condition::bad_request, "device: "},
      {R"({"to":"a@b.example","lang":"123456789012345678901234567890123456","body":"x"})", Condition::not_acceptable,
       "lang: "},
      {R"({"to":"a@b.example"})", Condition::bad_request, "nothing to send"},
      {R"({"to":"a@b.example","thread":"t","want":["delivered"],"hints":["store"],"originId":"o"})",
       Condition::bad_request, "nothing to send"},
  };
  for (const auto& row : rows) {
    const auto out = read(row.json);
    ASSERT_FALSE(out) << row.json;
    EXPECT_EQ(out.error().condition, row.condition) << row.json;
    EXPECT_TRUE(out.error().text.starts_with(row.says)) << row.json << ": " << out.error().text;
  }
}

TEST(Message, ARefusalCanStillNameTheId) {
  const auto id = [](std::string_view text) { return id_of(JsonDocument::parse(text)->root()); };
  EXPECT_EQ(id(R"({"id":"c1","to":7})"), "c1");
  EXPECT_EQ(id(R"({"id":7})"), "");
  EXPECT_EQ(id("[]"), "");
  EXPECT_EQ(id(R"({"id":"\u0000"})"), "");
}

TEST(Message, WhatTheStoreHasCanBeSentAgain) {
  const Message m = message_of(
      "<message type='chat' id='1' from='bob@corp.example/phone' to='alice@corp.example'><body>x</body></message>");
  const auto json = JsonDocument::parse(to_json(m, {"1", 0, "phone", {}}));
  const auto back = from_stored_json(json->root());
  ASSERT_TRUE(back);
  EXPECT_EQ(back->device, "phone");
  EXPECT_EQ(test::canonical(to_stanza(back->message)), test::canonical(to_stanza(m)));
  EXPECT_FALSE(from_stored_json(JsonDocument::parse("{}")->root()));
  EXPECT_EQ(
      from_stored_json(JsonDocument::parse(R"({"to":"a@b.example","from":"@","body":"x"})")->root())->message.from,
      std::nullopt);
}

// ---- XMPP -> MQTT -> XMPP loses what the translators say, and nothing else ----------------------------------------

// Takes from a message what the "Loses" lines name; what is left must come back.
Message without_losses(Message m) {
  Message kept = m;
  kept.attrs.clear();
  kept.decls.clear();
  kept.prefix.clear();
  kept.parts.clear();
  kept.type = kind_of(m) == "normal" ? "" : m.type;
  const bool has_body = find<Body>(m.parts);
  std::set<std::size_t> single;  // the first of its kind only
  std::set<std::string> languages, hints;
  for (Part part : m.parts) {
    PartValue& v = part.value;
    const bool ext = std::holds_alternative<Ext>(v);
    if (!ext) part.verbatim.reset();
    if (std::holds_alternative<Space>(v) || std::holds_alternative<ChatState>(v) ||
        std::holds_alternative<Received>(v) || std::holds_alternative<Marker>(v) ||
        std::holds_alternative<StanzaId>(v) || std::holds_alternative<ErrorPart>(v) ||
        std::holds_alternative<Show>(v) || std::holds_alternative<Status>(v) || std::holds_alternative<Priority>(v))
      continue;
    if (auto* b = std::get_if<Body>(&v); b && !languages.insert(b->lang).second) continue;
    if (auto* h = std::get_if<Hint>(&v); h && !hints.insert(h->name).second) continue;
    if (auto* t = std::get_if<Thread>(&v)) t->parent.clear();
    if (auto* d = std::get_if<Delay>(&v)) *d = Delay{{}, d->stamp, {}};
    if (auto* e = std::get_if<Encryption>(&v)) e->name.clear();
    if (auto* s = std::get_if<Subject>(&v)) s->lang.clear();
    const bool many = ext || std::holds_alternative<Body>(v) || std::holds_alternative<Hint>(v) ||
                      std::holds_alternative<OutOfBand>(v);
    if (!many && !single.insert(v.index()).second) continue;
    kept.parts.push_back(std::move(part));
  }
  if (const auto* file = find<OutOfBand>(kept.parts); file && !has_body) kept.parts.push_back({Body{file->url, {}}});
  return kept;
}

// The order of the parts is lost too: compare them sorted.
std::string sorted(const Message& m) {
  Element stanza = to_stanza(m);
  std::multiset<std::string> parts;
  for (const Part& part : m.parts) parts.insert(test::canonical(part_to_xml(part)));
  stanza.children.clear();
  std::string all = test::canonical(stanza);
  for (const std::string& part : parts) all += "\n" + part;
  return all;
}

TEST(Message, LosesWhatTheTranslatorsSay) {
  std::size_t carried = 0, refused = 0;
  test::each_sample([&](const test::Sample& s) {
    const Event event = to_event(*Stanza::from_xml(*parse_xml(s.xml)));
    const auto* m = std::get_if<Message>(&event);
    if (!m || purpose_of(*m) != Purpose::content || !m->to) return;
    Message expected = without_losses(*m);
    expected.id = "g1";  // the gateway's own
    const std::string text = to_json(*m, {expected.id, 0, {}, {}});
    const auto json = JsonDocument::parse(text);
    ASSERT_TRUE(json) << s.name << text;
    const auto back = from_stored_json(json->root());
    if (!back && back.error().condition == Condition::forbidden) {  // ext: a server's word
      ++refused;
      return;
    }
    ASSERT_TRUE(back) << s.name << ": " << back.error().text << "\n" << text;
    EXPECT_EQ(sorted(back->message), sorted(expected)) << s.name << "\n" << text;
    ++carried;
  });
  EXPECT_GE(carried, 50U);
  EXPECT_LE(refused, 5U);
}

}  // namespace message_test
}  // namespace ferry::message
