// The component link against a scripted listener on loopback: what goes over the wire, and what it makes of answers.
#include "gateway/links/component_link.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>

#include "gateway/links/handshake.h"

namespace ferry {
namespace component_link_test {

constexpr std::string_view header =
    "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' "
    "xmlns='jabber:component:accept' from='mqtt.localhost' id='abc&amp;1'>";

class ComponentLinkTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/ferry-links-XXXXXX";
    const int file = ::mkstemp(name);
    ASSERT_GE(file, 0);
    secret_file_ = name;
    ASSERT_EQ(::write(file, "s3cret\n", 7), 7);
    ::close(file);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listener_, 4), 0);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    settings_.host = "127.0.0.1";
    settings_.port = ntohs(address.sin_port);
    settings_.domain = "mqtt.localhost";
    settings_.secret_file = secret_file_;
  }
  void TearDown() override {
    link_.reset();
    if (peer_ >= 0) ::close(peer_);
    ::close(listener_);
    ::unlink(secret_file_.c_str());
  }

  void start() {
    link_.emplace(poller_, inbox_, settings_, 1);
    link_->start(steady_now());
    accept();
  }
  void accept() {
    if (peer_ >= 0) ::close(peer_);
    received_.clear();
    peer_ = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    ASSERT_GE(peer_, 0);
  }
  void say(std::string_view text) {
    ASSERT_EQ(::send(peer_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  // Turns the loop until the condition holds, at most 8 s.
  bool turn(const std::function<bool()>& condition) {
    for (const Steady end = steady_now() + 8 * second; steady_now() < end;) {
      char buffer[65536];
      for (ssize_t n = 0; peer_ >= 0 && (n = ::recv(peer_, buffer, sizeof buffer, MSG_DONTWAIT)) > 0;)
        received_.append(buffer, static_cast<std::size_t>(n));
      if (condition()) return true;
      poller_.wait(5);
      link_->on_time(steady_now());
      link_->flush(steady_now());
    }
    return false;
  }
  bool saw(std::string_view text) {
    return turn([&] { return received_.find(text) != std::string::npos; });
  }
  void connect() {
    start();
    ASSERT_TRUE(saw("to='mqtt.localhost'>"));
    say(header);
    ASSERT_TRUE(saw("<handshake>" + handshake_digest("abc&1", "s3cret") + "</handshake>"));
    say("<handshake/>");
    ASSERT_TRUE(turn([&] { return link_->up(); }));
  }
  template <class E>
  const E* event() {
    for (const LinkEvent& e : inbox_.events)
      if (const E* found = std::get_if<E>(&e)) return found;
    return nullptr;
  }
  bool logged(std::string_view text) {
    for (const LogLine& line : inbox_.log)
      if (line.text.find(text) != std::string::npos) return true;
    return false;
  }

  Poller poller_;
  Inbox inbox_;
  ComponentLink::Settings settings_;
  std::optional<ComponentLink> link_;
  std::string secret_file_, received_;
  int listener_ = -1, peer_ = -1;
};

TEST_F(ComponentLinkTest, ShakesHandsWithTheUnescapedIdAndCarriesStanzas) {
  connect();
  ASSERT_TRUE(event<ComponentUp>());
  say("<message from='a@localhost' to='b@mqtt.localhost'><body>hi</body></mess");
  say("age><presence/>");
  ASSERT_TRUE(turn([&] { return inbox_.events.size() == 3; }));
  EXPECT_TRUE(event<Element>()->is("message", ns::client));
  link_->send("<presence from='b@mqtt.localhost' to='a@localhost'/>");
  link_->send("<message/>");
  EXPECT_TRUE(saw("<presence from='b@mqtt.localhost' to='a@localhost'/><message/>"));
}

TEST_F(ComponentLinkTest, HandshakeAndFirstStanzasMayComeInOnePiece) {
  start();
  say(header);
  ASSERT_TRUE(saw("</handshake>"));
  say("<handshake/><iq type='get' id='1'>" + std::string(100'000, ' ') + "</iq>");
  ASSERT_TRUE(turn([&] { return event<Element>() != nullptr; })) << "the small limit ends with the header";
}

TEST_F(ComponentLinkTest, AStanzaOverTheLimitIsRefusedAndTheLinkStays) {
  settings_.message_bytes = 1024;
  connect();
  const std::string big =
      "<message from='a@localhost' id='big'><body>" + std::string(200'000, 'x') + "</body></message><presence/>";
  say(big);
  ASSERT_TRUE(turn([&] { return event<Element>() != nullptr; }));
  ASSERT_TRUE(event<Refused>());
  EXPECT_EQ(event<Refused>()->stanza.attr_or("id"), "big");
  EXPECT_TRUE(link_->up());
}

TEST_F(ComponentLinkTest, ALostLinkComesBackWithAFreshStream) {
  connect();
  say("<message><bo");
  ::close(std::exchange(peer_, -1));
  ASSERT_TRUE(turn([&] { return event<ComponentDown>() != nullptr; }));
  inbox_.events.clear();
  link_->send("<lost/>");
  const Steady lost = steady_now();
  ASSERT_TRUE(turn([&] { return link_->deadline() && !link_->up() && steady_now() - lost > 300; }));
  accept();
  ASSERT_TRUE(saw("to='mqtt.localhost'>"));
  say(header);
  ASSERT_TRUE(saw("</handshake>"));
  say("<handshake/>");
  ASSERT_TRUE(turn([&] { return event<ComponentUp>() != nullptr; }));
  EXPECT_EQ(received_.find("<lost/>"), std::string::npos);
}

TEST_F(ComponentLinkTest, StreamErrorsAreExplained) {
  struct Row {
    const char *condition, *advice;
  };
  for (const Row& row :
       {Row{"conflict", "another gateway"}, Row{"not-authorized", "secret"}, Row{"host-unknown", "add it there"}}) {
    inbox_.log.clear();
    start();
    say(header);
    ASSERT_TRUE(saw("</handshake>"));
    say("<stream:error><" + std::string(row.condition) +
        " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>");
    ASSERT_TRUE(turn([&] { return logged(row.condition); }));
    EXPECT_TRUE(logged(row.advice)) << row.condition;
    EXPECT_FALSE(logged("s3cret"));
    ASSERT_TRUE(link_->deadline());
    EXPECT_GE(*link_->deadline() - steady_now(), Backoff::most / 2 - 100) << "trying again at once helps nobody";
    link_.reset();
  }
}

TEST_F(ComponentLinkTest, SomethingElseThanAComponentListenerIsSaidToBeThat) {
  start();
  say("<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:server' id='1'>");
  EXPECT_TRUE(turn([&] { return logged("jabber:server"); }));
}

TEST_F(ComponentLinkTest, ABlankKeepsASilentStreamAlive) {
  settings_.keepalive = 100;
  connect();
  received_.clear();
  EXPECT_TRUE(saw(" "));
  EXPECT_EQ(received_.find_first_not_of(' '), std::string::npos);
}

TEST_F(ComponentLinkTest, AServerThatTakesNothingIsGivenUpAndReadAllTheSame) {
  connect();
  const std::string stanza = "<message>" + std::string(1U << 20, 'x') + "</message>";
  for (std::size_t i = 0; i < 30; ++i) link_->send(stanza);
  link_->flush(steady_now());
  EXPECT_FALSE(link_->flushed());
  say("<presence/>");
  for (const Steady end = steady_now() + 8 * second; !event<Element>() && steady_now() < end;) poller_.wait(5);
  EXPECT_TRUE(event<Element>()) << "it is read although it does not read";
  for (std::size_t i = 0; i < 60; ++i) link_->send(stanza);
  link_->flush(steady_now());
  EXPECT_FALSE(link_->up());
  EXPECT_TRUE(event<ComponentDown>());
}

TEST_F(ComponentLinkTest, TheEndIsSaidAfterWhatWasQueued) {
  connect();
  link_->send("<last/>");
  link_->close(steady_now());
  EXPECT_TRUE(saw("<last/></stream:stream>"));
  EXPECT_FALSE(link_->closed());
  say("<presence/></stream:stream>");
  EXPECT_TRUE(turn([&] { return link_->closed(); }));
  EXPECT_TRUE(event<Element>()) << "what the server sent before its own end still counts";
}

}  // namespace component_link_test
}  // namespace ferry
