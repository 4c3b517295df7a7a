#include "gateway/capture/redaction.h"

#include <gtest/gtest.h>

#include <set>

#include "gateway/capture/alphabets.h"
#include "gateway/capture/redacted_xml.h"
#include "tests/capture/corpus.h"
#include "tests/capture/samples.h"
#include "translators/values/cbor.h"
#include "translators/values/jid.h"
#include "translators/values/json.h"
#include "translators/values/xml.h"

namespace ferry {
namespace redaction_test {

const std::string key = "a key of a test, 16 bytes or more";

// Runs of letters and digits, small; of four or more.
std::set<std::u32string> words_of(std::string_view text) {
  std::set<std::u32string> out;
  std::u32string word;
  const auto end = [&] {
    if (word.size() >= 4) out.insert(word);
    word.clear();
  };
  for (const char32_t c : decode_utf8(text)) {
    auto letter = letter_of(c);
    if (!letter) {
      end();
      continue;
    }
    letter->small = true;
    word += letter->character();
  }
  end();
  return out;
}

std::set<std::u32string> private_words(std::string_view marked) {
  std::set<std::u32string> out;
  for (std::size_t begin = marked.find("‹"); begin != std::string_view::npos; begin = marked.find("‹", begin + 3)) {
    const std::size_t end = marked.find("›", begin);
    out.merge(words_of(marked.substr(begin + 3, end - begin - 3)));
  }
  return out;
}

std::string utf8(const std::u32string& text) {
  std::string out;
  for (const char32_t c : text) append_utf8(out, c);
  return out;
}

std::string redacted(Redaction& redaction, const std::string& stanza) {
  const Record out = redaction.redact(a_record(CapturedStanza{stanza}));
  const auto* found = std::get_if<CapturedStanza>(&out.what);
  return found ? found->xml : capture_line(out);
}

CapturedPublish redacted(Redaction& redaction, const PrivatePublish& publish) {
  CapturedPublish in{unmarked(publish.topic), unmarked(publish.payload), 1};
  return std::get<CapturedPublish>(redaction.redact(a_record(in)).what);
}

TEST(Redaction, NoOriginalWordIsLeft) {
  Redaction redaction({key});
  std::set<std::u32string> secret, shown;
  std::string all;
  for (const std::string& stanza : private_stanzas()) {
    secret.merge(private_words(stanza));
    Record record = a_record(CapturedStanza{unmarked(stanza)}, "c1");
    record.jid = "alice.lidell@wonderland.invalid/Rabbithole";
    record.remote = "192.0.2.33:40000";
    const std::string line = capture_line(redaction.redact(record));
    EXPECT_EQ(line.find("damage"), std::string::npos) << line;
    all += line + "\n";
  }
  for (const PrivatePublish& publish : private_publishes()) {
    secret.merge(private_words(publish.topic));
    secret.merge(private_words(publish.payload));
    const CapturedPublish out = redacted(redaction, publish);
    all += out.topic + " " + out.payload + "\n";
  }
  all +=
      capture_line(redaction.redact(a_record(CapturedOpen{"wonderland.invalid", "alice.lidell@wonderland.invalid"})));
  all += capture_line(redaction.redact(a_record(CapturedDamage{"/home/dormouse/x.log", 1, 2, 3, "expected <"})));
  shown = words_of(all);
  EXPECT_GT(secret.size(), 120U);
  for (const std::u32string& word : secret) {
    EXPECT_FALSE(shown.contains(word)) << utf8(word);
    if (word.size() >= 6) { EXPECT_EQ(all.find(utf8(word)), std::string::npos) << utf8(word); }
  }
}

// What a report is made of: names, namespaces, declarations, attributes, the lengths of texts.
void expect_same_shape(const Element& a, const Element& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.ns, b.ns);
  EXPECT_EQ(a.prefix, b.prefix);
  EXPECT_EQ(a.decls, b.decls);
  ASSERT_EQ(a.attrs.size(), b.attrs.size());
  for (std::size_t i = 0; i < a.attrs.size(); ++i) {
    EXPECT_EQ(a.attrs[i].name, b.attrs[i].name);
    EXPECT_EQ(a.attrs[i].ns, b.attrs[i].ns);
    EXPECT_EQ(a.attrs[i].value.empty(), b.attrs[i].value.empty());
    const bool other = b.attrs[i].value == "redacted" || a.attrs[i].name == "ip";  // neither has a length to keep
    if (!other) { EXPECT_EQ(a.attrs[i].value.size(), b.attrs[i].value.size()) << a.attrs[i].value; }
  }
  ASSERT_EQ(a.children.size(), b.children.size());
  for (std::size_t i = 0; i < a.children.size(); ++i) {
    const Element *x = a.children[i].element(), *y = b.children[i].element();
    ASSERT_EQ(x == nullptr, y == nullptr);
    if (x) {
      expect_same_shape(*x, *y);
    } else if (*b.children[i].text() != "redacted") {
      EXPECT_EQ(a.children[i].text()->size(), b.children[i].text()->size()) << *a.children[i].text();
    }
  }
}

TEST(Redaction, KeepsTheStructure) {
  Redaction redaction({key});
  for (const std::string& stanza : private_stanzas()) {
    const std::string before = unmarked(stanza), after = redacted(redaction, before);
    const auto a = parse_xml(before), b = parse_xml(after);
    ASSERT_TRUE(a) << before;
    ASSERT_TRUE(b) << after;
    expect_same_shape(*a, *b);
  }
}

TEST(Redaction, KeepsWhatIsTheProtocols) {
  Redaction redaction({key});
  std::string all;
  for (const std::string& stanza : private_stanzas()) all += redacted(redaction, unmarked(stanza));
  for (const char* word : {"type='chat' id='purple-77'",
                           "<thread>e0ffe42b28561960</thread>",
                           "xml:lang='de'",
                           "/me ",
                           "stamp='2026-11-20T10:00:00Z'",
                           "ver='v14'",
                           "subscription='both'",
                           "ask='subscribe'",
                           "<show>away</show>",
                           "<priority>5</priority>",
                           "hash='sha-1'",
                           "node='http://pidgin.im/' ver='DdnydQG7RGhP9E3k9Sf+b+bF0zo='",
                           "mechanism='PLAIN'>redacted<",
                           "<password>redacted</password>",
                           "password='redacted'",
                           "maxstanzas='20'",
                           "<TYPE>image/png</TYPE>",
                           "<value>jabber:iq:register</value>",
                           "id='ae890ac52d0df67ed7cfdf51b644e901'",
                           "when='2026-11-20T10:00:00Z'",
                           "autojoin='true'",
                           "category='conference'",
                           "var='http://jabber.org/protocol/muc'",
                           "action='session-initiate'",
                           "port='8998'",
                           "@conference.",
                           "name='Authorization'>redacted<",
                           "&lt; ",
                           " &amp; ",
                           "<digest>redacted</digest>"})
    EXPECT_NE(all.find(word), std::string::npos) << word;
}

TEST(Redaction, OfPublishesKeepsTheContract) {
  Redaction redaction({key});
  for (const PrivatePublish& publish : private_publishes()) {
    const CapturedPublish out = redacted(redaction, publish);
    EXPECT_EQ(out.topic.size(), unmarked(publish.topic).size()) << out.topic;
    EXPECT_EQ(JsonDocument::parse(out.payload).ok(), JsonDocument::parse(unmarked(publish.payload)).ok());
  }
  const CapturedPublish message = redacted(redaction, private_publishes()[0]);
  const std::string alice = redaction.pseudonym_of_jid("alice.lidell@wonderland.invalid");
  EXPECT_EQ(message.topic, "im/v1/u/" + alice + "/out/msg");
  const auto json = JsonDocument::parse(message.payload);
  ASSERT_TRUE(json);
  EXPECT_EQ(json->root()["id"].string(), "01JDABCD");
  EXPECT_EQ(json->root()["to"].string(), redaction.pseudonym_of_jid("mad.hatter@wonderland.invalid"));
  EXPECT_EQ(json->root()["ts"].string(), "2026-11-20T10:00:00.000Z");
  EXPECT_NE(message.payload.find(":\"redacted\""), std::string::npos) << "of a field that is called password";
  EXPECT_TRUE(json->root()["bodies"]["de"].is_string());
  EXPECT_EQ(json->root()["files"].size(), 1U);
  const CapturedPublish contact = redacted(redaction, private_publishes()[1]);
  EXPECT_NE(contact.topic.find("=2B"), std::string::npos) << contact.topic;
  CapturedPublish cbor{"im/v1/u/a@b/in/msg", *json_to_cbor("{\"body\":\"Jabberwocky\"}"), 1, false, true};
  cbor = std::get<CapturedPublish>(redaction.redact(a_record(cbor)).what);
  EXPECT_EQ(cbor.payload.find("Jabberwocky"), std::string::npos);
  EXPECT_TRUE(cbor_to_json(cbor.payload));
}

TEST(Redaction, EqualNamesStayEqualAndOthersDiffer) {
  Redaction one({key}), two({key}), other({"another key, of 16 bytes or more"});
  std::set<std::string> seen;
  for (int i = 0; i < 3'000; ++i) {
    const std::string name = "user" + std::to_string(i) + "@corp.example";
    const std::string pseudonym = one.pseudonym_of_jid(name);
    EXPECT_EQ(pseudonym, two.pseudonym_of_jid(name));
    EXPECT_EQ(pseudonym.size(), name.size());
    EXPECT_TRUE(Jid::parse(pseudonym)) << pseudonym;
    EXPECT_TRUE(seen.insert(pseudonym).second) << name;
  }
  for (int i = 0; i < 26 * 26; ++i) {  // all of a size: what no hash could keep apart
    const std::string name{static_cast<char>('a' + i / 26), static_cast<char>('a' + i % 26)};
    EXPECT_TRUE(seen.insert(one.pseudonym_of_jid(name)).second) << name;
  }
  EXPECT_NE(one.pseudonym_of_jid("alice@corp.example"), other.pseudonym_of_jid("alice@corp.example"));
  const std::string stanza = redacted(
      one,
      "<iq><query xmlns='jabber:iq:auth'><username>alice</username></query><a to='alice@corp.example/Home'/></iq>");
  const std::string local = one.pseudonym_of_jid("alice@corp.example").substr(0, 5);
  EXPECT_NE(stanza.find("<username>" + local + "<"), std::string::npos) << stanza;
  EXPECT_NE(stanza.find("to='" + one.pseudonym_of_jid("alice@corp.example") + "/"), std::string::npos) << stanza;
  EXPECT_EQ(one.pseudonym_of_jid("conference.corp.example").substr(0, 11), "conference.");
}

TEST(Redaction, KeepsWhatItIsToldTo) {
  const std::string stanza =
      "<message from='alice@corp.example/Home'><body>Ask bob@corp.example/x or Dave.</body><auth "
      "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>c2VjcmV0</auth><x xmlns='urn:acme:x' a='Tophat'/></message>";
  Redaction bodies({key, true, false}), jids({key, false, true}), both({key, true, true});
  const std::string with_bodies = redacted(bodies, stanza), with_jids = redacted(jids, stanza);
  EXPECT_NE(with_bodies.find("Ask " + bodies.pseudonym_of_jid("bob@corp.example/x") + " or Dave."), std::string::npos)
      << with_bodies;
  EXPECT_EQ(with_bodies.find("alice"), std::string::npos);
  EXPECT_NE(with_jids.find("from='alice@corp.example/Home'"), std::string::npos);
  EXPECT_EQ(with_jids.find("Dave"), std::string::npos);
  EXPECT_EQ(jids.pseudonym_of_jid("alice@corp.example"), "alice@corp.example");
  for (const std::string& out : {with_bodies, with_jids, redacted(both, stanza)}) {
    EXPECT_EQ(out.find("c2VjcmV0"), std::string::npos) << "a secret is never kept";
    EXPECT_EQ(out.find("Tophat"), std::string::npos) << "nobody knows what that is";
  }
}

TEST(Redaction, WhatCannotBeReadLosesItsContent) {
  Redaction redaction({key});
  for (const std::string bad : {"<message><body>Tophat", "Tophat", "", "<a>&Tophat;</a>", "<a><!-- Tophat --></a>",
                                "<a/><b>Tophat</b>", "<!DOCTYPE Tophat><a/>"}) {
    const Record out = redaction.redact(a_record(CapturedStanza{bad}));
    ASSERT_TRUE(damage_of(out)) << bad;
    EXPECT_EQ(damage_of(out)->bytes, bad.size());
    EXPECT_EQ(capture_line(out).find("Tophat"), std::string::npos);
  }
  const auto payload = [&](const std::string& bytes, bool cbor) {
    CapturedPublish publish{"im/v1/u/a@b/in/msg", bytes, 1, false, cbor};
    return std::get<CapturedPublish>(redaction.redact(a_record(publish)).what).payload;
  };
  EXPECT_EQ(payload("\xFFTophat", false), "xxxxxxx");
  EXPECT_EQ(payload("Tophat", true), "xxxxxx");
  EXPECT_EQ(payload("", false), "");
  EXPECT_EQ(payload("{\"body\":\"Tophat", false).find("Tophat"), std::string::npos);
}

TEST(Redaction, CorrelationDataAndNamesOfFiles) {
  Redaction redaction({key});
  const auto correlation = [&](const std::string& data) {
    CapturedPublish publish{"im/v1/u/a@b/in/msg", "{}", 1};
    publish.correlation = data;
    return std::get<CapturedPublish>(redaction.redact(a_record(publish)).what).correlation;
  };
  EXPECT_EQ(correlation("Tophat-1").find("Tophat"), std::string::npos);
  EXPECT_EQ(correlation("Tophat-1"), correlation("Tophat-1"));  // an answer is still known by its question's
  EXPECT_NE(correlation("Tophat-1"), correlation("Tophat-2"));
  EXPECT_EQ(correlation("\xFFTophat"), "xxxxxxx");
  const auto source = [&](const std::string& path) {
    return damage_of(redaction.redact(a_record(CapturedDamage{path, 1, 2, 3, "expected <"})))->source;
  };
  const std::string named = source("/var/log/tophat@wonderland.log");
  EXPECT_EQ(named.find("tophat"), std::string::npos);
  EXPECT_EQ(named.find("wonderland"), std::string::npos);
  EXPECT_TRUE(named.ends_with(".log")) << named;
  EXPECT_EQ(source("-"), "-");
}

// What looks like letters is redacted like letters.
TEST(Redaction, LettersOfOtherShapes) {
  Redaction redaction({key});
  for (const std::string text :
       {"ﾀﾅｶﾀﾛｳ", "ﾡﾢﾣﾤﾥ", "ⒶⓁⒾⒸⒺ", "ⓐⓛⓘⓒⓔ", "⠁⠇⠊⠉⠑⠇", "🇦🇱🇮🇨🇪", "🄰🄱🄲🄳🄴", "①②③④⑤⑥", "⁴⁵⁶⁷⁸⁹", "ⅣⅨⅫⅷⅲ", "𝐀𝐥𝐢𝐜𝐞"}) {
    const std::string out = redacted(redaction, "<message><body>" + text + "</body></message>");
    EXPECT_EQ(out.find(text), std::string::npos) << out;
    EXPECT_EQ(out.size(), text.size() + 32);
  }
}

TEST(Redaction, WhatHasBeenReadIsNotReadAgain) {
  Redaction one({key}), two({key});
  for (const std::string& marked : private_stanzas()) {
    const Record record = a_record(CapturedStanza{unmarked(marked)});
    const auto read = parse_xml(unmarked(marked));
    ASSERT_TRUE(read);
    EXPECT_EQ(capture_line(one.redact(record, &*read)), capture_line(two.redact(record)));
  }
  // Of another text: nothing of this one is shown.
  const auto other = parse_xml("<message xmlns='jabber:client' type='chat'><body>x</body></message>");
  ASSERT_TRUE(other);
  for (const std::string stanza :
       {"<message xmlns='jabber:client' Tophat='Tophat'><body>x</body></message>", "<iq Tophat='Tophat'/>",
        "<message type='Tophat' from='Tophat'><body>Tophat</body></message>",
        "<message type='a'><b>Tophat</b></message>", "<message type='a'><body>x</body><b>Tophat</b></message>",
        "<message type='a'>Tophat", "<message type='a'><body>x</body></message>Tophat",
        "Tophat<message type='a'><body>x</body></message>", "<message type='a'><body>x</body></message><?x a>Tophat",
        "<message type='a'><body>x</body><?Tophat?></message>", ""}) {
    const Record out = one.redact(a_record(CapturedStanza{stanza}), &*other);
    EXPECT_TRUE(damage_of(out)) << stanza;
  }
}

TEST(Redaction, WhatStaysStaysAsItStands) {
  XmlRewriter same({[](const ElementPath&, const Attr&, std::string&) { return false; },
                    [](const ElementPath&, std::string_view, std::string&) { return false; }});
  XmlRewriter upper({[](const ElementPath&, const Attr& attr, std::string& out) { return out = attr.value, true; },
                     [](const ElementPath&, std::string_view text, std::string& out) { return out = text, true; }});
  std::string out;
  for (const std::string xml :
       {"<a/>", "<a />", "<a\n x = 'y' z=\"it's\"  />", "<p:a xmlns:p='u' p:b='c>d'>&lt;&#x41;&amp;'\"</p:a >",
        "<a xmlns='u'> <b c='&quot;'/>x<b/>y>z</a>", "<a>it's \"quoted\" don't</a>"}) {
    for (XmlRewriter* rewriter : {&same, &upper}) {
      ASSERT_TRUE(rewriter->rewrite(xml, nullptr, out)) << xml;
      EXPECT_EQ(out, xml);
    }
  }
  ASSERT_TRUE(same.rewrite("<a>x<![CDATA[<&]]>y</a>", nullptr, out));
  EXPECT_EQ(out, "<a>x&lt;&amp;y</a>");
}

}  // namespace redaction_test
}  // namespace ferry
