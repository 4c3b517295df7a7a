#include "translators/parts.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "translators/message.h"

namespace ferry {
namespace parts_test {

// A message around `content` as JSON, without what every message has.
std::string fields_of(std::string_view content) {
  const auto xml = parse_xml("<message>" + std::string(content) + "</message>");
  EXPECT_TRUE(xml) << content;
  const Event event = to_event(*Stanza::from_xml(Element(*xml)));
  const std::string json = message::to_json(std::get<Message>(event), {"1", 0, {}, {}});
  constexpr std::string_view head = R"({"id":"1","kind":"normal",)", tail = R"("ts":"1970-01-01T00:00:00.000Z"})";
  EXPECT_TRUE(json.starts_with(head) && json.ends_with(tail)) << json;
  std::string inner = json.substr(head.size(), json.size() - head.size() - tail.size());
  if (!inner.empty()) inner.pop_back();  // the comma
  return inner;
}

Result<message::Outgoing> read(std::string_view fields) {
  const auto json = JsonDocument::parse(R"({"to":"b@c.example",)" + std::string(fields) + "}");
  EXPECT_TRUE(json) << fields << (json ? "" : json.error().text);
  return message::from_json(json->root());
}

std::string content_of(const Message& m) {
  std::string xml;
  for (const Part& part : m.parts) append_xml(xml, part_to_xml(part), ns::client);
  return xml;
}

struct Row {
  std::string_view name, xml, json;
  std::string_view back = {};  // what the JSON becomes, where it is not the XML it came from: the "Loses"
};

TEST(Parts, AreFieldsAndFieldsAreParts) {
  const Row rows[] = {
      {"RFC 6121 body", "<body>Hi &lt;3</body>", R"("body":"Hi <3")"},
      {"RFC 6121 bodies", "<body>Hi</body><body xml:lang='de'>Hallo</body>", R"("body":"Hi","bodies":{"de":"Hallo"})"},
      {"RFC 6121 only a foreign body", "<body xml:lang='de'>Hallo</body>", R"("body":"Hallo","bodies":{"de":"Hallo"})"},
      {"RFC 6121 a language twice", "<body xml:lang='de'>1</body><body xml:lang='de'>2</body>",
       R"("body":"1","bodies":{"de":"1"})", "<body xml:lang='de'>1</body>"},
      {"RFC 6121 the same text twice", "<body>1</body><body xml:lang='de'>1</body>",
       R"("body":"1","bodies":{"de":"1"})", "<body xml:lang='de'>1</body>"},
      {"RFC 6121 two bodies", "<body>1</body><body>2</body>", R"("body":"1")", "<body>1</body>"},
      {"RFC 6121 an element inside", "<body>a<b xmlns='urn:b'>c</b>d</body>", R"("body":"ad")", "<body>ad</body>"},
      {"RFC 6121 subject", "<subject>Plan</subject>", R"("subject":"Plan")"},
      {"RFC 6121 subjects", "<subject xml:lang='de'>P</subject><subject>Plan</subject>", R"("subject":"Plan")",
       "<subject>Plan</subject>"},
      {"RFC 6121 empty subject", "<subject/>", R"("subject":"")"},
      {"RFC 6121 thread", "<body>x</body><thread>t</thread>", R"("body":"x","thread":"t")"},
      {"XEP-0201 parent", "<body>x</body><thread parent='p'>t</thread>", R"("body":"x","thread":"t")",
       "<body>x</body><thread>t</thread>"},
      {"XEP-0184", "<body>x</body><request xmlns='urn:xmpp:receipts'/>", R"("body":"x","want":["delivered"])"},
      {"XEP-0184 with a body", "<body>x</body><received xmlns='urn:xmpp:receipts' id='1'/>", R"("body":"x")",
       "<body>x</body>"},
      {"XEP-0333", "<body>x</body><markable xmlns='urn:xmpp:chat-markers:0'/>", R"("body":"x","want":["displayed"])"},
      {"both", "<body>x</body><request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/>",
       R"("body":"x","want":["delivered","displayed"])"},
      {"XEP-0085 with a body", "<body>x</body><active xmlns='http://jabber.org/protocol/chatstates'/>", R"("body":"x")",
       "<body>x</body>"},
      {"XEP-0308", "<body>x</body><replace xmlns='urn:xmpp:message-correct:0' id='m1'/>",
       R"("body":"x","replaces":"m1")"},
      {"XEP-0308 no id", "<replace xmlns='urn:xmpp:message-correct:0' id=''/>",
       R"("ext":["<replace xmlns='urn:xmpp:message-correct:0' id=''/>"])"},
      {"XEP-0424", "<retract xmlns='urn:xmpp:message-retract:1' id='m1'/>", R"("retracts":"m1")"},
      {"XEP-0444",
       "<reactions xmlns='urn:xmpp:reactions:0' id='m1'><reaction>👍</reaction><reaction>🐢</reaction></reactions>",
       R"("reacts":{"id":"m1","emoji":["👍","🐢"]})"},
      {"XEP-0444 none", "<reactions xmlns='urn:xmpp:reactions:0' id='m1'/>", R"("reacts":{"id":"m1","emoji":[]})"},
      {"XEP-0444 an empty one", "<reactions xmlns='urn:xmpp:reactions:0' id='m1'><reaction/></reactions>",
       R"("reacts":{"id":"m1","emoji":[]})", "<reactions xmlns='urn:xmpp:reactions:0' id='m1'/>"},
      {"XEP-0461", "<body>x</body><reply xmlns='urn:xmpp:reply:0' to='anna@c.example' id='m1'/>",
       R"("body":"x","replyTo":{"id":"m1","to":"anna@c.example"})"},
      {"XEP-0461 to nobody", "<body>x</body><reply xmlns='urn:xmpp:reply:0' id='m1'/>",
       R"("body":"x","replyTo":{"id":"m1"})"},
      {"XEP-0203",
       "<body>x</body><delay xmlns='urn:xmpp:delay' from='c.example' stamp='2026-11-20T10:00:00Z'>Offline</delay>",
       R"("body":"x","delayed":{"by":"c.example","stamp":"2026-11-20T10:00:00Z"})",
       "<body>x</body><delay xmlns='urn:xmpp:delay' stamp='2026-11-20T10:00:00Z'/>"},
      {"XEP-0203 the stamp of XEP-0091", "<body>x</body><delay xmlns='urn:xmpp:delay' stamp='20261120T10:00:00'/>",
       R"("body":"x","delayed":{"stamp":"2026-11-20T10:00:00.000Z"})",
       "<body>x</body><delay xmlns='urn:xmpp:delay' stamp='2026-11-20T10:00:00.000Z'/>"},
      {"XEP-0359",
       "<body>x</body><stanza-id xmlns='urn:xmpp:sid:0' id='s' by='c.example'/><origin-id xmlns='urn:xmpp:sid:0' "
       "id='o'/>",
       R"("body":"x","originId":"o","stanzaIds":[{"id":"s","by":"c.example"}])",
       "<body>x</body><origin-id xmlns='urn:xmpp:sid:0' id='o'/>"},
      {"XEP-0334", "<body>x</body><no-store xmlns='urn:xmpp:hints'/><no-copy xmlns='urn:xmpp:hints'/>",
       R"("body":"x","hints":["no-store","no-copy"])"},
      {"XEP-0334 over and over", "<body>x</body><store xmlns='urn:xmpp:hints'/><store xmlns='urn:xmpp:hints'/>",
       R"("body":"x","hints":["store"])", "<body>x</body><store xmlns='urn:xmpp:hints'/>"},
      {"Ferry's own", "<body>x</body><via xmlns='urn:ferry:via:0' hops='a.example b.example'/>",
       R"("body":"x","via":["a.example","b.example"])"},
      {"XEP-0066", "<body>u</body><x xmlns='jabber:x:oob'><url>u</url><desc>d</desc></x>",
       R"("body":"u","files":[{"url":"u","name":"d"}])"},
      {"XEP-0066 two files",
       "<body>u</body><x xmlns='jabber:x:oob'><url>u</url></x><x xmlns='jabber:x:oob'><url>v</url></x>",
       R"("body":"u","files":[{"url":"u"},{"url":"v"}])"},
      {"XEP-0066 without a body", "<x xmlns='jabber:x:oob'><url>u</url></x>", R"("files":[{"url":"u"}])",
       "<body>u</body><x xmlns='jabber:x:oob'><url>u</url></x>"},
      {"XEP-0380", "<body>x</body><encryption xmlns='urn:xmpp:eme:0' namespace='n' name='OMEMO'/>",
       R"("body":"x","encrypted":"n")", "<body>x</body><encryption xmlns='urn:xmpp:eme:0' namespace='n'/>"},
      {"presence parts in a message", "<body>x</body><status>s</status><priority>1</priority>", R"("body":"x")",
       "<body>x</body>"},
      {"ext", "<x xmlns='urn:x' a='1'><y/>t</x>", R"("ext":["<x xmlns='urn:x' a='1'><y/>t</x>"])"},
      {"ext of our own namespace", "<salutation>x</salutation>",
       R"("ext":["<salutation xmlns='jabber:client'>x</salutation>"])"},
      {"ext without a namespace", "<x xmlns=''/>", R"("ext":["<x xmlns=''/>"])"},
      {"ext with a prefix", "<p:x xmlns:p='urn:p'><body>i</body></p:x>",
       R"("ext":["<p:x xmlns:p='urn:p'><body xmlns='jabber:client'>i</body></p:x>"])"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(fields_of(row.xml), row.json) << row.name;
    const auto back = read(row.json);
    ASSERT_TRUE(back) << row.name << ": " << back.error().text;
    EXPECT_EQ(content_of(back->message), row.back.empty() ? row.xml : row.back) << row.name;
  }
}

// Most readers of XMPP know the capital letters alone, and what is stored is read as what was sent.
TEST(Parts, AStampInSmallLettersIsWrittenInCapitals) {
  const auto read_stamp = read(R"("body":"x","delayed":{"stamp":"2026-11-20t10:00:00+01:00"})");
  ASSERT_TRUE(read_stamp);
  EXPECT_EQ(content_of(read_stamp->message),
            "<body>x</body><delay xmlns='urn:xmpp:delay' stamp='2026-11-20T09:00:00.000Z'/>");
}

struct Bad {
  std::string_view field, json;
  Condition condition = Condition::bad_request;
};

TEST(Parts, AWrongFieldIsNamed) {
  const std::string long_id = R"("replaces":")" + std::string(257, 'x') + "\"";
  const std::string long_emoji = R"("reacts":{"id":"1","emoji":[")" + std::string(65, 'x') + "\"]}";
  std::string files = R"("files":[)", ext = R"("ext":[)";
  for (int i = 0; i < 16; ++i) files += R"({"url":"u"},)";
  for (int i = 0; i < 64; ++i) ext += R"("<x xmlns='u'/>",)";
  files += R"({"url":"u"}])";
  ext += R"("<x xmlns='u'/>"])";
  const Bad rows[] = {
      {"body", R"("body":1)"},
      {"body", R"("body":null)"},
      {"body", R"("body":"a\u0000b")", Condition::not_acceptable},
      {"body", R"("body":"\u001f")", Condition::not_acceptable},
      {"body", R"("body":"\uFFFE")", Condition::not_acceptable},
      {"bodies", R"("bodies":[])"},
      {"bodies", R"("bodies":{"de":1})"},
      {"bodies", R"("bodies":{"":"x"})"},
      {"bodies", R"("bodies":{"de":"\u0000"})"},
      {"subject", R"("subject":[])"},
      {"thread", R"("body":"x","thread":7)"},
      {"lang", R"("body":"x","lang":7)"},
      {"want", R"("body":"x","want":"delivered")"},
      {"replaces", R"("body":"x","replaces":{})"},
      {"replaces", R"("body":"x","replaces":"")"},
      {"replaces", long_id, Condition::not_acceptable},
      {"retracts", R"("retracts":1)"},
      {"retracts", R"("retracts":"")"},
      {"reacts", R"("reacts":"x")"},
      {"reacts", R"("reacts":{"id":"1"})"},
      {"reacts", R"("reacts":{"emoji":[]})"},
      {"reacts", R"("reacts":{"id":"1","emoji":[1]})"},
      {"reacts", R"("reacts":{"id":"1","emoji":[""]})"},
      {"reacts", R"("reacts":{"id":"1","emoji":["\u0000"]})"},
      {"reacts.id", R"("reacts":{"id":2,"emoji":[]})"},
      {"reacts", long_emoji},
      {"replyTo", R"("body":"x","replyTo":"1")"},
      {"replyTo", R"("body":"x","replyTo":{"to":"a@b"})"},
      {"replyTo.id", R"("body":"x","replyTo":{"id":1})"},
      {"replyTo.to", R"("body":"x","replyTo":{"id":"1","to":1})"},
      {"delayed.stamp", R"("body":"x","delayed":{"stamp":"soon"})"},
      {"delayed", R"("body":"x","delayed":1)"},
      {"originId", R"("body":"x","originId":1)"},
      {"hints", R"("body":"x","hints":["keep"])"},
      {"hints", R"("body":"x","hints":"store")"},
      {"via", R"("body":"x","via":"a.example")"},
      {"via", R"("body":"x","via":["a b"])"},
      {"via", R"("body":"x","via":["1","2","3","4","5","6","7","8","9","10"])"},
      {"files", R"("files":{})"},
      {"files", R"("files":[{}])"},
      {"files", R"("files":[{"url":""}])"},
      {"files", R"("files":[1])"},
      {"files.url", R"("files":[{"url":1}])"},
      {"files.name", R"("files":[{"url":"u","name":1}])"},
      {"files", files},
      {"encrypted", R"("body":"x","encrypted":1)"},
      {"ext", R"("ext":"<x/>")"},
      {"ext", R"("ext":[1])"},
      {"ext", R"("ext":["x"])"},
      {"ext", R"("ext":["<x>"])"},
      {"ext", R"("ext":["<x/><y/>"])"},
      {"ext", R"("ext":["<!DOCTYPE x><x/>"])", Condition::not_acceptable},
      {"ext", R"("ext":["<body>x</body>"])"},
      {"ext", R"("ext":["<no-store xmlns='urn:xmpp:hints'/>"])"},
      {"ext", ext},
  };
  for (const Bad& row : rows) {
    const auto out = read(row.json);
    ASSERT_FALSE(out) << row.json;
    EXPECT_TRUE(out.error().text.starts_with(row.field)) << row.json << ": " << out.error().text;
    EXPECT_EQ(out.error().condition, row.condition) << row.json;
  }
}

// What a client would take for a server's word must not come from another client.
TEST(Parts, NobodyForgesAServersWord) {
  for (const std::string_view xml :
       {"<received xmlns='urn:xmpp:carbons:2'/>", "<sent xmlns='urn:xmpp:carbons:1'/>",
        "<forwarded xmlns='urn:xmpp:forward:0'/>", "<result xmlns='urn:xmpp:mam:2'/>",
        "<privilege xmlns='urn:xmpp:privilege:2'/>", "<delegation xmlns='urn:xmpp:delegation:2'/>",
        "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='1'/>", "<stanza-id xmlns='urn:xmpp:sid:0' id='1' by='b'/>",
        "<stanza-id xmlns='urn:xmpp:sid:0'/>", "<delay xmlns='urn:xmpp:delay' stamp='2026-11-20T10:00:00Z' from='b'/>",
        "<p:delay xmlns:p='urn:xmpp:delay'/>"}) {
    const auto out = read(R"("body":"x","ext":[")" + std::string(xml) + "\"]");
    ASSERT_FALSE(out) << xml;
    EXPECT_EQ(out.error().condition, Condition::forbidden) << xml;
  }
}

