#include "translators/values/stanza.h"

#include <gtest/gtest.h>

#include "tests/translators/canonical.h"
#include "tests/translators/samples_other.h"
#include "translators/event.h"

namespace ferry {
namespace stanza_test {

Stanza stanza(std::string_view xml) {
  auto e = parse_xml(xml);
  EXPECT_TRUE(e) << xml;
  auto s = Stanza::from_xml(*std::move(e));
  EXPECT_TRUE(s) << xml << ": " << (s ? "" : s.error().text);
  return *std::move(s);
}

TEST(Stanza, HasItsAttributesNormalised) {
  const Stanza s = stanza("<message from='Alice@Corp.EXAMPLE/Spark' to='bob@corp.example' id='1' type='chat'/>");
  EXPECT_EQ(s.kind, StanzaKind::message);
  EXPECT_EQ(s.from->str(), "alice@corp.example/Spark");
  EXPECT_EQ(s.to->str(), "bob@corp.example");
  EXPECT_EQ(s.id, "1");
  EXPECT_EQ(s.type, "chat");
  EXPECT_EQ(stanza_name(stanza("<presence from=''/>").kind), "presence");
  EXPECT_EQ(stanza("<presence from=''/>").from, std::nullopt);
  EXPECT_EQ(stanza_name(StanzaKind::iq), "iq");
  EXPECT_EQ(stanza_name(StanzaKind::message), "message");
}

TEST(Stanza, RefusesWithTheReason) {
  struct {
    std::string_view xml;
    Condition condition;
    std::string_view says;
  } const rows[] = {
      {"<handshake/>", Condition::feature_not_implemented, "handshake"},
      {"<message xmlns='urn:x'/>", Condition::feature_not_implemented, "message"},
      {"<message to='@c.example'/>", Condition::jid_malformed, "to: "},
      {"<presence from='a@'/>", Condition::jid_malformed, "from: "},
      {"<iq type='get'><q xmlns='u'/></iq>", Condition::bad_request, "id"},
      {"<iq type='get' id=''><q xmlns='u'/></iq>", Condition::bad_request, "id"},
      {"<iq id='1'><q xmlns='u'/></iq>", Condition::bad_request, "type"},
      {"<iq id='1' type='put'><q xmlns='u'/></iq>", Condition::bad_request, "type"},
      {"<iq id='1' type='get'/>", Condition::bad_request, "one payload"},
      {"<iq id='1' type='set'><a xmlns='u'/><b xmlns='u'/></iq>", Condition::bad_request, "one payload"},
  };
  for (const auto& row : rows) {
    Element element = *parse_xml(row.xml);
    const Element before = element;
    const auto s = Stanza::from_xml(std::move(element));
    ASSERT_FALSE(s) << row.xml;
    EXPECT_EQ(element, before) << "whoever answers it still needs it";
    EXPECT_EQ(s.error().condition, row.condition) << row.xml;
    EXPECT_NE(s.error().text.find(row.says), std::string::npos) << row.xml << ": " << s.error().text;
  }
}

TEST(Stanza, ErrorsAreAnsweredOnceAndWithTheAddressesTurned) {
  const StanzaError why = error(Condition::resource_constraint, "full");
  struct {
    std::string_view stanza, reply;
  } const rows[] = {
      {"<message from='a@c.example' to='b@c.example' id='1'><body>secret</body></message>",
       "<message type='error' id='1' from='b@c.example' to='a@c.example'><error type='wait'><resource-constraint "
       "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' "
       "xml:lang='en'>full</text></error></message>"},
      {"<iq from='a@' type='get'/>",
       "<iq type='error' to='a@'><error type='wait'><resource-constraint "
       "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text "
       "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas' xml:lang='en'>full</text></error></iq>"},
      {"<message to='b@c.example'/>", ""},
      {"<message type='error' from='a@c.example'/>", ""},
      {"<iq type='result' from='a@c.example' id='1'/>", ""},
      {"<iq type='error' from='a@c.example' id='1'/>", ""},
  };
  for (const auto& row : rows) {
    const auto reply = error_reply(*parse_xml(row.stanza), why);
    ASSERT_EQ(reply.has_value(), !row.reply.empty()) << row.stanza;
    if (!reply) continue;
    EXPECT_EQ(to_xml(*reply, ns::client), row.reply);
    EXPECT_EQ(parse_error(*reply), why);
  }
}

TEST(Stanza, ErrorsAreRead) {
  struct {
    std::string_view xml;
    StanzaError error;
  } const rows[] = {
      {"<message type='error'/>", {ErrorType::cancel, Condition::undefined_condition, ""}},
      {"<message><error type='auth'/></message>", {ErrorType::auth, Condition::undefined_condition, ""}},
      {"<iq><error type='wait'>\n<forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><x "
       "xmlns='urn:y'/></error></iq>",
       {ErrorType::wait, Condition::forbidden, ""}},
      {"<iq><error><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>why</text><gone "
       "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>xmpp:a@b</gone></error></iq>",
       {ErrorType::cancel, Condition::gone, "why"}},
  };
  for (const auto& row : rows) EXPECT_EQ(parse_error(*parse_xml(row.xml)), row.error) << row.xml;
}

TEST(Stanza, ResultsAnswerTheirRequest) {
  const Element request = *parse_xml("<iq type='get' id='7' from='a@c.example/x' to='c.example'><q xmlns='u'/></iq>");
  EXPECT_EQ(to_xml(iq_result(request), ns::client), "<iq type='result' id='7' from='c.example' to='a@c.example/x'/>");
  EXPECT_EQ(to_xml(iq_result(*parse_xml("<iq id='8' type='set'/>"), Element("q", "u")), ns::client),
            "<iq type='result' id='8'><q xmlns='u'/></iq>");
}

// ---- the canonical model loses nothing ----------------------------------------------------------------------------
TEST(Event, GivesBackEveryStanza) {
  std::size_t count = 0;
  test::each_sample([&](const test::Sample& s) {
    const Stanza original = stanza(s.xml);
    const Event event = to_event(original);
    EXPECT_EQ(test::canonical(to_stanza(event)), test::canonical(original.xml)) << s.name;
    const auto read_again = parse_xml(to_xml(to_stanza(event), ns::client));
    ASSERT_TRUE(read_again) << s.name;
    EXPECT_EQ(test::canonical(*read_again), test::canonical(original.xml)) << s.name;
    ++count;
  });
  EXPECT_GE(count, 60U);
}

TEST(Event, IsOfTheStanzasKind) {
  EXPECT_TRUE(std::holds_alternative<Message>(to_event(stanza("<message/>"))));
  EXPECT_TRUE(std::holds_alternative<Presence>(to_event(stanza("<presence/>"))));
  EXPECT_TRUE(std::holds_alternative<Iq>(to_event(stanza("<iq type='result' id='1'/>"))));
}

// The spelling of an address is kept for the round trip only: a new address is written as it is.
TEST(Event, AChangedAddressIsWritten) {
  Event event = to_event(stanza("<message from='Alice@corp.example' to='' id='' type=''/>"));
  Message& m = std::get<Message>(event);
  m.from = *Jid::parse("carol@corp.example");
  m.to = *Jid::parse("bob@corp.example");
  m.id = "1";
  m.type = "chat";
  EXPECT_EQ(to_xml(to_stanza(event), ns::client),
            "<message type='chat' id='1' from='carol@corp.example' to='bob@corp.example'/>");
  m.from = std::nullopt;
  m.to = std::nullopt;
  EXPECT_EQ(to_stanza(event).attr("from"), nullptr);
}

TEST(Event, KnowsWhatAMessageIsFor) {
  struct {
    std::string_view content;
    Purpose purpose;
  } const rows[] = {
      {"", Purpose::nothing},
      {"<store xmlns='urn:xmpp:hints'/><origin-id xmlns='urn:xmpp:sid:0' id='1'/><thread>t</thread>", Purpose::nothing},
      {"<body/>", Purpose::content},
      {"<body>x</body><active xmlns='http://jabber.org/protocol/chatstates'/>", Purpose::content},
      {"<body>x</body><received xmlns='urn:xmpp:receipts' id='1'/>", Purpose::content},
      {"<received xmlns='urn:xmpp:receipts' id='1'/><x xmlns='urn:x'/>", Purpose::receipt},
      {"<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/>", Purpose::receipt},
      {"<composing xmlns='http://jabber.org/protocol/chatstates'/><no-store xmlns='urn:xmpp:hints'/>",
       Purpose::chat_state},
      {"<composing xmlns='http://jabber.org/protocol/chatstates'/><x xmlns='urn:x'/>", Purpose::content},
      {"<subject/>", Purpose::content},
      {"<replace xmlns='urn:xmpp:message-correct:0' id='1'/>", Purpose::content},
      {"<retract xmlns='urn:xmpp:message-retract:1' id='1'/>", Purpose::content},
      {"<reactions xmlns='urn:xmpp:reactions:0' id='1'/>", Purpose::content},
      {"<x xmlns='jabber:x:oob'><url>u</url></x>", Purpose::content},
      {"<encryption xmlns='urn:xmpp:eme:0' namespace='n'/>", Purpose::content},
      {"<x xmlns='urn:x'/>", Purpose::content},
  };
  for (const auto& row : rows) {
    const Event event = to_event(stanza("<message>" + std::string(row.content) + "</message>"));
    EXPECT_EQ(purpose_of(std::get<Message>(event)), row.purpose) << row.content;
  }
  EXPECT_EQ(purpose_of(std::get<Message>(to_event(stanza("<message type='error'><body/></message>")))), Purpose::error);
}

}  // namespace stanza_test
}  // namespace ferry
