// The boundaries of stanzas in pieces of any size, from the middle, through damage, and what hostile bytes cost.
#include <gtest/gtest.h>

#include "tests/replay/imported.h"

namespace ferry {
namespace stanza_scanner_test {

const std::string head =
    "<?xml version='1.0'?><stream:stream to='x' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
const std::string opened = "s1 ? open >x\n";
std::string line(const std::string& xml) { return "s1 ? " + xml + "\n"; }
std::string iq(int id) { return "<iq xmlns='jabber:client' id='" + std::to_string(id) + "'/>"; }

struct Case {
  std::string name, text, expected;
};

std::vector<Case> cases() {
  const std::string ok = line(iq(2));
  return {
      {"whole", head + "<a b='>'>t</a> " + iq(2) + "</stream:stream>",
       opened + line("<a xmlns='jabber:client' b='>'>t</a>") + ok + "s1 ? close end\n"},
      {"markup", head + "<a><![CDATA[<b>]]&gt;]]></a>" + iq(2),
       opened + line("<a xmlns='jabber:client'><![CDATA[<b>]]&gt;]]></a>") + ok},
      {"restart", head + iq(2) + head + iq(2), opened + ok + opened + ok},
      {"from the middle", "re</body></message>" + iq(2), "damage 1 0+19\n" + ok},
      {"prefixes",
       "<stream:stream to='x' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
       "xmlns:p='urn:p'><a p:b=''/>",
       opened + line("<a xmlns='jabber:client' xmlns:p='urn:p' p:b=''/>")},
      {"end tag that fits nothing", head + "<message><body>x</message>" + iq(2),
       opened + "damage 1 " + std::to_string(head.size()) + "+26\n" + ok},
      {"tag in a tag", head + "<message to='" + iq(2),
       opened + "damage 1 " + std::to_string(head.size()) + "+13\n" + ok},
      {"swallowed", head + "<message><body>x" + iq(2) + "</stream:stream>",
       opened + "damage 1 " + std::to_string(head.size()) + "+16\n" + ok + "s1 ? close end\n"},
      {"between", head + "garbage" + iq(2), opened + "damage 1 " + std::to_string(head.size()) + "+7\n" + ok},
      {"doctype", "<!DOCTYPE a [<!ENTITY b 'c'>]>" + head + iq(2), "damage 1 0+30\n" + opened + ok},
      {"entity", head + "<a>&b;</a>" + iq(2), opened + "damage 1 " + std::to_string(head.size()) + "+10\n" + ok},
      {"bytes that are no UTF-8", head + "<a>\xff\xfe</a>" + iq(2),
       opened + "damage 1 " + std::to_string(head.size()) + "+9\n" + ok},
      {"a prefix that nothing declares", head + "<a q:b=''/>" + iq(2),
       opened + "damage 1 " + std::to_string(head.size()) + "+11\n" + ok},
      {"a comment inside", head + "<a><!-- < --></a>" + iq(2),
       opened + "damage 1 " + std::to_string(head.size()) + "+17\n" + ok},
      {"STARTTLS, and what was decrypted", head + "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>" + iq(2),
       opened + line("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>") + "s1 ? close starttls\n" + ok},
      {"a forwarded message behind damage",
       "x<forwarded xmlns='urn:xmpp:forward:0'>  <message><body>y</body></message>" + iq(2), "damage 1 0+74\n" + ok},
      {"TLS", head + "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>\x16\x03\x01 whatever <iq/>",
       opened + line("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>") + "s1 ? close starttls\n"},
  };
}

TEST(StanzaScanner, Cases) {
  for (const Case& c : cases()) EXPECT_EQ(test::import_text("xml", c.text).text, c.expected) << c.name;
}

TEST(StanzaScanner, PiecesOfAnySizeAreTheSame) {
  for (const Case& c : cases())
    for (const std::size_t piece : {1u, 2u, 3u, 5u, 11u, 64u})
      EXPECT_EQ(test::import_text("xml", c.text, piece).text, c.expected) << c.name << " " << piece;
}

// Whatever is cut out of the middle, the stanzas before and well behind it are there.
TEST(StanzaScanner, HolesAnywhere) {
  std::string text = head;
  for (int i = 0; i < 6; ++i)
    text += "<message id='" + std::to_string(i) + "'><body a='b'>text &amp; more</body></message>";
  for (std::size_t from = head.size(); from < text.size(); ++from)
    for (const std::size_t size : {1u, 9u, 40u}) {
      std::string holed = text;
      holed.erase(from, size);
      const auto read = test::import_text("xml", holed);
      EXPECT_GE(read.counts.stanzas, 4u) << from << " " << size << read.text;
      EXPECT_LE(read.counts.damages, 2u) << from << " " << size << read.text;
    }
}

TEST(StanzaScanner, AForwardedMessageIsNoStanza) {
  const std::string carbon =
      "<message from='a@x'><received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><delay "
      "xmlns='urn:xmpp:delay'/><message xmlns='jabber:client'><body>in";
  EXPECT_EQ(test::import_text("xml", head + carbon + "</oops>" + iq(2)).counts.stanzas, 1u);
}

TEST(StanzaScanner, HostileSizes) {
  const std::size_t mb = 1'048'576;
  std::string text = head;
  for (std::size_t i = 0; i < 2 * mb; i += 4) text += "<iq>";
  auto read = test::import_text("xml", text);
  EXPECT_EQ(read.counts.stanzas, 0u);
  EXPECT_GE(read.counts.damages, 1u);
  text = head + "<a b='" + std::string(3 * mb, 'x') + "'/>" + iq(2);
  read = test::import_text("xml", text, 1'000);
  EXPECT_EQ(read.counts.stanzas, 1u);
  EXPECT_EQ(read.counts.damages, 1u);
  EXPECT_EQ(read.counts.damaged_bytes, 3 * mb + 9);
  text = head + std::string(3 * mb, 'x') + iq(2);
  read = test::import_text("xml", text);
  EXPECT_EQ(read.counts.damaged_bytes, 3 * mb);
  EXPECT_EQ(read.counts.stanzas, 1u);
}

// More streams than may be open: the ones that were silent longest are given up, and said to be.
TEST(StanzaScanner, ThousandsOfStreams) {
  std::string text;
  for (std::size_t i = 0; i <= intake::limit::streams; ++i)
    text += "Send:1.0:<0." + std::to_string(i) + ".0>:<message>\n";
  const auto read = test::import_text("tsung", text);
  EXPECT_EQ(read.counts.streams, intake::limit::streams + 1);
  EXPECT_EQ(read.counts.damages, intake::limit::streams + 1);
  EXPECT_EQ(read.records.size(), intake::limit::damage_records);
}

}  // namespace stanza_scanner_test
}  // namespace ferry
