// The plugin without Mosquitto: who is let in, who is not and at what cost.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "gateway/passwords/crypto.h"
#include "tests/passwords/place.h"
#include "translators/values/base64.h"

namespace ferry {
namespace gate_test {

using namespace passwords_test;

TEST(Gate, LetsPeopleInWithTheirPasswords) {
  Place place;
  Gate& gate = place.gate();
  EXPECT_EQ(gate.password(from(bob, "bob@mqtt.corp.example:phone"), "pencil", 1), Verdict::granted);
  EXPECT_EQ(gate.password(from(bob, "bob@mqtt.corp.example:phone"), "pencil", 2), Verdict::granted) << "remembered";
  for (const char* wrong : {"", "pencil ", "Pencil", "evil", "pencilpencil"})
    EXPECT_EQ(gate.password(from(bob, "bob@mqtt.corp.example:phone"), wrong, 3), Verdict::denied) << wrong;
  EXPECT_EQ(gate.password(from(bob, "bob@mqtt.corp.example:phone"), std::string(5000, 'x'), 3), Verdict::denied);
  EXPECT_EQ(place.log().find("pencil"), std::string::npos) << place.log();
  EXPECT_NE(place.log().find("wrong password"), std::string::npos) << place.log();
}

TEST(Gate, DefersWhoIsNobodyOfOurs) {
  Place place;
  Gate& gate = place.gate();
  EXPECT_EQ(gate.password(from("ferry", "x"), "any", 1), Verdict::deferred);
  EXPECT_EQ(gate.password(from("backup-job", "x"), "any", 1), Verdict::deferred);
  EXPECT_EQ(gate.password(from("", "x"), "", 1), Verdict::deferred);
  EXPECT_EQ(gate.password(from("carol", "carol:pc"), "any", 1), Verdict::deferred) << "rules, but no credentials";
  EXPECT_EQ(gate.password(from("bob\t@x", "x"), "any", 1), Verdict::deferred);
  // Where Mosquitto refuses them too, its log has no name.
  for (const char* named : {"\"backup-job\" from", "\"carol\" from", "\"bob?@x\" from"})
    EXPECT_NE(place.log().find(named), std::string::npos) << place.log();
  EXPECT_EQ(place.log().find("any"), std::string::npos) << "no password";
  EXPECT_EQ(place.log().find("\"ferry\""), std::string::npos) << place.log();
  const std::size_t said = place.log().size();
  EXPECT_EQ(gate.password(from("backup-job", "x"), "any", 1), Verdict::deferred);
  EXPECT_EQ(place.log().size(), said) << "once";
}

TEST(Gate, AClientIdIsItsUsers) {
  Place place;
  Gate& gate = place.gate();
  for (const char* taken : {"bob@mqtt.corp.example:phone", "x", "", "eve@mqtt.corp.example",
                            "eve@mqtt.corp.example:", "eve@mqtt.corp.example2:x"})
    EXPECT_EQ(gate.password(from(eve, taken), "evil", 1), Verdict::denied) << taken;
  EXPECT_EQ(gate.password(from(eve, "eve@mqtt.corp.example:a:b"), "evil", 1), Verdict::granted);
  EXPECT_EQ(gate.password(from("backup-job", "bob@mqtt.corp.example:phone"), "any", 1), Verdict::denied);
  EXPECT_EQ(gate.password(from("ferry", "bob@mqtt.corp.example:phone"), "any", 1), Verdict::denied);
  Gate& free = place.gate({.auth_file = {}, .key_file = {}, .login_check = {}, .bind_client_ids = false});
  EXPECT_EQ(free.password(from(eve, "anything"), "evil", 1), Verdict::granted);
  EXPECT_EQ(free.password(from(eve, "bob@mqtt.corp.example:phone"), "evil", 1), Verdict::denied) << "still another's";
}

TEST(Gate, LimitsWhoFails) {
  Place place;
  Gate& gate = place.gate();
  const Attempt guess = from(bob, "bob@mqtt.corp.example:x", "10.9.9.9"), own = from(bob, "bob@mqtt.corp.example:y");
  EXPECT_EQ(gate.password(own, "pencil", 1), Verdict::granted);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(gate.password(guess, "guess" + std::to_string(i), 2), Verdict::denied);
  EXPECT_EQ(gate.password(guess, "pencil2", 1003), Verdict::denied) << "in another second: each has so many lines";
  EXPECT_NE(place.log().find("too many"), std::string::npos);
  EXPECT_EQ(gate.password(own, "pencil", 3), Verdict::granted) << "who was let in before still is";
  // By address, whoever is named.
  for (int i = 0; i < 100; ++i) gate.password(from("user" + std::to_string(i), "x", "10.9.9.9"), "guess", 4);
  EXPECT_EQ(gate.password(from(eve, "eve@mqtt.corp.example:x", "10.9.9.9"), "evil", 5), Verdict::denied);
  EXPECT_EQ(gate.password(from(eve, "eve@mqtt.corp.example:x", "10.9.9.8"), "evil", 5), Verdict::granted);
  EXPECT_EQ(gate.password(from("backup-job", "x", "10.9.9.9"), "any", 5), Verdict::deferred) << "Mosquitto's own";
}

TEST(Gate, TheSameWrongPasswordIsNoGuess) {
  Place place;
  Gate& gate = place.gate();
  const Attempt old_phone = from(bob, "bob@mqtt.corp.example:old");
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(gate.password(old_phone, "last year's", 1), Verdict::denied);
  EXPECT_EQ(gate.password(from(bob, "bob@mqtt.corp.example:new"), "pencil", 1), Verdict::granted);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(gate.password(from("job", "x"), "its password", 1), Verdict::deferred);
  place.write({{bob, "last year's"}});
  EXPECT_EQ(gate.password(old_phone, "last year's", 2), Verdict::granted) << "what was wrong may be right now";
}

TEST(Gate, ALimitPasses) {
  FailureLimit limit(2, 3, second);
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(limit.reached("a", 1));
    limit.failed("a", 1);
  }
  EXPECT_TRUE(limit.reached("a", 1));
  EXPECT_FALSE(limit.reached("a", 1 + second));
  limit.failed("a", 1 + second);
  EXPECT_TRUE(limit.reached("a", 1 + second));
  EXPECT_FALSE(limit.reached("b", 1));
  limit.failed("b", 1);
  limit.failed("c", 1);  // of two names at most
  EXPECT_FALSE(limit.reached("a", 1 + second));
}

TEST(Gate, SeesANewFileAtOnce) {
  Place place;
  Gate& gate = place.gate();
  const Attempt bobs = from(bob, "bob@mqtt.corp.example:phone");
  EXPECT_EQ(gate.password(bobs, "pencil", 1), Verdict::granted);
  place.write({{bob, "crayon"}});
  EXPECT_EQ(gate.password(bobs, "pencil", 2), Verdict::denied) << "what was remembered is of the old password";
  EXPECT_EQ(gate.password(bobs, "crayon", 2), Verdict::granted);
  EXPECT_EQ(gate.password(from(eve, "eve@mqtt.corp.example:x"), "evil", 2), Verdict::deferred) << "she is gone";
  put_file(place.file("auth"), "ferry-auth 1\npeople 5\n", 0640);
  EXPECT_EQ(gate.password(bobs, "crayon", 3), Verdict::granted) << "a damaged file changes nothing";
  EXPECT_NE(place.log().find("cut off"), std::string::npos) << place.log();
}

TEST(Gate, NeedsTheRightKeyFile) {
  Place place;
  put_file(place.file("key"), Vault::new_key_file().view(), 0600);
  Gate& gate = place.gate();
  EXPECT_EQ(gate.password(from(bob, "bob@mqtt.corp.example:phone"), "pencil", 1), Verdict::again) << "not bob's fault";
  EXPECT_NE(place.log().find("broker-key"), std::string::npos) << place.log();
  put_file(place.file("key"), "x", 0600);
  EXPECT_FALSE(Gate::open({.auth_file = place.file("auth"), .key_file = place.file("key"), .login_check = {}}, {}));
}

// ---- SCRAM

std::string proof(ScramHash hash, std::string_view password, std::string_view first_bare, std::string_view challenge,
                  std::string_view without_proof) {
  const auto kind = hash == ScramHash::sha1 ? crypto::Digest::sha1 : crypto::Digest::sha256;
  const std::size_t salt = challenge.find(",s=") + 3, end = challenge.find(",i=");
  const Secret salted = crypto::pbkdf2(kind, password, *from_base64(challenge.substr(salt, end - salt)),
                                       static_cast<std::uint32_t>(std::stoul(std::string(challenge.substr(end + 3)))));
  std::string key(crypto::hmac(kind, salted.view(), "Client Key").view());
  const Secret stored = crypto::digest(kind, key);
  const Secret signature = crypto::hmac(
      kind, stored.view(), std::string(first_bare) + "," + std::string(challenge) + "," + std::string(without_proof));
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<char>(key[i] ^ signature.view()[i]);
  return to_base64(key);
}

Gate::Exchange scram(Gate& gate, ScramHash hash, const Attempt& attempt, const std::string& user,
                     std::string_view password, Instant now = 1) {
  const int client = 0;
  const std::string first = "n=" + user + ",r=abc";
  const auto challenge = gate.begin(&client, attempt, mechanism_name(hash), "n,," + first, now);
  if (!challenge.more) return challenge;
  const std::string nonce = challenge.send.substr(2, challenge.send.find(',') - 2), last = "c=biws,r=" + nonce;
  return gate.go_on(&client, last + ",p=" + proof(hash, password, first, challenge.send, last), now);
}

TEST(Gate, ScramOverMqtt5) {
  Place place;
  Gate& gate = place.gate();
  for (const ScramHash hash : {ScramHash::sha1, ScramHash::sha256}) {
    const auto end = scram(gate, hash, from("", "bob@mqtt.corp.example:phone"), bob, "pencil");
    EXPECT_EQ(end.verdict, Verdict::granted);
    EXPECT_FALSE(end.more);
    EXPECT_EQ(end.login, bob);
    EXPECT_EQ(end.send.substr(0, 2), "v=");
    EXPECT_EQ(scram(gate, hash, from("", "bob@mqtt.corp.example:phone"), bob, "wrong").verdict, Verdict::denied);
    EXPECT_EQ(scram(gate, hash, from("", "bob@mqtt.corp.example:phone"), eve, "evil").verdict, Verdict::denied)
        << "bob's client id";
    EXPECT_EQ(scram(gate, hash, from(eve, "bob@mqtt.corp.example:phone"), bob, "pencil").verdict, Verdict::denied)
        << "CONNECT says eve";
    EXPECT_EQ(scram(gate, hash, from("", "nobody:x"), "nobody", "x").verdict, Verdict::denied);
    EXPECT_EQ(scram(gate, hash, from("", "ferry:x"), "ferry", "x").verdict, Verdict::denied);
  }
  EXPECT_EQ(gate.begin(nullptr, from("", "x"), "GS2-KRB5", "x", 1).verdict, Verdict::deferred);
  EXPECT_EQ(gate.go_on(&gate, "c=biws", 1).verdict, Verdict::denied) << "nothing was begun";
}

TEST(Gate, ScramTellsNobodyWhoIsThere) {
  Place place;
  Gate& gate = place.gate();
  const auto challenge = [&](const std::string& user) {
    const int client = 0;
    const std::string text = gate.begin(&client, from("", "x"), "SCRAM-SHA-1", "n,,n=" + user + ",r=a", 1).send;
    return text.substr(text.find(",s="));
  };
  EXPECT_EQ(challenge(bob), challenge(bob));
  EXPECT_EQ(challenge("nobody"), challenge("nobody"));
  EXPECT_NE(challenge("nobody"), challenge("nobody2"));
  EXPECT_EQ(challenge("nobody").size(), challenge(bob).size()) << "salts and iterations as most people have";
}

TEST(Gate, ScramExchangesEnd) {
  Place place;
  Gate& gate = place.gate({.auth_file = {}, .key_file = {}, .login_check = {}, .limits = {.exchanges = 2}});
  const int clients[3] = {};
  const std::string first = std::string("n,,n=") + bob + ",r=a";
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(gate.begin(&clients[i], from("", "x"), "SCRAM-SHA-1", first, 1).more);
  EXPECT_EQ(gate.begin(&clients[2], from("", "x"), "SCRAM-SHA-1", first, 2).verdict, Verdict::again);
  gate.forget(&clients[0]);
  EXPECT_TRUE(gate.begin(&clients[2], from("", "x"), "SCRAM-SHA-1", first, 3).more);
  EXPECT_EQ(gate.go_on(&clients[1], "c=biws,r=a,p=AAAA", 1 + 31 * second).verdict, Verdict::denied) << "too late";
  EXPECT_TRUE(gate.begin(&clients[0], from("", "x"), "SCRAM-SHA-1", "", 40 * second).more) << "the client's turn";
  EXPECT_TRUE(gate.go_on(&clients[0], first, 40 * second).more);
}

// ---- the legacy server

// ferry-login-check's side of the socket.
class Checker {
 public:
  explicit Checker(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(fd_, 4), 0);
  }
  ~Checker() {
    if (peer_ >= 0) ::close(peer_);
    ::close(fd_);
  }
  Checker(const Checker&) = delete;
  Checker& operator=(const Checker&) = delete;
  std::string question() {
    if (peer_ < 0) peer_ = ::accept(fd_, nullptr, nullptr);
    char buffer[4096];
    const ssize_t n = ::recv(peer_, buffer, sizeof buffer, 0);
    return {buffer, static_cast<std::size_t>(std::max<ssize_t>(n, 0))};
  }
  void answer(const std::string& id, const std::string& word) {
    const std::string text = id + '\0' + word + '\0' + "text";
    EXPECT_EQ(::send(peer_, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }

 private:
  int fd_, peer_ = -1;
};

TEST(Gate, AsksTheLegacyServerWithoutWaiting) {
  Place place;
  place.write({}, {bob});
  const Attempt bobs = from(bob, "bob@mqtt.corp.example:phone");
  Checker checker(place.file("check"));
  Gate& gate = place.gate({.auth_file = {}, .key_file = {}, .login_check = place.file("check")});
  EXPECT_EQ(gate.password(bobs, "pencil", 1), Verdict::again);
  EXPECT_EQ(gate.password(bobs, "pencil", 2), Verdict::again) << "asked once";
  const std::string asked = checker.question();
  EXPECT_EQ(asked, std::string("check 1") + '\0' + "1" + '\0' + bob + '\0' + "pencil");
  checker.answer("1", "granted");
  EXPECT_EQ(gate.password(bobs, "pencil", 3), Verdict::granted);
  EXPECT_EQ(gate.password(bobs, "wrong", 4), Verdict::again);
  checker.question();
  checker.answer("2", "wrong");
  EXPECT_EQ(gate.password(bobs, "wrong", 5), Verdict::denied);
  EXPECT_EQ(gate.password(bobs, "third", 6), Verdict::again);
  checker.question();
  checker.answer("3", "again");
  EXPECT_EQ(gate.password(bobs, "third", 7), Verdict::again);
  EXPECT_NE(checker.question().find("third"), std::string::npos) << "asked again";
  // The keys have been stored: nobody asks any more.
  place.write({{bob, "pencil"}});
  EXPECT_EQ(gate.password(bobs, "pencil", 8), Verdict::granted);
  EXPECT_EQ(place.log().find("pencil"), std::string::npos);
}

TEST(Gate, SendsAwayWhoLeftTheFile) {
  Place place;
  Gate& gate = place.gate({.auth_file = {}, .key_file = {}, .login_check = {}, .limits = {.looks = 1}});
  EXPECT_EQ(gate.password(from(bob, "bob@mqtt.corp.example:phone"), "pencil", 1), Verdict::granted);
  EXPECT_EQ(gate.password(from(eve, "eve@mqtt.corp.example:x"), "evil", 1), Verdict::granted);
  EXPECT_EQ(gate.password(from("backup-job", "x"), "any", 1), Verdict::deferred);
  gate.tick(1001);
  EXPECT_TRUE(gate.take_left().empty());
  place.write({{bob, "another"}});  // another password is no reason to go
  for (Instant now = 2001; now < 6000; now += 1000) gate.tick(now);
  EXPECT_EQ(gate.take_left(), std::vector<std::string>{eve});
  EXPECT_NE(place.log().find("no more"), std::string::npos) << place.log();
  place.write({}, {bob});  // nor that somebody else is asked for it
  gate.tick(7001);
  gate.tick(8001);
  EXPECT_TRUE(gate.take_left().empty()) << "once, and those who stay";
  place.write({});
  gate.tick(9001);
  EXPECT_EQ(gate.take_left(), std::vector<std::string>{bob});
}

TEST(Gate, NobodyToAsk) {
  Place place;
  place.write({}, {bob});
  Gate& unset = place.gate();
  EXPECT_EQ(unset.password(from(bob, "bob@mqtt.corp.example:x"), "pencil", 1), Verdict::again);
  EXPECT_NE(place.log().find("plugin_opt_login_check"), std::string::npos) << place.log();
  Gate& missing = place.gate({.auth_file = {}, .key_file = {}, .login_check = place.file("nothing")});
  EXPECT_EQ(missing.password(from(bob, "bob@mqtt.corp.example:x"), "pencil", 1), Verdict::again);
  EXPECT_NE(place.log().find("does ferry-login-check run"), std::string::npos) << place.log();
}

}  // namespace gate_test
}  // namespace ferry
