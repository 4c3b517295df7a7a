#include "translators/values/xml_reader.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/translators/canonical.h"
#include "tests/translators/samples_other.h"

namespace ferry {
namespace xml_reader_test {

const std::string open =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
    "from='c.example' id='s1' version='1.0'>";
const std::string close = "</stream:stream>";

std::string describe(const StreamItem& item) {
  if (const auto* h = std::get_if<StreamHeader>(&item))
    return "header " + h->content_ns + " " + test::canonical(h->element);
  if (const auto* e = std::get_if<Element>(&item)) return "element " + test::canonical(*e);
  if (const auto* r = std::get_if<Refused>(&item)) return "refused " + r->error.text + " " + test::canonical(r->stanza);
  if (const auto* f = std::get_if<StreamFault>(&item)) return "fault " + f->condition;
  return "end";
}

std::string describe(const std::vector<StreamItem>& items) {
  std::string all;
  for (const StreamItem& item : items) all += describe(item) + "\n";
  return all;
}

std::vector<StreamItem> read(std::string_view bytes, const XmlLimits& limits = {}) {
  XmlStreamReader reader(limits);
  std::vector<StreamItem> items;
  reader.feed(bytes, items);
  return items;
}

TEST(XmlReader, ReadsAStream) {
  const auto items =
      read(open + " <message id='1'><body>x</body></message>\n<presence/>\n" + close + "what comes after");
  ASSERT_EQ(items.size(), 4U);
  const auto& header = std::get<StreamHeader>(items[0]);
  EXPECT_TRUE(header.element.is("stream", ns::stream));
  EXPECT_EQ(header.element.attr_or("id"), "s1");
  EXPECT_EQ(header.content_ns, ns::client);
  EXPECT_TRUE(std::get<Element>(items[1]).is("message", ns::client));
  EXPECT_TRUE(std::get<Element>(items[2]).is("presence", ns::client));
  EXPECT_TRUE(std::holds_alternative<StreamEnd>(items[3]));
}

// Each after each other, in whose memory it then is.
TEST(XmlReader, WhatIsReusedLeavesNothingBehind) {
  const std::string stanzas[] = {
      "<message id='1' from='somebody@a.long.domain.example' to='b'>a<body>x</body>b<y xmlns='urn:long:namespace:y'/>"
      "c</message>",
      "<iq xml:lang='de'><p:q xmlns:p='urn:p' p:r='s'><a/><b/><c>text</c></p:q></iq>",
      "<presence/>",
      "<message><a><b><c d='e'>f</c></b></a>text</message>",
      "<message>text only</message>",
      "<x:y xmlns:x='urn:x' z='1'/>",
      "<message><body xmlns=''>x</body><body>y</body></message>",
      "<message><p:undeclared/></message>",
  };
  XmlStreamReader reader({});
  std::vector<StreamItem> items;
  reader.reuse(*parse_xml(stanzas[0]));
  reader.feed(open, items);
  EXPECT_EQ(describe(items), describe(read(open)));
  for (const std::string& before : stanzas)
    for (const std::string& stanza : stanzas) {
      for (const std::string& one : {before, stanza}) {
        items.clear();
        reader.feed(one, items);
        ASSERT_EQ(items.size(), 1U) << one;
        const auto fresh = read(open + one);
        EXPECT_EQ(describe(items[0]), describe(fresh.at(1))) << one << " after " << before;
        if (auto* element = std::get_if<Element>(&items[0])) {
          EXPECT_TRUE(*element == std::get<Element>(fresh.at(1))) << one << " after " << before;
          reader.reuse(std::move(*element));
        }
      }
    }
}

TEST(XmlReader, ReadsAComponentsStream) {
  const auto items = read(
      "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'>"
      "<handshake/><stream:features/><message><body/></message>");
  ASSERT_EQ(items.size(), 4U);
  EXPECT_EQ(std::get<StreamHeader>(items[0]).content_ns, ns::component);
  EXPECT_TRUE(std::get<Element>(items[1]).is("handshake", ns::client));
  EXPECT_TRUE(std::get<Element>(items[2]).is("features", ns::stream));
  EXPECT_NE(std::get<Element>(items[3]).child("body", ns::client), nullptr);
}

// However the bytes come, the items are the same, and each comes with its last byte: nobody waits for the next stanza.
TEST(XmlReader, EverySplitGivesTheSame) {
  std::string stream = open;
  test::each_sample([&](const test::Sample& s) { stream += s.xml; });
  stream += close;
  const std::string whole = describe(read(stream));
  for (const std::size_t step : {1U, 2U, 3U, 7U, 64U, 1000U}) {
    XmlStreamReader reader({});
    std::vector<StreamItem> items;
    for (std::size_t at = 0; at < stream.size(); at += step)
      reader.feed(std::string_view(stream).substr(at, step), items);
    EXPECT_EQ(describe(items), whole) << step;
  }
  const std::string little = open + "<message to='é@c.example'>&#x1F600;<![CDATA[]]]]>ä</message><iq/>" + close;
  const std::string expected = describe(read(little));
  for (std::size_t at = 0; at <= little.size(); ++at) {
    XmlStreamReader reader({});
    std::vector<StreamItem> items;
    reader.feed(std::string_view(little).substr(0, at), items);
    reader.feed(std::string_view(little).substr(at), items);
    EXPECT_EQ(describe(items), expected) << at;
  }
}

TEST(XmlReader, AStanzaComesWithItsLastByte) {
  for (const std::size_t length : {10U, 100U, 5'000U, 100'000U}) {
    const std::string stanza = "<message a='" + std::string(length, 'x') + "'/>";
    for (const std::size_t cut : {std::size_t{1}, stanza.size() / 3, stanza.size() / 2, stanza.size() - 1}) {
      XmlStreamReader reader({});
      std::vector<StreamItem> items;
      reader.feed(open, items);
      items.clear();
      reader.feed(std::string_view(stanza).substr(0, cut), items);
      EXPECT_TRUE(items.empty());
      reader.feed(std::string_view(stanza).substr(cut), items);
      EXPECT_EQ(items.size(), 1U) << length << " cut at " << cut;
    }
  }
}

struct Over {
  std::string_view name;
  std::string stanza;
};

TEST(XmlReader, OverALimitIsRefusedAndTheNextIsFine) {
  const XmlLimits limits{1'000, 5, 20, 8};
  std::string deep, many;
  for (int i = 0; i < 2'000; ++i) deep += "<d>";
  for (int i = 0; i < 2'000; ++i) deep += "</d>";
  for (int i = 0; i < 2'000; ++i) many += "<m/>";
  std::string attributes, declarations;
  for (int i = 0; i < 200; ++i) attributes += " a" + std::to_string(i) + "='x'";
  for (int i = 0; i < 200; ++i) declarations += " xmlns:a" + std::to_string(i) + "='x'";
  const std::string head = "<message from='a@c.example' id='big'", tail = "</message>";
  const Over rows[] = {
      {"text", head + "><body>" + std::string(2'000, 'x') + "</body>" + tail},
      {"text at the top", head + ">" + std::string(1'000, 'x') + tail},
      {"an attribute", head + "><body a='" + std::string(2'000, 'x') + "'/>" + tail},
      {"an attribute of its own, at the end", head + " z='" + std::string(2'000, 'x') + "'/>"},
      {"depth", head + ">" + deep + tail},
      {"elements", head + ">" + many + tail},
      {"attributes", head + "><x" + attributes + "/>" + tail},
      {"its own attributes", head + attributes + "/>"},
      {"declarations", head + "><x" + declarations + "/>" + tail},
      {"names", head + "><" + std::string(2'000, 'n') + "/>" + tail},
  };
  for (const Over& row : rows) {
    const std::string stream = open + row.stanza + "<presence id='next'><show>away</show></presence>";
    for (const std::size_t step : {stream.size(), std::size_t{1}}) {
      XmlStreamReader reader(limits);
      std::vector<StreamItem> items;
      for (std::size_t at = 0; at < stream.size(); at += step)
        reader.feed(std::string_view(stream).substr(at, step), items);
      ASSERT_EQ(items.size(), 3U) << row.name << "\n" << describe(items);
      const auto* refused = std::get_if<Refused>(&items[1]);
      ASSERT_NE(refused, nullptr) << row.name;
      EXPECT_EQ(refused->error.condition, Condition::policy_violation);
      EXPECT_TRUE(refused->stanza.children.empty()) << row.name;
      EXPECT_EQ(refused->stanza.attr_or("id"), "big") << row.name;
      EXPECT_EQ(describe(items[2]).find("element <presence"), 0U) << row.name;
      EXPECT_NE(describe(items[2]).find("away"), std::string::npos) << row.name;
    }
  }
}

// Servers pass on what their users make up, and some make it wrong themselves: nobody else may notice.
TEST(XmlReader, AWrongNameCostsOneStanza) {
  const std::string xml = "'http://www.w3.org/XML/1998/namespace'";
  for (const std::string& wrong : {"<b xmlns=" + xml + "/>",
                                   "<a xmlns='x' xmlns:ns1=" + xml + " ns1:foo='1'/>",  // both are Prosody's
                                   std::string("<x:a/>"),
                                   std::string("<a x:b='1'/>"),
                                   std::string("<a xmlns:x=''/>"),
                                   std::string("<a xmlns:xmlns='u'/>"),
                                   std::string("<a xmlns='http://www.w3.org/2000/xmlns/'/>"),
                                   std::string("<a xmlns:xml='u'/>"),
                                   std::string("<a:b:c xmlns:a='u'/>"),
                                   std::string("<a:1 xmlns:a='u'/>"),
                                   std::string("<a xmlns:b:c='u'/>"),
                                   std::string("<a xmlns:='u'/>"),
                                   std::string("<a xmlns:1='u'/>"),
                                   std::string("<a xmlns:-='u'/>"),
                                   std::string("<:a/>"),
                                   std::string("<a :b='1'/>"),
                                   std::string("<a: xmlns:a='u'/>"),
                                   std::string("<xmlns:a/>"),
                                   std::string("<a p:b='1' q:b='2' xmlns:p='u' xmlns:q='u'/>"),
                                   std::string("<a xmlns:p='u'/><p:b/>")}) {
    const std::string inner = "<c xmlns='i'><d>t</d></c>";
    const auto items = read(open + "<message id='1'/><message from='a@c.example' id='w'>" + inner + wrong + inner +
                            "</message><message id='2'><b xmlns='u'/></message>");
    ASSERT_EQ(items.size(), 4U) << wrong << "\n" << describe(items);
    const auto* refused = std::get_if<Refused>(&items[2]);
    ASSERT_NE(refused, nullptr) << wrong;
    EXPECT_EQ(refused->error.condition, Condition::bad_request) << wrong;
    EXPECT_EQ(refused->stanza.attr_or("id"), "w") << wrong;
    EXPECT_TRUE(refused->stanza.children.empty()) << wrong;
    EXPECT_TRUE(std::get<Element>(items[3]).first_child()->is("b", "u")) << wrong;
    EXPECT_FALSE(parse_xml("<r>" + wrong + "</r>").ok()) << wrong;
  }
  for (const char* wrong : {"<x:message id='w'/>", "<message id='w' x:y='1'/>", "<message id='w' xmlns:x=''/>"}) {
    const auto items = read(open + wrong + "<presence/>");
    ASSERT_EQ(items.size(), 3U) << wrong << "\n" << describe(items);
    ASSERT_TRUE(std::holds_alternative<Refused>(items[1])) << wrong;
    EXPECT_EQ(std::get<Refused>(items[1]).stanza.attr_or("id"), "w") << wrong;
  }
  EXPECT_EQ(describe(read("<stream:stream xmlns='jabber:client'>")), "fault not-well-formed\n");
}

TEST(XmlReader, APrefixMeansWhatIsNearest) {
  const auto items = read(open +
                          "<message xmlns:p='u'><p:a xmlns:p='v'><p:b p:c='1'/></p:a><p:a/><xml:d xml:lang='de'/>"
                          "<stream:e xmlns='w'><f/></stream:e><g/></message><p:h xmlns:p='jabber:client'/>");
  ASSERT_EQ(items.size(), 3U) << describe(items);
  const auto& m = std::get<Element>(items[1]);
  const Element* a = m.child("a", "v");
  ASSERT_NE(a, nullptr);
  ASSERT_NE(a->child("b", "v"), nullptr);
  EXPECT_EQ(a->child("b", "v")->attrs.at(0).ns, "v");
  EXPECT_NE(m.child("a", "u"), nullptr);
  ASSERT_NE(m.child("d", ns::xml), nullptr);
  EXPECT_EQ(m.child("d", ns::xml)->lang(), "de");
  ASSERT_NE(m.child("e", ns::stream), nullptr);
  EXPECT_NE(m.child("e", ns::stream)->child("f", "w"), nullptr);
  EXPECT_NE(m.child("g", ns::client), nullptr);
  EXPECT_TRUE(std::get<Element>(items[2]).is("h", ns::client));
}

TEST(XmlReader, TheLimitOfBytesIsExact) {
  const std::string stanza = "<message><body>x</body></message>";
  for (const std::string& s : {stanza, std::string("<message to='b@c.example'/>")}) {
    EXPECT_TRUE(std::holds_alternative<Element>(read(open + s, {s.size(), 9, 9, 9}).at(1))) << s;
    EXPECT_TRUE(std::holds_alternative<Refused>(read(open + s, {s.size() - 1, 9, 9, 9}).at(1))) << s;
  }
}

TEST(XmlReader, LimitsCanChangeOnTheWay) {
  XmlStreamReader reader({100, 9, 9, 9});
  std::vector<StreamItem> items;
  const std::string stanza = "<message>" + std::string(100, 'x') + "</message>";
  reader.feed(open + stanza, items);
  reader.set_limits({200, 9, 9, 9});
  XmlStreamReader moved = std::move(reader);
  moved.feed(stanza, items);
  ASSERT_EQ(items.size(), 3U);
  EXPECT_TRUE(std::holds_alternative<Refused>(items[1]));
  EXPECT_TRUE(std::holds_alternative<Element>(items[2]));
}

TEST(XmlReader, BreaksOnWhatNoStreamMayHold) {
  struct {
    std::string_view name, bytes, condition;
  } const rows[] = {
      {"a comment", "<message><!-- x --></message>", "restricted-xml"},
      {"a comment between stanzas", "<!-- x --><message/>", "restricted-xml"},
      {"a processing instruction", "<?x y?>", "restricted-xml"},
      {"an entity", "<message>&nbsp;</message>", "restricted-xml"},
      {"an entity in an attribute", "<message a='&x;'/>", "restricted-xml"},
      {"a DTD in the middle", "<!DOCTYPE x>", "not-well-formed"},
      {"a second declaration", "<?xml version='1.0'?>", "not-well-formed"},
      {"text between stanzas", "<message/>x<message/>", "not-well-formed"},
      {"a wrong end", "<message></iq>", "not-well-formed"},
      {"not UTF-8", "<message>\xC3(</message>", "not-well-formed"},
      {"half a surrogate in UTF-8", "<message>\xED\xA0\x80</message>", "not-well-formed"},
      {"a control character", "<message>\x02</message>", "not-well-formed"},
      {"an attribute twice", "<message a='1' a='2'/>", "not-well-formed"},
  };
  for (const auto& row : rows) {
    const auto items = read(open + std::string(row.bytes) + "<presence/>" + close);
    ASSERT_FALSE(items.empty());
    const auto* fault = std::get_if<StreamFault>(&items.back());
    ASSERT_NE(fault, nullptr) << row.name << "\n" << describe(items);
    EXPECT_EQ(fault->condition, row.condition) << row.name << ": " << fault->text;
  }
}

// Expat takes a NUL beside the first byte for UTF-16, unless that byte comes alone.
TEST(XmlReader, NoStreamIsUtf16) {
  const std::string wide("<\0a\0/\0>\0", 8), beside("_\0%", 3);
  for (const std::string& bytes : {wide, beside}) {
    XmlStreamReader each({});
    std::vector<StreamItem> items;
    for (const char& c : bytes) each.feed({&c, 1}, items);
    EXPECT_EQ(describe(read(bytes)), "fault not-well-formed\n");
    EXPECT_EQ(describe(items), "fault not-well-formed\n");
  }
}

TEST(XmlReader, BreaksOnAHeaderOverTheLimit) {
  const auto items = read(open + "<presence/>", {1'000, 9, 9, 4});
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(describe(items[1]), "fault policy-violation");
}

TEST(XmlReader, BreaksOnADocumentTypeBeforeTheHeader) {
  for (const std::string_view dtd : {"<!DOCTYPE x [<!ENTITY a 'b'>]>", "<!DOCTYPE x SYSTEM 'file:///etc/passwd'>"}) {
    const auto items = read("<?xml version='1.0'?>" + std::string(dtd) + open.substr(21) + "<message>&a;</message>");
    ASSERT_EQ(items.size(), 1U);
    EXPECT_EQ(describe(items[0]), "fault restricted-xml");
  }
}

TEST(XmlReader, IsDeafAfterAFaultAndAfterTheEnd) {
  for (const std::string& last : {std::string("<!-- -->"), close}) {
    XmlStreamReader reader({});
    std::vector<StreamItem> items;
    reader.feed(open + last, items);
    const std::size_t before = items.size();
    reader.feed("<message/>" + open, items);
    EXPECT_EQ(items.size(), before);
  }
}

// Ten megabytes in one token: a fault, long before all of it has been buffered.
TEST(XmlReader, ATokenWithoutAnEndBreaksTheStream) {
  const std::string piece(100'000, 'x');
  for (const std::string_view start : {"<message a='", "<message><!-- ", "<", "<message><body></", "<?x "}) {
    XmlStreamReader reader({});
    std::vector<StreamItem> items;
    reader.feed(open + std::string(start), items);
    std::size_t fed = 0;
    for (; fed < 10'000'000 && !(items.size() > 1 || fed > 9'000'000); fed += piece.size()) reader.feed(piece, items);
    ASSERT_GE(items.size(), 2U) << start;
    EXPECT_TRUE(std::holds_alternative<StreamFault>(items.back())) << start;
    EXPECT_LT(fed, 8 * XmlLimits{}.bytes + 3 * piece.size()) << start;
  }
}

TEST(XmlReader, TenMegabytesOfTextAreRefusedNotKept) {
  XmlStreamReader reader({});
  std::vector<StreamItem> items;
  reader.feed(open + "<message id='1'><body>", items);
  const std::string piece(100'000, 'x');
  for (int i = 0; i < 100; ++i) reader.feed(piece, items);
  EXPECT_EQ(items.size(), 1U);
  reader.feed("</body></message><presence/>", items);
  ASSERT_EQ(items.size(), 3U);
  EXPECT_TRUE(std::holds_alternative<Refused>(items[1]));
  EXPECT_TRUE(std::holds_alternative<Element>(items[2]));
}

}  // namespace xml_reader_test
}  // namespace ferry
