// XEP-0227 in and out, in the forms that servers really write.
#include "gateway/migration/xep0227_export.h"

#include <gtest/gtest.h>

#include "tests/migration/recorder.h"
#include "tests/migration/samples.h"
#include "translators/values/base64.h"

namespace ferry {
namespace xep0227_test {

// The users of RFC 5802 and RFC 7677: user, pencil.
constexpr std::string_view full = R"(<?xml version='1.0' encoding='UTF-8'?>
<!-- a comment --><?and an="instruction"?>
<server-data xmlns='urn:xmpp:pie:0'><host jid='example.org'><user name='user'>
<scram-credentials xmlns='urn:xmpp:pie:0#scram' mechanism='SCRAM-SHA-1'><iter-count>4096</iter-count><salt>QSXCR+Q6sek8bf92</salt><server-key>D+CSWLOshSulAsxiupA+qs2/fTE=</server-key><stored-key>6dlGYMOdZcOPutkcNY8U2g7vK9Y=</stored-key></scram-credentials>
<scram-credentials xmlns='urn:xmpp:pie:0#scram' mechanism='SCRAM-SHA-256'><iter-count>4096</iter-count><salt>W22ZaJ0SNY7soEsUEjb6gQ==</salt><server-key>wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=</server-key><stored-key>WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=</stored-key></scram-credentials>
<query xmlns='jabber:iq:roster'><item jid='romeo@montague.lit' name='Romeo &amp; Co' subscription='both'><group>Friends</group><group>Lovers</group></item>
<item jid='nurse@example.org' subscription='none' ask='subscribe'/><item jid='o\27brien@example.org' subscription='from' approved='true'/></query>
<presence xmlns='jabber:client' type='subscribe' from='benvolio@montague.lit'><status>hi</status></presence>
<offline-messages><message xmlns='jabber:client' from='romeo@montague.lit/orchard' to='user@example.org' type='chat' id='m-1'><body>Привет</body><delay xmlns='urn:xmpp:delay' from='example.org' stamp='Thu Jan 21 14:17:35 CET 2016'>Offline Storage</delay><delay xmlns='urn:xmpp:delay' from='example.org' stamp='Thu Jan 21 14:17:35 CET 2016'/></message></offline-messages>
<query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'><conference jid='c@conference.example.org'/></storage></query>
<vCard xmlns='vcard-temp'><FN>A User</FN></vCard>
<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:bookmarks:1'><item id='c'><conference xmlns='urn:xmpp:bookmarks:1'/></item></items></pubsub>
<archive xmlns='urn:xmpp:pie:0#mam'><result xmlns='urn:xmpp:mam:2'/></archive><new xmlns='x'/>
</user></host></server-data>)";

bool import(Recorder& out, const std::string& path, const std::string& domain = "") {
  ImportJob job;
  job.sources = {path};
  job.options.domain = domain;
  return run_import(job, out);
}

TEST(Xep0227, Everything) {
  const Samples samples;
  Recorder r;
  EXPECT_TRUE(import(r, samples.file("a.xml", full))) << r.all();
  EXPECT_TRUE(r.has("account user@example.org")) << r.all();
  ASSERT_EQ(r.all_keys.size(), 2U);
  EXPECT_TRUE(verify(r.all_keys[0], "pencil"));
  EXPECT_TRUE(verify(r.all_keys[1], "pencil"));
  EXPECT_TRUE(r.has("contact romeo@montague.lit both \"Romeo & Co\" [Friends] [Lovers]"));
  EXPECT_TRUE(r.has("contact nurse@example.org none ask"));
  EXPECT_TRUE(r.has("contact o\\27brien@example.org from approved"));
  EXPECT_TRUE(r.has("request benvolio@montague.lit"));
  EXPECT_TRUE(
      r.has("message 2016-01-21T13:17:35.000Z <message xmlns='jabber:client' from='romeo@montague.lit/orchard' "
            "to='user@example.org' type='chat' id='m-1'><body>Привет</body><delay xmlns='urn:xmpp:delay' "
            "from='example.org' stamp='2016-01-21T13:17:35.000Z'>Offline Storage</delay></message>"))
      << r.all();
  EXPECT_TRUE(r.complains("old conversations"));
  EXPECT_TRUE(r.complains("<new xmlns='x'/>"));
}

TEST(Xep0227, ThereAndBackAgain) {
  const Samples samples;
  Recorder first, second, third;
  const std::string path = samples.path("out.xml");
  std::FILE* file = std::fopen(path.c_str(), "w");
  {
    Xep0227Writer writer(file, first);
    ImportJob job;
    job.sources = {samples.file("a.xml", full)};
    EXPECT_TRUE(run_import(job, writer));
    EXPECT_TRUE(writer.finish());
  }
  std::fclose(file);
  EXPECT_TRUE(import(second, path)) << second.all();
  EXPECT_TRUE(import(third, samples.path("a.xml")));
  std::sort(second.lines.begin(), second.lines.end());
  std::sort(third.lines.begin(), third.lines.end());
  EXPECT_EQ(second.lines, third.lines);
  EXPECT_EQ(second.problems, std::vector<std::string>{});
}

TEST(Xep0227, EjabberdsOldPasswords) {
  const Samples samples;
  const auto twice = [](std::string_view once) { return to_base64(once); };
  std::string text =
      "<server-data xmlns='http://www.xmpp.org/extensions/xep-0227.html#ns'><host jid='example.org'>"
      "<user name='a' "
      "password='scram:6dlGYMOdZcOPutkcNY8U2g7vK9Y=,D+CSWLOshSulAsxiupA+qs2/fTE=,QSXCR+Q6sek8bf92,4096'/>"
      "<user name='b' "
      "password='scram:sha256,WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=,wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
      ",W22ZaJ0SNY7soEsUEjb6gQ==,4096'/>"
      "<user name='c' password='scram:" +
      twice("6dlGYMOdZcOPutkcNY8U2g7vK9Y=") + "," + twice("D+CSWLOshSulAsxiupA+qs2/fTE=") + "," +
      twice("QSXCR+Q6sek8bf92") +
      ",4096'/>"
      "<user name='d' password='scram:a,b'/><user name='e' password='E'/></host></server-data>";
  Recorder r;
  EXPECT_TRUE(import(r, samples.file("a.xml", text)));
  ASSERT_EQ(r.all_keys.size(), 3U) << r.all();
  for (const ScramKeys& keys : r.all_keys) EXPECT_TRUE(verify(keys, "pencil"));
  EXPECT_TRUE(r.complains("expected scram:STORED"));
  EXPECT_TRUE(r.complains("it is the user's name"));
}

TEST(Xep0227, XIncludeWithinTheFolder) {
  const Samples samples;
  const std::string main = samples.file(
      "x/main.xml",
      "<server-data xmlns='urn:xmpp:pie:0' xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include href='./host.xml'/>"
      "<xi:include href='../outside.xml'/><xi:include href='/etc/passwd'/><xi:include href='http://x/y'/>"
      "<xi:include href='loop.xml'/><xi:include href='damaged.xml'/><xi:include href='missing.xml'/></server-data>");
  samples.file("x/host.xml",
               "<host xmlns='urn:xmpp:pie:0' jid='example.org' xmlns:xi='http://www.w3.org/2001/XInclude'>"
               "<xi:include href='users/a.xml'/></host>");
  samples.file("x/users/a.xml", "<user xmlns='urn:xmpp:pie:0' name='a'/>");
  samples.file("x/loop.xml", "<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='loop.xml'/>");
  samples.file("outside.xml", "<host xmlns='urn:xmpp:pie:0' jid='evil.example'><user name='x'/></host>");
  samples.file("x/damaged.xml", "<host xmlns='urn:xmpp:pie:0' jid='b.example'><user name='b'><vCard");
  Recorder r;
  import(r, main);
  EXPECT_TRUE(r.has("account a@example.org")) << r.all();
  EXPECT_FALSE(r.has("account x@evil.example"));
  EXPECT_TRUE(r.complains("outside of the export's folder"));
  EXPECT_TRUE(r.complains("\"/etc/passwd\": expected a relative path"));
  EXPECT_TRUE(r.complains("\"http://x/y\": expected a relative path"));
  EXPECT_TRUE(r.complains("missing.xml: No such file"));
  EXPECT_TRUE(r.complains("too many files within one another"));
  EXPECT_TRUE(r.complains("damaged.xml:1: "));
  EXPECT_TRUE(r.has("account b@b.example"));
  EXPECT_EQ(std::count(r.lines.begin(), r.lines.end(), "end"), 2);
}

// As ejabberd's export_piefxis writes it, and somebody names all of it.
TEST(Xep0227, AFileThatAnotherIncludesIsReadOnce) {
  for (const bool index_first : {true, false}) {
    const Samples samples;
    const std::string index = samples.file("e.xml",
                                           "<server-data xmlns='urn:xmpp:pie:0' "
                                           "xmlns:xi='http://www.w3.org/2001/XInclude'><xi:include "
                                           "href='e_corp.xml'/></server-data>");
    const std::string host = samples.file("e_corp.xml",
                                          "<host xmlns='urn:xmpp:pie:0' jid='corp.example'><user name='alice' "
                                          "password='pencil'/></host>");
    Recorder r;
    ImportJob job;
    job.sources = index_first ? std::vector{index, host} : std::vector{host, index};
    EXPECT_TRUE(run_import(job, r));
    EXPECT_EQ(std::count(r.lines.begin(), r.lines.end(), "account alice@corp.example"), 1);
    ASSERT_EQ(r.problems.size(), 1U) << r.all();
    EXPECT_EQ(r.problems[0].find("note "), 0U) << r.problems[0];
    EXPECT_TRUE(r.complains("it was read already"));
  }
}

TEST(Xep0227, WhoComesTwiceBySameNameIsNotToBeRenamed) {
  const Samples samples;
  const std::string text = "<host xmlns='urn:xmpp:pie:0' jid='corp.example'><user name='alice' password='x'/></host>";
  const std::string one = samples.file("one.xml", text), two = samples.file("two.xml", text);
  Recorder r;
  ImportJob job;
  job.sources = {one, two};
  run_import(job, r);
  EXPECT_TRUE(r.complains("it was already in " + one + ":1")) << r.all();
  EXPECT_FALSE(r.complains("rename"));
}

TEST(Xep0227, AFolderOfExportsSaysWhatToName) {
  const Samples samples;
  samples.file("exp/e.xml", "<server-data xmlns='urn:xmpp:pie:0'/>");
  Recorder r;
  import(r, samples.path("exp"));
  EXPECT_TRUE(r.complains("the one without a host in its name")) << r.all();
}

TEST(Xep0227, HostileInputIsRefusedWithItsPlace) {
  const Samples samples;
  const auto wrong = [&](std::string_view text) {
    Recorder r;
    EXPECT_FALSE(import(r, samples.file("h.xml", text)));
    return r.problems.empty() ? std::string() : r.problems.back();
  };
  EXPECT_NE(wrong("<!DOCTYPE a [<!ENTITY e 'x'>]>\n<server-data/>").find("h.xml:1: a document type declaration"),
            std::string::npos);
  EXPECT_NE(wrong("<server-data>\n<host jid='a.example'>\n<user name='b'>&e;</user>").find("h.xml:3: an entity"),
            std::string::npos);
  EXPECT_NE(wrong("<server-data><host jid='a.example'><user name='b'>").find("h.xml:1: no element found"),
            std::string::npos);
  // Deeper than anything is: passed over, and the next account comes.
  std::string deep = "<server-data xmlns='urn:xmpp:pie:0'><host jid='a.example'><user name='b'>";
  for (int i = 0; i < 5'000; ++i) deep += "<a>";
  for (int i = 0; i < 5'000; ++i) deep += "</a>";
  deep += "</user><user name='c'/></host></server-data>";
  Recorder r;
  EXPECT_TRUE(import(r, samples.file("d.xml", deep)));
  EXPECT_TRUE(r.complains("deeper than 64 elements"));
  EXPECT_TRUE(r.has("account c@a.example"));
}

TEST(Xep0227, WhatIsNoExportSaysWhatWasExpected) {
  const Samples samples;
  Recorder r;
  EXPECT_FALSE(import(r, samples.file("h.html", "<html><body/></html>")));
  EXPECT_TRUE(r.complains("expected <server-data"));
}

}  // namespace xep0227_test
}  // namespace ferry
