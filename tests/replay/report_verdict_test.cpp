#include "tools/ferry-replay/report_verdict.h"

#include <gtest/gtest.h>

#include "tools/ferry-replay/report_losses.h"

namespace ferry {
namespace report_verdict_test {

using report::Verdict;

Stanza stanza_of(std::string_view xml) {
  auto element = parse_xml(xml);
  EXPECT_TRUE(element.ok()) << xml;
  auto stanza = Stanza::from_xml(std::move(*element));
  EXPECT_TRUE(stanza.ok()) << xml;
  return std::move(*stanza);
}

report::Judgement judged(std::string_view xml, std::string_view asked = {}) {
  return report::judge(stanza_of(xml), asked);
}

std::string findings_of(const report::Judgement& j) {
  std::string out;
  for (const auto& f : j.findings) out.append(out.empty() ? "" : "; ").append(f.what).append(f.people ? " !" : "");
  return out;
}

struct Case {
  std::string xml;
  Verdict verdict;
  std::string findings;  // "!": people notice
};

void expect(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    const report::Judgement j = judged(c.xml);
    EXPECT_EQ(j.verdict, c.verdict) << c.xml;
    EXPECT_EQ(findings_of(j), c.findings) << c.xml;
  }
}

const std::string open = "<message from='a@d.example/r' to='b@d.example' type='chat' id='1'>";
const std::string end = "</message>";

TEST(ReportVerdict, MessagesThatArriveAsTheyWere) {
  for (const std::string& inside :
       {std::string("<body>Hi</body>"), std::string("<body>Hi</body><request xmlns='urn:xmpp:receipts'/>"),
        std::string("<body>Hi</body><thread>t</thread><markable xmlns='urn:xmpp:chat-markers:0'/>"),
        std::string("<body>Hi</body><replace xmlns='urn:xmpp:message-correct:0' id='m1'/>"),
        std::string("<body>Hi</body><x xmlns='urn:example:unknown'><y/></x>"),
        std::string("<received xmlns='urn:xmpp:receipts' id='m1'/><store xmlns='urn:xmpp:hints'/>"),
        std::string("<displayed xmlns='urn:xmpp:chat-markers:0' id='m1'/>"),
        std::string("<composing xmlns='http://jabber.org/protocol/chatstates'/><no-store xmlns='urn:xmpp:hints'/>")})
    expect({{open + inside + end, Verdict::whole, ""}});
}

TEST(ReportVerdict, MessagesThatLoseSomething) {
  expect({
      {open + "<body>Hi</body><active xmlns='http://jabber.org/protocol/chatstates'/>" + end, Verdict::loss,
       "<active/> http://jabber.org/protocol/chatstates in a message"},
      {open + "<body>Hi</body><thread parent='p'>t</thread>" + end, Verdict::loss, "<thread/> in a message"},
      {open + "<body>Hi</body><stanza-id xmlns='urn:xmpp:sid:0' id='s' by='b@d.example'/>" + end, Verdict::loss,
       "<stanza-id/> urn:xmpp:sid:0 in a message"},
      {open + "<body>Hi</body><subject>One</subject><subject xml:lang='de'>Eins</subject>" + end, Verdict::loss,
       "<subject/> in a message !"},
      {open + "<acknowledged xmlns='urn:xmpp:chat-markers:0' id='m1'/>" + end, Verdict::loss,
       "<acknowledged/> urn:xmpp:chat-markers:0 in a receipt !"},
      {"<message from='a@d.example' to='b@d.example' odd='1'><body>Hi</body></message>", Verdict::loss,
       "the attribute odd of a message"},
  });
}

TEST(ReportVerdict, MessagesThatAreNotCarried) {
  expect({
      {"<message from='r@c.d.example/a' to='b@d.example' type='groupchat'><body>Hi</body></message>", Verdict::none,
       "message of type groupchat !"},
      {open + "<no-store xmlns='urn:xmpp:hints'/>" + end, Verdict::none, "a message with nothing to read"},
      {open + "<result xmlns='urn:xmpp:mam:2' id='1'/>" + end, Verdict::none,
       "<result/> urn:xmpp:mam:2 in a message !"},
  });
}

TEST(ReportVerdict, CarbonsAreNotNeeded) {
  expect(
      {{"<message from='b@d.example' to='b@d.example/r'><received xmlns='urn:xmpp:carbons:2'><forwarded "
        "xmlns='urn:xmpp:forward:0'/></received></message>",
        Verdict::served, ""}});
}

TEST(ReportVerdict, Presences) {
  const std::string caps = "<c xmlns='http://jabber.org/protocol/caps' node='n' ver='v' hash='sha-1'/>";
  expect({
      {"<presence from='a@d.example/r' to='b@d.example'/>", Verdict::whole, ""},
      {"<presence from='a@d.example/r'><show>away</show><status>Lunch</status><priority>5</priority></presence>",
       Verdict::whole, ""},
      {"<presence from='a@d.example/r'>" + caps + "</presence>", Verdict::loss,
       "<c/> http://jabber.org/protocol/caps in a presence"},
      {"<presence from='a@d.example/r'><x xmlns='vcard-temp:x:update'/></presence>", Verdict::loss,
       "<x/> vcard-temp:x:update in a presence !"},
      {"<presence from='a@d.example/r' to='r@c.d.example/a'><x xmlns='http://jabber.org/protocol/muc'/></presence>",
       Verdict::none, "presence in a room !"},
      {"<presence type='subscribe' from='a@d.example' to='b@d.example'/>", Verdict::whole, ""},
      {"<presence type='subscribe' from='a@d.example' to='b@d.example'><nick xmlns='http://jabber.org/protocol/nick'>A"
       "</nick></presence>",
       Verdict::loss, "<nick/> http://jabber.org/protocol/nick in a subscription !"},
      {"<presence type='probe' from='a@d.example' to='b@d.example'/>", Verdict::served, ""},
  });
}

TEST(ReportVerdict, Iqs) {
  const auto iq = [](const std::string& payload) {
    return "<iq type='get' id='1' from='a@d.example/r'>" + payload + "</iq>";
  };
  expect({
      {iq("<ping xmlns='urn:xmpp:ping'/>"), Verdict::served, ""},
      {iq("<query xmlns='jabber:iq:roster'/>"), Verdict::whole, ""},
      {iq("<query xmlns='jabber:iq:private'/>"), Verdict::none, "jabber:iq:private in an iq !"},
      {iq("<query xmlns='urn:nobody:knows'/>"), Verdict::none, "urn:nobody:knows in an iq !"},
      {iq("<vCard xmlns='vcard-temp'><FN>Anna</FN><NICKNAME>A</NICKNAME></vCard>"), Verdict::whole, ""},
      {iq("<vCard xmlns='vcard-temp'><FN>Anna</FN><TEL><NUMBER>1</NUMBER></TEL></vCard>"), Verdict::loss,
       "<TEL/> of a vCard !"},
  });
}

TEST(ReportVerdict, AnAnswerWithoutContentIsToldByItsRequest) {
  const std::string result = "<iq type='result' id='1' from='a@d.example'/>";
  EXPECT_EQ(judged(result).verdict, Verdict::served);
  EXPECT_EQ(judged(result, "jabber:iq:roster").verdict, Verdict::whole);
  EXPECT_EQ(findings_of(judged(result, "jabber:iq:private")), "jabber:iq:private in an iq !");
}

TEST(ReportVerdict, EveryReasonIsTheTranslatorsOwnWord) {
  const auto j = judged("<message to='b@d.example'><body>Hi</body><thread parent='p'>t</thread></message>");
  ASSERT_EQ(j.findings.size(), 1U);
  EXPECT_EQ(j.findings[0].why, "thread: " + std::string(report::loss_of("thread").loses));
}

TEST(ReportVerdict, CanonicalXmlIsOneForWhatAParserCannotTellApart) {
  const auto canonical = [](std::string_view xml) { return report::canonical_xml(*parse_xml(xml)); };
  EXPECT_EQ(canonical("<a b='1' c='2'><d xmlns='u'/></a>"), canonical("<a c='2' b='1'><p:d xmlns:p='u'/></a>"));
  EXPECT_NE(canonical("<a b='1'/>"), canonical("<a b='2'/>"));
  EXPECT_NE(canonical("<a>x</a>"), canonical("<a>y</a>"));
  EXPECT_NE(canonical("<a/>"), canonical("<a xmlns='u'/>"));
}

}  // namespace report_verdict_test
}  // namespace ferry
