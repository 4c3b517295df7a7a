#include "gateway/session/trouble.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace ferry {
namespace trouble_test {

using Why = SessionDown::Why;

Trouble logging_in() {
  Trouble t;
  t.tcp = t.secured = true;
  return t;
}

TEST(Trouble, AWrongPasswordIsOneAndATemporaryFailureIsNone) {
  Trouble t = logging_in();
  t.listen(false, "conn", "RECV: <failure xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"><not-authorized/></failure>");
  t.listen(true, "auth", "Cannot authenticate with known methods");
  EXPECT_EQ(why_down(t).why, Why::auth_failed);
  EXPECT_NE(why_down(t).reason.find("not-authorized"), std::string::npos);
  EXPECT_NE(why_down(t).advice.find("ferryctl password set --replace JID"), std::string::npos) << why_down(t).advice;
  t.listen(false, "conn", "RECV: <failure xmlns=\"s\"><temporary-auth-failure/></failure>");
  EXPECT_EQ(why_down(t).why, Why::lost);
}

TEST(Trouble, NoneOfWhatTheLibraryLogsIsKept) {
  Trouble t = logging_in();
  t.listen(false, "conn", "SENT: <auth xmlns=\"s\">cGFzc3dvcmQ=</auth>");
  t.listen(true, "xmpp", "DROPPED: <message><body>secret</body></message>");
  t.listen(false, "xmpp", "RECV: <message><body>secret</body></message>");
  EXPECT_TRUE(t.said.empty() && t.sasl_condition.empty() && t.tls_problem.empty() && !t.no_way_in);
}

TEST(Trouble, CertificatesAndMissingTls) {
  Trouble t;
  t.tcp = true;
  t.error = 1;
  t.listen(false, "tls", "Certificate verification FAILED, result=X509_V_ERR_CERT_HAS_EXPIRED(10)");
  EXPECT_EQ(why_down(t).why, Why::tls);
  EXPECT_NE(why_down(t).reason.find("EXPIRED"), std::string::npos);
  EXPECT_NE(why_down(t).advice.find(" session.cafile "), std::string::npos) << "the key's name";
  Trouble none;
  none.tcp = true;
  none.listen(true, "xmpp", "TLS is not supported, but set as mandatory for this connection");
  EXPECT_EQ(why_down(none).why, Why::tls);
  Trouble hung;
  hung.tcp = hung.handshake_timed_out = true;
  hung.error = 5;
  EXPECT_EQ(why_down(hung).why, Why::lost);
}

TEST(Trouble, StreamErrors) {
  Trouble t = logging_in();
  t.connected = true;
  t.stream_condition = stream_condition(2);
  EXPECT_EQ(t.stream_condition, "conflict");
  EXPECT_EQ(why_down(t).why, Why::conflict);
  t.connected = false;
  EXPECT_EQ(why_down(t).why, Why::lost);
  t.stream_condition = stream_condition(5);
  EXPECT_EQ(why_down(t).why, Why::host_unknown);
  t.stream_condition = stream_condition(10);
  EXPECT_NE(why_down(t).advice.find("[session] port"), std::string::npos)
      << "a component's port says " << stream_condition(10);
  EXPECT_EQ(stream_condition(23), "not-well-formed");
  EXPECT_EQ(stream_condition(24), "undefined-condition");
  EXPECT_EQ(stream_condition(-1), "undefined-condition");
}

TEST(Trouble, AnAccountThatIsNoMore) {
  const auto ended = [](const std::string& condition, const std::string& text) {
    Trouble t = logging_in();
    t.connected = true;
    t.stream_condition = condition;
    t.stream_text = text;
    return why_down(t);
  };
  for (const auto& [condition, text] : {std::pair("conflict", "User removed"), {"not-authorized", "Account deleted"}}) {
    EXPECT_EQ(ended(condition, text).why, Why::auth_failed) << "nobody logs in with it";
    EXPECT_NE(ended(condition, text).advice.find("migrate back --keep"), std::string::npos);
    EXPECT_NE(ended(condition, text).reason.find(text), std::string::npos);
  }
  EXPECT_NE(ended("conflict", "Replaced by new connection").advice.find("another gateway"), std::string::npos);
  EXPECT_EQ(ended("conflict", "Spam").why, Why::conflict);
  EXPECT_NE(ended("conflict", "Spam").advice.find("administrator"), std::string::npos);
  EXPECT_EQ(ended("not-authorized", "").why, Why::lost);
}

TEST(Trouble, TheNetwork) {
  Trouble t;
  t.error = ECONNREFUSED;
  EXPECT_FALSE(why_down(t).connected);
  EXPECT_EQ(why_down(t).why, Why::lost);
  t = logging_in();
  t.connected = true;
  t.error = ECONNRESET;
  EXPECT_TRUE(why_down(t).connected);
  EXPECT_EQ(why_down(t).why, Why::lost);
}

}  // namespace trouble_test
}  // namespace ferry
