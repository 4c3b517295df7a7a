#include "translators/values/xml.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/translators/canonical.h"
#include "tests/translators/samples_other.h"

namespace ferry {
namespace xml_test {

Element parsed(std::string_view text) {
  auto e = parse_xml(text);
  EXPECT_TRUE(e) << text << ": " << (e ? "" : e.error().text);
  return e ? *std::move(e) : Element();
}

TEST(Xml, ReadsWhatItSees) {
  const Element e =
      parsed(R"(<message a='1' x:b="2" xmlns:x='urn:x' xml:lang='de'>t<y xmlns='urn:y'/>&#228;</message>)");
  EXPECT_TRUE(e.is("message", ns::client));
  ASSERT_EQ(e.attrs.size(), 3U);
  EXPECT_EQ(e.attr_or("a"), "1");
  EXPECT_EQ(e.attr("b"), nullptr) << "it has a namespace";
  EXPECT_EQ(e.attrs[1], (Attr{"b", "2", "urn:x", "x"}));
  EXPECT_EQ(e.attrs[2], (Attr{"lang", "de", std::string(ns::xml), "xml"}));
  EXPECT_EQ(e.lang(), "de");
  ASSERT_EQ(e.decls.size(), 1U);
  EXPECT_EQ(e.decls[0], (NsDecl{"x", "urn:x"}));
  EXPECT_EQ(e.child_count(), 1U);
  EXPECT_EQ(e.children.size(), 3U);
  EXPECT_TRUE(e.first_child()->is("y", "urn:y"));
  EXPECT_EQ(e.text(), "tä");
  EXPECT_NE(e.child("y", "urn:y"), nullptr);
  EXPECT_EQ(e.child("y", ns::client), nullptr);
}

TEST(Xml, BuildsAndChanges) {
  Element e("iq");
  e.set("id", "1").set("id", "2").set("type", "get");
  e.set_lang("").set_lang("en").set_lang("de");
  e.add(Element("query", "urn:q")).add_text("").add_text("a").add_text("b");
  EXPECT_EQ(to_xml(e, ns::client), "<iq id='2' type='get' xml:lang='de'><query xmlns='urn:q'>ab</query></iq>");
  e.remove_attr("type");
  e.remove_attr("nothing");
  EXPECT_EQ(e.attr("type"), nullptr);
  EXPECT_EQ(e.attr_or("type", "none"), "none");
  EXPECT_EQ(Element("x").first_child(), nullptr);
  EXPECT_EQ(Element("x").lang(), "");
  Element copy = e;
  EXPECT_EQ(copy, e);
  copy.add_text("x");
  EXPECT_FALSE(copy == e);
  e = copy;
  EXPECT_EQ(copy, e);
}

struct Written {
  std::string_view name, xml, default_ns, expected;
};

TEST(Xml, Writes) {
  const Written rows[] = {
      {"in its stream", "<message><body>x</body></message>", ns::client, "<message><body>x</body></message>"},
      {"alone", "<message><body>x</body></message>", "", "<message xmlns='jabber:client'><body>x</body></message>"},
      {"leaving a namespace", "<a xmlns='u'><b xmlns=''/></a>", "u", "<a><b xmlns=''/></a>"},
      {"a prefix of its own", "<p:a xmlns:p='u' p:x='1'/>", ns::client, "<p:a xmlns:p='u' p:x='1'/>"},
      {"what must be escaped", "<a b='&lt;&gt;&amp;&quot;&apos;&#9;&#10;&#13;'>&lt;]]&gt;&amp;\"'\t\n&#13;</a>",
       ns::client, "<a b='&lt;&gt;&amp;&quot;&apos;&#9;&#10;&#13;'>&lt;]]&gt;&amp;\"'\t\n&#13;</a>"},
  };
  for (const Written& row : rows) EXPECT_EQ(to_xml(parsed(row.xml), row.default_ns), row.expected) << row.name;
}

TEST(Xml, BindsPrefixesThatNobodyDeclared) {
  Element e("a", "urn:a");
  e.prefix = "p";
  e.attrs.push_back({"x", "1", "urn:b", "q"});
  e.add(Element("b", "urn:a")).prefix = "p";
  EXPECT_EQ(to_xml(e), "<p:a xmlns:p='urn:a' xmlns:q='urn:b' q:x='1'><p:b/></p:a>");
}

TEST(Xml, WritingAndReadingIsTheSame) {
  test::each_sample([](const test::Sample& s) {
    const Element once = parsed(s.xml);
    for (const std::string_view stream : {ns::client, std::string_view{}, std::string_view{"urn:else"}}) {
      const auto twice = parse_xml(to_xml(once, stream), {}, stream);
      ASSERT_TRUE(twice) << s.name << twice.error().text;
      EXPECT_EQ(test::canonical(*twice), test::canonical(once)) << s.name;
    }
  });
}

TEST(Xml, TheDefaultNamespaceReachesAsFarAsXmlSays) {
  const Element prefixed = parsed("<p:a xmlns:p='urn:a'><b><c/></b></p:a>");
  EXPECT_NE(prefixed.child("b", ns::client), nullptr) << "a prefix changes no default";
  EXPECT_NE(prefixed.first_child()->child("c", ns::client), nullptr);
  const Element emptied = parsed("<a><b xmlns=''><c/></b><d/></a>");
  ASSERT_NE(emptied.child("b", ""), nullptr) << "xmlns='' is no namespace";
  EXPECT_NE(emptied.child("b", "")->child("c", ""), nullptr);
  EXPECT_NE(emptied.child("d", ns::client), nullptr) << "outside of it, the default is back";
  EXPECT_TRUE(parsed("<a xmlns=''/>").is("a", ""));
  EXPECT_TRUE(parsed("<a xmlns='urn:x'><b/></a>").child("b", "urn:x"));
  EXPECT_TRUE(parsed("<a xmlns='jabber:component:accept'/>").is("a", ns::client));
}

TEST(Xml, RefusesWithTheReason) {
  struct {
    std::string_view name, xml;
    Condition condition;
  } const rows[] = {
      {"nothing", "", Condition::bad_request},
      {"white space", "  ", Condition::bad_request},
      {"text", "hello", Condition::bad_request},
      {"not closed", "<a>", Condition::bad_request},
      {"closed wrongly", "<a></b>", Condition::bad_request},
      {"two elements", "<a/><b/>", Condition::bad_request},
      {"more closed than opened", "<a/></a>", Condition::bad_request},
      {"text after it", "<a/>x", Condition::bad_request},
      {"an attribute twice", "<a b='1' b='2'/>", Condition::bad_request},
      {"an attribute twice, by namespace", "<a p:b='1' q:b='2' xmlns:p='u' xmlns:q='u'/>", Condition::bad_request},
      {"a prefix without a namespace", "<p:a/>", Condition::bad_request},
      {"a forbidden character", "<a>&#1;</a>", Condition::bad_request},
      {"a zero byte", std::string_view("<a>\0</a>", 8), Condition::bad_request},
      {"half a surrogate", "<a>&#xD800;</a>", Condition::bad_request},
      {"not UTF-8", "<a>\xFF</a>", Condition::bad_request},
      {"overlong UTF-8", "<a>\xC0\x80</a>", Condition::bad_request},
      {"a comment", "<a><!-- x --></a>", Condition::not_acceptable},
      {"a comment after it", "<a/><!-- x -->", Condition::not_acceptable},
      {"a processing instruction", "<a><?php x?></a>", Condition::not_acceptable},
      {"a DTD", "<!DOCTYPE a><a/>", Condition::not_acceptable},
      {"laughing", "<!DOCTYPE a [<!ENTITY l 'l'><!ENTITY m '&l;&l;'>]><a>&m;</a>", Condition::not_acceptable},
      {"a file", "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>", Condition::not_acceptable},
      {"an entity", "<a>&nbsp;</a>", Condition::not_acceptable},
      {"an entity in an attribute", "<a b='&nbsp;'/>", Condition::not_acceptable},
  };
  for (const auto& row : rows) {
    const auto e = parse_xml(row.xml);
    ASSERT_FALSE(e) << row.name;
    EXPECT_EQ(e.error().condition, row.condition) << row.name << ": " << e.error().text;
    EXPECT_FALSE(e.error().text.empty()) << row.name;
  }
}

TEST(Xml, HasLimits) {
  const XmlLimits limits{200, 3, 4, 2};
  struct {
    std::string_view name;
    std::string xml;
    bool good;
  } const rows[] = {
      {"as deep as may be", "<a><b><c/></b></a>", true},
      {"deeper", "<a><b><c><d/></c></b></a>", false},
      {"as many as may be", "<a><b/><b/><b/></a>", true},
      {"more", "<a><b/><b/><b/><b/></a>", false},
      {"attributes", "<a x='1' y='2'/>", true},
      {"more attributes", "<a x='1' y='2' z='3'/>", false},
      {"declarations count as attributes", "<a xmlns:x='1' xmlns:y='2' xmlns:z='3'/>", false},
      {"both together", "<a xmlns:x='1' y='2' z='3'/>", false},
      {"as large as may be", "<a>" + std::string(193, 'x') + "</a>", true},
      {"larger", "<a>" + std::string(194, 'x') + "</a>", false},
  };
  for (const auto& row : rows) {
    const auto e = parse_xml(row.xml, limits);
    EXPECT_EQ(e.ok(), row.good) << row.name;
    if (!e) { EXPECT_EQ(e.error().condition, Condition::policy_violation) << row.name; }
  }
}

TEST(Xml, KnowsWhatXmlCanCarry) {
  for (const std::string_view good : {"", "plain", "\t\r\n", "ä€😀", "\x7F", "\xEF\xBF\xBD", "\xEE\x80\x80"})
    EXPECT_TRUE(is_xml_text(good)) << good;
  for (const std::string_view bad :
       {std::string_view("\0", 1), std::string_view("\x01"), std::string_view("a\x1F"),
        std::string_view("\xEF\xBF\xBE"), std::string_view("\xEF\xBF\xBF"), std::string_view("\xED\xA0\x80"),
        std::string_view("\xFF"), std::string_view("a\xC3")})
    EXPECT_FALSE(is_xml_text(bad)) << bad;
  std::string escaped;
  append_escaped(escaped, "<&>'\"");
  EXPECT_EQ(escaped, "&lt;&amp;&gt;&apos;&quot;");
}

}  // namespace xml_test
}  // namespace ferry