TEST(Parts, UnknownFieldsAreIgnored) {
  const auto out = read(R"("body":"x","future":{"a":[1,2]},"from":"someone@else.example")");
  ASSERT_TRUE(out);
  EXPECT_EQ(out->message.parts.size(), 1U);
  EXPECT_EQ(out->message.from, std::nullopt);
}

TEST(Parts, TheTableIsInTheOrderOfTheFields) {
  EXPECT_GE(translators().size(), 18U);
  for (const Translator& t : translators()) EXPECT_FALSE(t.xep.empty());
  EXPECT_EQ(to_xml(ext::to_xml(Ext{Element("x", "u")})), "<x xmlns='u'/>");
}

TEST(Parts, TypedValuesBecomeXml) {
  const std::pair<PartValue, std::string_view> rows[] = {
      {Received{"1"}, "<received xmlns='urn:xmpp:receipts' id='1'/>"},
      {Marker{"displayed", "1"}, "<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/>"},
      {ChatState{"paused"}, "<paused xmlns='http://jabber.org/protocol/chatstates'/>"},
      {StanzaId{"1", "c.example"}, "<stanza-id xmlns='urn:xmpp:sid:0' id='1' by='c.example'/>"},
      {ErrorPart{error(Condition::conflict, "")},
       "<error type='cancel'><conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"},
      {Show{"xa"}, "<show>xa</show>"},
      {Status{"s", "de"}, "<status xml:lang='de'>s</status>"},
      {Priority{-5}, "<priority>-5</priority>"},
      {Encryption{"n", "N"}, "<encryption xmlns='urn:xmpp:eme:0' namespace='n' name='N'/>"},
      {Delay{"c.example", "2026-11-20T10:00:00Z", "r"},
       "<delay xmlns='urn:xmpp:delay' from='c.example' stamp='2026-11-20T10:00:00Z'>r</delay>"},
      {Thread{"t", "p"}, "<thread parent='p'>t</thread>"},
  };
  for (const auto& [value, xml] : rows) {
    EXPECT_EQ(to_xml(part_to_xml({value}), ns::client), xml);
    const Part read_again = part_from_xml(*parse_xml(xml));
    EXPECT_EQ(read_again.value.index(), value.index()) << xml;
    EXPECT_FALSE(read_again.verbatim) << xml;
  }
}

}  // namespace parts_test
}  // namespace ferry
