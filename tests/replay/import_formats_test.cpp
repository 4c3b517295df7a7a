// Each format of lines: a small sample of our own, recognised, read, and read the same in pieces of any size.
#include <gtest/gtest.h>

#include "tests/replay/imported.h"

namespace ferry {
namespace import_formats_test {

struct Sample {
  std::string_view format, text, expected;
};

constexpr Sample samples[] = {
    {"openfire-debug",
     "C2S /10.1.0.1:5001  - OPEN - (        -77)\n"
     "C2S /10.1.0.1:5001  - RECV - (        -77): <stream:stream to='a.example' xmlns='jabber:client' "
     "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>\n"
     "C2S /10.1.0.1:5001  - SENT - (        -77): <?xml version='1.0'?><stream:stream from='a.example' id='x1' "
     "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'><stream:features/>\n"
     "something of the server's own\n"
     "C2S /10.1.0.1:5001  - RECV - (        -77): <message to='b@a.example'><body>one\ntwo</body></message>\n"
     "INT /10.1.0.1:????? - RECV - (         x1): <message to=\"b@a.example\"><body>one\ntwo</body></message>\n"
     "C2S /10.1.0.1:5001  - CLSD - (        -77)\n",
     "s1 received open >a.example\n"
     "s1 sent open a.example>\n"
     "s1 sent <stream:features xmlns:stream='http://etherx.jabber.org/streams'/>\n"
     "s1 received <message xmlns='jabber:client' to='b@a.example'><body>one\ntwo</body></message>\n"
     "s1 received close lost\n"},
    {"openfire-debug",
     "2026-05-13 12:11:12,001 INFO  [DebuggerPlugin] - 2026-05-13T10:11:12.000002Z - C2S-STARTTLS /10.1.0.1:5001  - "
     "RECV "
     "- (rawDebugger): <message to='b@a.example'><body>split he\n"
     "2026-05-13 12:11:12,001 INFO  [DebuggerPlugin] - 2026-05-13T10:11:12.000002Z - ExComp-STARTTLS /10.1.0.9:5009  - "
     "SENT - (rawDebugger): <handshake></handshake>\n"
     "2026-05-13 12:11:12,001 INFO  [DebuggerPlugin] - 2026-05-13T10:11:12.000003Z - C2S-STARTTLS /10.1.0.1:5001  - "
     "RECV "
     "- (rawDebugger): re</body></message><presence/>\n"
     "2026-05-13 12:11:12,001 INFO  [DebuggerPlugin] - 2026-05-13T10:11:13Z - C2S-STARTTLS ???              - CLSD - "
     "(rawDebugger)\n",
     "s2 sent <handshake xmlns='jabber:component:accept'></handshake>\n"
     "s1 received <message xmlns='jabber:client' to='b@a.example'><body>split here</body></message>\n"
     "s1 received <presence xmlns='jabber:client'/>\n"},
    {"openfire-audit",
     "<jive xmlns=\"http://www.jivesoftware.org\"><packet xmlns=\"http://www.jivesoftware.org\" streamID=\"q1\" "
     "status=\"auth\" timestamp=\"Jan 05, 2022 03:04:05:678 PM\"><message xmlns=\"jabber:client\" to=\"b@x\" "
     "from=\"a@x/r\"><body>1 &amp; 2</body></message></packet><jive xmlns=\"http://www.jivesoftware.org\"><packet "
     "xmlns=\"http://www.jivesoftware.org\" status=\"unknown\" timestamp=\"Jan 05, 2022 12:59:59:999 AM\"><presence "
     "xmlns=\"\" from=\"x\"><show>away</show></presence></packet>",
     "s1 received <message xmlns='jabber:client' to='b@x' from='a@x/r'><body>1 &amp; 2</body></message>\n"
     "s2 received <presence xmlns='jabber:client' from='x'><show>away</show></presence>\n"},
    {"ejabberd-logxml",
     "<?xml version=\"1.0\"?>\n<?xml-stylesheet href=\"xmpp.xsl\" type=\"text/xsl\"?>\n<log>\n"
     "<packet or=\"send\" ljid=\"a@x/r\" lip=\"10.0.0.5\" ts=\"2026-01-01T12:00:00Z\"><message to='b@x'/></packet>\n"
     "<packet or=\"recv\" ljid=\"a@x/r\" ts=\"2026-01-01T12:00:01Z\"><presence from='b@x/p'/></packet>\n</log>\n",
     "s1 received <message xmlns='jabber:client' to='b@x'/>\ns1 sent <presence xmlns='jabber:client' from='b@x/p'/>\n"},
    {"prosody",
     "Sep 18 23:29:39 c2s55d8\tdebug\tRECV: <message to='b@x'><body>hi\n  there</body></message>\n"
     "Sep 18 23:29:39 c2s55d9\tdebug\tSEND: <message to='b@x/r' from='a@x/r'/>\n"
     "Sep 18 23:29:40 c2s55d8\tdebug\tReceived[c2s]: <iq id='p1' type='get'>\n"
     "Sep 18 23:29:40 mod_posix\tinfo\tDaemonised\n",
     "s1 received <message xmlns='jabber:client' to='b@x'><body>hi\n  there</body></message>\n"
     "s2 sent <message xmlns='jabber:client' to='b@x/r' from='a@x/r'/>\n"},
    {"prosody-watch",
     "<!-- received from a@x/r -->\n<message to=\"b@x\"><body>hi</body></message>\n<!-- sent to b@x/p -->\n"
     "<message to=\"b@x/p\"/>\n",
     "s1 received <message xmlns='jabber:client' to=\"b@x\"><body>hi</body></message>\n"
     "s2 sent <message xmlns='jabber:client' to=\"b@x/p\"/>\n"},
    {"libstrophe",
     "xmpp DEBUG RECV: <stream:stream id=\"abc\" from=\"x\" version=\"1.0\">\n"
     "conn DEBUG SENT: <presence/>\nxmpp DEBUG Session establishment successful.\n",
     "s1 sent open x>\ns1 received <presence xmlns='jabber:client'/>\n"},
    {"profanity",
     "2026-01-01T12:00:00+01: 00004711: conn: DBG: SENT: <presence id=\"p\"/>\n"
     "2026-01-01T12:00:00+01: 00004711: prof: DBG: Something else\n"
     "2026-01-01T12:00:00.100000+01: 00004711: xmpp: DBG: RECV: <presence from=\"a@x/p\"/>\n",
     "s1 received <presence xmlns='jabber:client' id=\"p\"/>\ns1 sent <presence xmlns='jabber:client' "
     "from=\"a@x/p\"/>\n"},
    {"profanity-console", "SENT:\n<presence id='p'/>\n\nRECV:\n<presence from='a@x/p'/>\n",
     "s1 received <presence xmlns='jabber:client' id='p'/>\ns1 sent <presence xmlns='jabber:client' from='a@x/p'/>\n"},
    {"slixmpp", "DEBUG    SEND: <presence xmlns=\"jabber:client\" />\nDEBUG    RECV: <r xmlns='urn:xmpp:sm:3'/>\n",
     "s1 received <presence xmlns=\"jabber:client\" />\ns1 sent <r xmlns='urn:xmpp:sm:3'/>\n"},
    {"slixmpp",
     "DEBUG:asyncio:Using selector: EpollSelector\nDEBUG:slixmpp.xmlstream.xmlstream:SEND: <message><body>two\nlines"
     "</body></message>\nWARNING:slixmpp.xmlstream.xmlstream:<no stanza/>\n"
     "DEBUG:slixmpp.xmlstream.xmlstream:RECV: <r xmlns='urn:xmpp:sm:3'/>\n",
     "s1 received <message xmlns='jabber:client'><body>two\nlines</body></message>\n"
     "s1 sent <r xmlns='urn:xmpp:sm:3'/>\n"},
    {"smack", "11:46:10 AM SENT (0): <presence/><a xmlns='urn:xmpp:sm:3' h='2'/>\n11:46:10 AM RECV (1): <presence/>\n",
     "s1 received <presence xmlns='jabber:client'/>\ns1 received <a xmlns='urn:xmpp:sm:3' h='2'/>\n"
     "s2 sent <presence xmlns='jabber:client'/>\n"},
    {"pidgin",
     "(16:55:30) jabber: Recv (ssl)(453): <presence from='b@x/r'\n"
     "(16:55:31) jabber: Recv (ssl)(3): />\n(16:55:30) jabber: Sending (ssl) (a@x/pc): <presence/>\n",
     "s1 sent <presence xmlns='jabber:client' from='b@x/r'/>\ns1 received <presence xmlns='jabber:client'/>\n"},
    {"gajim",
     "<!-- Outgoing Thu Jan  1 12:00:00 2026 (a@x) -->\n<message xmlns=\"jabber:client\" to=\"b@x\">\n  "
     "<body>hi</body>\n"
     "</message>\n\n<!-- Incoming Thu Jan  1 12:00:01 2026 (a@x) -->\n<presence xmlns=\"jabber:client\" />\n\n",
     "s1 received <message xmlns=\"jabber:client\" to=\"b@x\">\n  <body>hi</body>\n</message>\n"
     "s1 sent <presence xmlns=\"jabber:client\" />\n"},
    {"psi", "<!-- TS:2026-01-01T12:00:00-->\n<message to='b@x'/>\n\n<message from='b@x/r' to='a@x/r'/>\n",
     "s1 received <message xmlns='jabber:client' to='b@x'/>\n"
     "s1 sent <message xmlns='jabber:client' from='b@x/r' to='a@x/r'/>\n"},
    {"dino", "XMPP IN [a@x stream:0x1 thread:0x2 2026-01-01T12:00:00]\n<presence from='b@x/r'/>\n",
     "s1 sent <presence xmlns='jabber:client' from='b@x/r'/>\n"},
    {"tsung",
     "Send:1767262800.123456:<0.112.0>:<message id='1'><body>a\nb</body></message>\n"
     "Recv:1767262800.223456:<0.112.0>:<presence/>\n",
     "s1 received <message xmlns='jabber:client' id='1'><body>a\nb</body></message>\n"
     "s1 sent <presence xmlns='jabber:client'/>\n"},
    {"scansion",
     "# A script\n\n[Client] Romeo\n\tjid: r@x\n\n---------\n\nRomeo connects\n\nRomeo sends:\n\t<presence>\n"
     "\t\t<show>away</show>\n\t</presence>\n\nRomeo receives:\n\t<presence/>\n",
     "s1 received <presence xmlns='jabber:client'>\n\t\t<show>away</show>\n\t</presence>\n"
     "s1 sent <presence xmlns='jabber:client'/>\n"},
    // Names of several words, no colon, blanks behind it.
    {"scansion",
     "[Client] Juliet's phone\n\tjid: j@x\n\tresource: mobile\n\n[Client] Romeo\n\tjid: r@x\n---------\n\n"
     "Juliet's phone connects\n\nJuliet's phone sends\n\t<presence/>\n\nRomeo receives: \n\t<presence/>\n\n"
     "Juliet's phone receives:\n\t<iq/>\n\t<message/>\n# Romeo sends:\n\t\nRomeo disconnects\n",
     "s1 received <presence xmlns='jabber:client'/>\ns2 sent <presence xmlns='jabber:client'/>\n"
     "s1 sent <iq xmlns='jabber:client'/>\ns1 sent <message xmlns='jabber:client'/>\n"},
    {"xml",
     "<stream:stream to='x' xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'><iq/> "
     "</stream:stream>",
     "s1 ? open >x\ns1 ? <iq xmlns='jabber:server'/>\ns1 ? close end\n"},
};

TEST(ImportFormats, SamplesAreRecognisedAndRead) {
  for (const Sample& sample : samples) {
    const auto* kind = intake::format_of(sample.text);
    ASSERT_TRUE(kind) << sample.text;
    EXPECT_EQ(kind->name, sample.format) << sample.text;
    const auto read = test::import_text(sample.format, sample.text);
    EXPECT_EQ(read.text, sample.expected) << sample.format;
    EXPECT_EQ(read.counts.damages, 0u) << sample.format;
  }
}

TEST(ImportFormats, PiecesOfAnySizeAreTheSame) {
  for (const Sample& sample : samples)
    for (const std::size_t piece : {1u, 2u, 3u, 7u, 64u})
      EXPECT_EQ(test::import_text(sample.format, sample.text, piece).text, sample.expected) << sample.format << piece;
}

// A file that is cut off anywhere gives the stanzas before the cut, and at most one damaged place a stream.
TEST(ImportFormats, CutAnywhere) {
  for (const Sample& sample : samples)
    for (std::size_t cut = 0; cut < sample.text.size(); ++cut) {
      const auto read = test::import_text(sample.format, sample.text.substr(0, cut));
      EXPECT_LE(read.counts.damages, 2u) << sample.format << cut << read.text;
      for (const Record& r : read.records) {
        const auto* stanza = std::get_if<CapturedStanza>(&r.what);
        const bool known = !stanza || sample.expected.find(stanza->xml) != std::string_view::npos;
        EXPECT_TRUE(known) << sample.format << cut << stanza->xml;
      }
    }
}

TEST(ImportFormats, TimesAndAddresses) {
  const auto openfire = test::import_text("", samples[1].text);
  ASSERT_EQ(openfire.records.size(), 3u);
  EXPECT_EQ(openfire.records[0].time, 1778667072000002);
  EXPECT_EQ(openfire.records[0].remote, "10.1.0.9:5009");
  EXPECT_EQ(openfire.records[0].kind, StreamKind::component);
  const auto audit = test::import_text("", samples[2].text);
  ASSERT_EQ(audit.records.size(), 2u);
  EXPECT_EQ(audit.records[0].time, 1641395045678000);
  EXPECT_EQ(audit.records[1].time, 1641344399999000);
  const auto logxml = test::import_text("", samples[3].text);
  ASSERT_EQ(logxml.records.size(), 2u);
  EXPECT_EQ(logxml.records[0].jid, "a@x/r");
  const auto script = test::import_text("",
                                        "[Client] A's one\n  jid: a@x\n  resource: r\n[Client] B\n  jid: b@x\n-----\n"
                                        "A's one sends:\n  <iq/>\nB sends:\n  <iq/>\n");
  ASSERT_EQ(script.records.size(), 2u);
  EXPECT_EQ(script.records[0].jid, "a@x/r");
  EXPECT_EQ(script.records[1].jid, "b@x");
}

TEST(ImportFormats, NothingKnown) {
  EXPECT_FALSE(intake::format_of("hello\nworld\n"));
  EXPECT_FALSE(intake::format_of(""));
  EXPECT_FALSE(intake::format_of("<html><body>no</body></html>"));
}

TEST(ImportFormats, EachNameIsKnown) {
  for (const intake::FormatKind& kind : intake::formats()) EXPECT_EQ(intake::format_named(kind.name), &kind);
  EXPECT_EQ(intake::format_named("word"), nullptr);
}

}  // namespace import_formats_test
}  // namespace ferry
