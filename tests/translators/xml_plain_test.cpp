#include "translators/values/xml_plain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "tests/translators/canonical.h"
#include "tests/translators/samples_message.h"
#include "tests/translators/samples_other.h"
#include "translators/values/xml_reader.h"

namespace ferry {
namespace xml_plain_test {

constexpr XmlLimits limits{4'096, 8, 64, 30};

// What expat's reader makes of it as the one stanza of a stream that declares nothing.
std::optional<Element> by_expat(std::string_view xml) {
  XmlStreamReader reader(limits);
  std::vector<StreamItem> items;
  reader.feed("<s>", items);
  items.clear();
  reader.feed(xml, items);
  if (items.size() != 1 || !std::holds_alternative<Element>(items[0])) return std::nullopt;
  return std::get<Element>(std::move(items[0]));
}

TEST(PlainXml, ReadsWhatStanzasAre) {
  PlainXmlReader reader(limits);
  for (const std::string xml :
       {"<presence xmlns='jabber:client'/>", "<a/>", "<a></a>", "<a b='c' d=\"it's\"/>", "<a >x</a>", "<a\n b='c'\t/>",
        "<message xmlns='jabber:component:accept' id='1'>a<body xml:lang='de'>Grüße, 东京 😀\nzwei</body>b</message>",
        "<a b='&lt;&gt;&amp;&quot;&apos;'>&lt;b/&gt; &amp;amp; > ] ]] >></a>",
        "<p:a xmlns:p='urn:p' xmlns='urn:q' p:b='1' b='2'><c/><p:d xmlns:p='urn:r' p:e=''/></p:a>",
        "<a xmlns=''><b xmlns='urn:b'><c/></b><c/></a>", "<a xmlns:p='jabber:component:accept'><p:b/></a>",
        "<a.b-c_d e.f='g'/>", "<xmlnsa xmlnsb='c'/>"}) {
    const Element* read = reader.read(xml);
    const auto expected = by_expat(xml);
    ASSERT_TRUE(read && expected) << xml;
    EXPECT_EQ(*read, *expected) << xml;
  }
}

TEST(PlainXml, LeavesToExpatWhatIsUnusualOrWrong) {
  PlainXmlReader reader(limits);
  for (const std::string xml : {"",
                                "a",
                                "<",
                                "<a",
                                "<a>",
                                "</a>",
                                "<a/><b/>",
                                "<a/> ",
                                " <a/>",
                                "<a></b>",
                                "<a></a >",
                                "<a></ab>",
                                "<a><b></a></b>",
                                "<a b=c/>",
                                "<a b='c/>",
                                "<a b/>",
                                "<a b ='c'/>",
                                "<a b='c'd='e'/>",
                                "<a b='c' b='d'/>",
                                "<a / >",
                                "<a/ >",
                                "<a b='<'/>",
                                "<a b='x\ny'/>",
                                "<a b='x\ty'/>",
                                "<a>]]></a>",
                                "<a>&nbsp;</a>",
                                "<a>&#65;</a>",
                                "<a>&</a>",
                                "<a>& lt;</a>",
                                "<a>x\ry</a>",
                                "<a>\x01</a>",
                                "<a>\xC3</a>",
                                "<a>\xEF\xBF\xBE</a>",
                                "<a>\xED\xA0\x80</a>",
                                "<a><!-- --></a>",
                                "<a><![CDATA[x]]></a>",
                                "<?xml version='1.0'?><a/>",
                                "<!DOCTYPE a><a/>",
                                "<é/>",
                                "<a é='1'/>",
                                "<1a/>",
                                "<a:b/>",
                                "<a:b:c xmlns:a='urn:a'/>",
                                "<a b:c='d'/>",
                                "<a xmlns:p=''/>",
                                "<a xmlns:xml='urn:x'/>",
                                "<a xmlns:p='urn:a' xmlns:q='urn:a' p:b='1' q:b='2'/>",
                                "<a xmlns='urn:a&amp;b'/>",
                                "<a:/>",
                                "<:a/>",
                                "<a><a><a><a><a><a><a><a><a/></a></a></a></a></a></a></a></a>"})
    EXPECT_EQ(reader.read(xml), nullptr) << xml;
  EXPECT_EQ(reader.read(std::string("<a>\0</a>", 8)), nullptr);
  EXPECT_EQ(reader.read("<a>" + std::string(limits.bytes, 'x') + "</a>"), nullptr);
  std::string many = "<a>", attributes = "<a";
  for (int i = 0; i < 64; ++i) many += "<b/>", attributes += " a" + std::to_string(i) + "='1'";
  EXPECT_EQ(reader.read(many + "</a>"), nullptr);
  EXPECT_EQ(reader.read(attributes + "/>"), nullptr);
  EXPECT_NE(reader.read("<a/>"), nullptr);  // nothing of it stays
}

// Of everything that both read they make the same, whatever was read in that memory before.
TEST(PlainXml, SaysTheSameAsExpat) {
  std::vector<std::string> seeds;
  const auto add = [&](const auto& samples) {
    for (const test::Sample& sample : samples) seeds.emplace_back(sample.xml);
  };
  add(test::messages);
  add(test::presences);
  add(test::iqs);
  add(test::oddities);
  std::mt19937 chance(7);
  const auto below = [&](std::size_t n) { return std::size_t{chance()} % n; };
  const std::string pieces[] = {"<",
                                ">",
                                "/>",
                                "</a>",
                                "<b>",
                                "'",
                                "\"",
                                "&amp;",
                                "&",
                                ";",
                                " ",
                                "=",
                                "\n",
                                "\r",
                                "\t",
                                ":",
                                "]]>",
                                "<a:b xmlns:a='urn:a'/>",
                                " xmlns='urn:x'",
                                " a='b'",
                                "é",
                                "\xC3",
                                "\x01",
                                "<![CDATA[",
                                "<?",
                                "xml:",
                                "😀"};
  PlainXmlReader reader(limits);
  std::size_t both = 0, neither = 0;
  for (int round = 0; round < 40'000; ++round) {
    std::string xml = seeds[below(seeds.size())];
    for (std::size_t changes = below(4); changes > 0; --changes) {
      const std::size_t at = below(xml.size());
      if (below(2) == 0)
        xml.insert(at, pieces[below(std::size(pieces))]);
      else
        xml.erase(at, below(6));
      if (xml.empty()) xml = "<a/>";
    }
    const Element* read = reader.read(xml);
    if (!read) {
      ++neither;
      continue;
    }
    ++both;
    const auto expected = by_expat(xml);
    ASSERT_TRUE(expected) << xml;
    ASSERT_EQ(*read, *expected) << xml;
  }
  EXPECT_GT(both, 5'000U);
  EXPECT_GT(neither, 5'000U);
}

}  // namespace xml_plain_test
}  // namespace ferry
