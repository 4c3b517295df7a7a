// A client-to-server stream as the pretended legacy server speaks it: bytes in, bytes and stanzas out.
#include "tools/ferry-replay/client_stream.h"

#include <gtest/gtest.h>

#include "tools/ferry-replay/account_answers.h"
#include "translators/values/base64.h"

namespace ferry::replay {
namespace client_stream_test {

const std::string header =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
    "to='corp.example' version='1.0'>";
const std::string starttls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
const std::string bind =
    "<iq type='set' id='_xmpp_bind1'><bind "
    "xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>ferry.1</resource></bind></iq>";

std::string auth(const std::string& mechanism, const std::string& text) {
  return "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='" + mechanism + "'>" +
         (text.empty() ? "=" : to_base64(text)) + "</auth>";
}
std::string plain(const std::string& name, const std::string& password = "any", const std::string& as = "") {
  return auth("PLAIN", as + '\0' + name + '\0' + password);
}

ClientStream new_stream() { return ClientStream("corp.example", "s1", 10'000); }

// Up to where SASL is offered.
ClientStream secured(std::vector<std::string> certified = {}) {
  ClientStream stream = new_stream();
  EXPECT_NE(stream.feed(header).bytes.find("<required/>"), std::string::npos);
  EXPECT_TRUE(stream.feed(starttls).start_tls);
  stream.secured(std::move(certified));
  return stream;
}

ClientStream bound() {
  ClientStream stream = secured();
  stream.feed(header);
  stream.feed(plain("bob"));
  stream.feed(header);
  EXPECT_TRUE(stream.feed(bind).bound);
  return stream;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(ClientStream, LogsInWhateverThePiecesAre) {
  for (const std::size_t size : {1U, 2U, 7U, 100'000U}) {
    ClientStream stream = new_stream();
    ClientStream::Output last;
    const auto say = [&](const std::string& text) {
      std::string answer;
      for (std::size_t at = 0; at < text.size(); at += size) {
        last = stream.feed(std::string_view(text).substr(at, size));
        answer += last.bytes;
        EXPECT_EQ(last.over, "");
      }
      return answer;
    };
    EXPECT_TRUE(has(say(header), "from='corp.example'"));
    EXPECT_EQ(say(starttls), "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    EXPECT_TRUE(last.start_tls);
    stream.secured({});
    const std::string mechanisms = say(header);
    EXPECT_TRUE(has(mechanisms, "<mechanism>PLAIN</mechanism>"));
    EXPECT_FALSE(has(mechanisms, "starttls"));
    EXPECT_FALSE(has(mechanisms, "EXTERNAL"));
    EXPECT_TRUE(has(say(plain("Bob")), "<success "));
    EXPECT_TRUE(has(say(header), "<bind "));
    EXPECT_TRUE(has(say(bind), "<jid>bob@corp.example/ferry.1</jid>"));
    EXPECT_TRUE(stream.up());
    ASSERT_TRUE(stream.full());
    EXPECT_EQ(stream.full()->str(), "bob@corp.example/ferry.1");
  }
}

TEST(ClientStream, GivesStanzasOnceItIsUp) {
  ClientStream stream = bound();
  EXPECT_TRUE(
      has(stream.feed("<iq type='set' id='s'><session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></iq>").bytes,
          "type='result'"));
  const auto managed = stream.feed("<enable xmlns='urn:xmpp:sm:3' resume='true'/>");
  EXPECT_TRUE(has(managed.bytes, "<failed xmlns='urn:xmpp:sm:3'>")) << managed.bytes;
  const auto out = stream.feed("<presence/> <message to='a@b'><body>x</body></message>");
  ASSERT_EQ(out.stanzas.size(), 2U);
  EXPECT_EQ(out.stanzas[1].name, "message");
  EXPECT_EQ(out.over, "");
  const auto end = stream.feed("</stream:stream>");
  EXPECT_EQ(end.bytes, "</stream:stream>");
  EXPECT_NE(end.over, "");
  EXPECT_EQ(stream.feed("<presence/>").stanzas.size(), 0U);
}

// What is said before the TLS that was agreed on may be anybody's.
TEST(ClientStream, ForgetsWhatCameWithStartTls) {
  ClientStream stream = new_stream();
  const auto out = stream.feed(header + starttls + plain("bob") + "<presence/>");
  EXPECT_TRUE(out.start_tls);
  EXPECT_EQ(out.stanzas.size(), 0U);
  EXPECT_FALSE(has(out.bytes, "success"));
  stream.secured({});
  EXPECT_TRUE(has(stream.feed(header).bytes, "mechanisms"));
}

TEST(ClientStream, RefusesWhatIsNoLogIn) {
  const auto refused = [](ClientStream stream, const std::string& said, const std::string& condition) {
    const auto out = stream.feed(said);
    EXPECT_TRUE(has(out.bytes, "<" + condition + " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>")) << out.bytes;
    EXPECT_TRUE(out.bytes.ends_with("</stream:stream>")) << out.bytes;
    EXPECT_TRUE(out.bytes.starts_with("<?xml")) << out.bytes;
    EXPECT_NE(out.over, "");
    EXPECT_FALSE(stream.up());
  };
  std::string other = header;
  other.replace(other.find("corp.example"), 12, "example.org");
  std::string component = header;
  component.replace(component.find("jabber:client"), 13, "jabber:component:accept");
  refused(new_stream(), other, "host-unknown");
  refused(new_stream(), component, "invalid-namespace");
  refused(new_stream(), header + plain("bob"), "policy-violation");
  refused(new_stream(), header + bind, "policy-violation");
  refused(secured(), header + bind, "not-authorized");
  refused(new_stream(), "nonsense<", "not-well-formed");
  refused(new_stream(), header + "<a>" + std::string(300'000, 'x') + "</a>", "policy-violation");
}

TEST(ClientStream, TakesAnyPasswordButANameItNeeds) {
  for (const std::string& wrong :
       {plain(""), plain("bob", ""), plain("bob", "any", "alice@corp.example"), plain("b@b"), auth("PLAIN", "bob"),
        auth("PLAIN", ""), auth("SCRAM-SHA-1", "n,,n=bob,r=1"), auth("EXTERNAL", "bob@corp.example"),
        std::string("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>?</auth>")}) {
    ClientStream stream = secured();
    stream.feed(header);
    EXPECT_TRUE(has(stream.feed(wrong).bytes, "<failure ")) << wrong;
    EXPECT_TRUE(has(stream.feed(plain("bob", "x", "bob@corp.example")).bytes, "<success ")) << wrong;
  }
  ClientStream stream = secured();
  stream.feed(header);
  for (int n = 1; n < ClientStream::login_tries; ++n) EXPECT_EQ(stream.feed(plain("")).over, "");
  EXPECT_NE(stream.feed(plain("")).over, "");
}

TEST(ClientStream, TakesACertificateThatNamesTheAccount) {
  const auto says = [](std::vector<std::string> certified, const std::string& text) {
    ClientStream stream = secured(std::move(certified));
    EXPECT_TRUE(has(stream.feed(header).bytes, "<mechanism>EXTERNAL</mechanism>"));
    return stream.feed(auth("EXTERNAL", text)).bytes;
  };
  EXPECT_TRUE(has(says({"bob@corp.example"}, ""), "<success "));
  EXPECT_TRUE(has(says({"alice@corp.example", "bob@corp.example"}, "bob@corp.example"), "<success "));
  EXPECT_TRUE(has(says({"alice@corp.example", "bob@corp.example"}, ""), "<failure "));
  EXPECT_TRUE(has(says({"bob@corp.example"}, "alice@corp.example"), "<failure "));
  EXPECT_TRUE(has(says({"bob@example.org"}, ""), "<failure "));
}

// ---- what the server answers

std::optional<Element> answer(const std::string& iq) {
  const auto roster = parse_xml("<query xmlns='jabber:iq:roster'><item jid='alice@corp.example'/></query>");
  auto stanza = parse_xml(iq);
  EXPECT_TRUE(stanza) << iq;
  return account_answer(*Jid::parse("bob@corp.example"), *std::move(stanza), *roster);
}

TEST(AccountAnswer, AsAPlainServer) {
  const auto text = [](const std::string& type, const std::string& what, const std::string& to = "") {
    const auto reply = answer("<iq xmlns='jabber:client' id='1' type='" + type + "'" +
                              (to.empty() ? "" : " to='" + to + "'") + ">" + what + "</iq>");
    return reply ? to_xml(*reply, ns::client) : std::string();
  };
  EXPECT_TRUE(has(text("get", "<query xmlns='jabber:iq:roster'/>"), "alice@corp.example"));
  EXPECT_TRUE(has(text("get", "<ping xmlns='urn:xmpp:ping'/>", "corp.example"), "type='result'"));
  EXPECT_TRUE(has(text("set", "<enable xmlns='urn:xmpp:carbons:2'/>"), "type='result'"));
  EXPECT_TRUE(
      has(text("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>", "corp.example"), "category='server'"));
  EXPECT_TRUE(has(text("get", "<vCard xmlns='vcard-temp'/>"), "vCard"));
  for (const char* refused : {"<query xmlns='urn:xmpp:mam:2'/>", "<block xmlns='urn:xmpp:blocking'/>"})
    EXPECT_TRUE(has(text("set", refused), "service-unavailable")) << refused;
  EXPECT_TRUE(has(text("get", "<blocklist xmlns='urn:xmpp:blocking'/>"), "service-unavailable"));
  EXPECT_TRUE(has(text("get", "<query xmlns='jabber:iq:roster'/>", "alice@corp.example"), "service-unavailable"));
  EXPECT_EQ(text("result", ""), "");
}

TEST(AccountAnswer, TheLinksOwnWordsAreTold) {
  const auto own = [](const std::string& xml) { return is_of_the_link(*parse_xml(xml)); };
  EXPECT_TRUE(own("<presence xmlns='jabber:client'/>"));
  EXPECT_TRUE(own("<iq xmlns='jabber:client' id='ferry-roster' type='get'/>"));
  EXPECT_TRUE(own("<iq xmlns='jabber:client' id='_xmpp_session1' type='set'/>"));
  EXPECT_FALSE(own("<presence xmlns='jabber:client' to='a@b' type='subscribe'/>"));
  EXPECT_FALSE(own("<iq xmlns='jabber:client' id='01ARZ3' type='get'/>"));
  EXPECT_FALSE(own("<message xmlns='jabber:client' id='ferry-1'/>"));
}

}  // namespace client_stream_test
}  // namespace ferry::replay
