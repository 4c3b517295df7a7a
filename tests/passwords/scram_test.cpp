// SCRAM: the RFCs' examples, keys of real servers, and what clients get wrong.
#include "gateway/passwords/scram.h"

#include <gtest/gtest.h>

#include <memory>

#include "translators/values/base64.h"

namespace ferry {
namespace scram_test {

ScramKeys keys_from(ScramHash hash, std::string_view salt, std::uint32_t iterations, std::string_view stored,
                    std::string_view server) {
  return {hash, *from_base64(salt), iterations, Secret(*from_base64(stored)), Secret(*from_base64(server))};
}

// RFC 5802 section 5 and RFC 7677 section 3: user "user", password "pencil".
ScramKeys rfc5802() {
  return keys_from(ScramHash::sha1, "QSXCR+Q6sek8bf92", 4096,
                   "6dlGYMOdZcOPutkcNY8U2g7vK9Y=", "D+CSWLOshSulAsxiupA+qs2/fTE=");
}
ScramKeys rfc7677() {
  return keys_from(ScramHash::sha256, "W22ZaJ0SNY7soEsUEjb6gQ==", 4096,
                   "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=", "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=");
}

const char* const first1 = "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL";
const char* const final1 = "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=";

ScramServer server(ScramKeys keys, std::string nonce = "3rfcNHYJY1ZVvWVs7j", bool real = true) {
  const ScramHash hash = keys.hash;
  auto shared = std::make_shared<ScramKeys>(std::move(keys));
  return ScramServer(
      hash,
      [shared, real](std::string_view) {
        return ScramServer::Found{shared->copy(), real};
      },
      std::move(nonce));
}

std::string why(ScramServer::Step step) {
  EXPECT_EQ(step.outcome, ScramServer::Outcome::refused);
  EXPECT_EQ(step.send, "e=" + step.reason);
  return step.reason;
}

TEST(Scram, TheExampleOfRfc5802) {
  ScramServer login = server(rfc5802());
  const auto challenge = login.first(first1);
  ASSERT_EQ(challenge.outcome, ScramServer::Outcome::challenge);
  EXPECT_EQ(challenge.send, "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096");
  const auto end = login.final(final1);
  EXPECT_EQ(end.outcome, ScramServer::Outcome::accepted);
  EXPECT_EQ(end.send, "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=");
  EXPECT_EQ(login.user(), "user");
  EXPECT_EQ(why(login.final(final1)), "other-error") << "once";
}

TEST(Scram, TheExampleOfRfc7677) {
  ScramServer login = server(rfc7677(), "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
  EXPECT_EQ(login.first("n,,n=user,r=rOprNGfwEbeRWgbNEkqO").send,
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
  EXPECT_EQ(login
                .final("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                       "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
                .send,
            "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

TEST(Scram, DerivesWhatServersHave) {
  for (const ScramKeys& wanted : {rfc5802(), rfc7677()}) {
    const auto keys = derive(wanted.hash, "pencil", wanted.salt, wanted.iterations);
    ASSERT_TRUE(keys);
    EXPECT_EQ(keys->stored_key.view(), wanted.stored_key.view());
    EXPECT_EQ(keys->server_key.view(), wanted.server_key.view());
  }
  const auto sha512 = derive(ScramHash::sha512, "pencil", "salt", 10);
  ASSERT_TRUE(sha512);
  EXPECT_EQ(to_base64(sha512->stored_key.view()),
            "3R91VtgAFmiI3p/F6dp/1FNqq+WUNA79on2RgA6nwb0/PI/PIqLaNXEXFkYLtr7R0STGWLN8FBhMErsL5Ve3Kw==");
}

TEST(Scram, VerifiesTheKeysOfARealOpenfire) {
  const ScramKeys keys = keys_from(ScramHash::sha1, "yidQk5Skw11QJWTBAloAb28lYHftqa0x", 4096,
                                   "gjMoswpK+HakPdvLIvp6eLKlYh0=", "9MwNQcJ9bF4YeyZDdns5gvXp620=");
  EXPECT_TRUE(verify(keys, "ThisPasswordShouldDo!@"));
  EXPECT_FALSE(verify(keys, "ThisPasswordShouldDo!"));
  EXPECT_FALSE(verify(keys, "thispasswordshoulddo!@"));
  EXPECT_FALSE(verify(keys, ""));
  for (const std::string_view password : {"jas502n", "admin"}) {
    const auto derived = derive(ScramHash::sha1, password);
    ASSERT_TRUE(derived);
    EXPECT_TRUE(verify(*derived, password));
    EXPECT_FALSE(verify(*derived, "ThisPasswordShouldDo!@"));
  }
}

TEST(Scram, SaslprepOfRfc4013) {
  EXPECT_EQ(saslprep("I\xC2\xADX").view(), "IX");    // a soft hyphen goes
  EXPECT_EQ(saslprep("\xE2\x85\xA8").view(), "IX");  // ROMAN NUMERAL NINE
  EXPECT_EQ(saslprep("user").view(), "user");
  EXPECT_EQ(saslprep("USER").view(), "USER");
  EXPECT_EQ(saslprep("\x07").view(), "\x07") << "forbidden: as it is";
  EXPECT_EQ(saslprep("\xD8\xA7\x31").view(), "\xD8\xA7\x31") << "forbidden: as it is";
  EXPECT_EQ(saslprep("\xFF\xFE").view(), "\xFF\xFE") << "no UTF-8: as it is";
  EXPECT_EQ(saslprep("").view(), "");
}

TEST(Scram, APasswordFitsAsItIsOrPrepared) {
  // Openfire's keys are of the password as it was typed, RFC 5802's of what SASLprep makes of it.
  const auto prepared = derive(ScramHash::sha256, "\xE2\x85\xA8");
  ASSERT_TRUE(prepared);
  EXPECT_TRUE(verify(*prepared, "\xE2\x85\xA8"));
  EXPECT_TRUE(verify(*prepared, "IX"));
  const ScramKeys raw =
      keys_from(ScramHash::sha1, to_base64("salt"), 1, "1kr6D36uf6ywgUmIzTvkg94wQ+g=", to_base64(std::string(20, 'x')));
  EXPECT_FALSE(verify(raw, "another"));
}

TEST(Scram, KeysThatCannotBeUsed) {
  ScramKeys keys = rfc5802();
  EXPECT_EQ(problem_of(keys), "");
  keys.salt.clear();
  EXPECT_NE(problem_of(keys).find("no salt"), std::string::npos);
  EXPECT_FALSE(verify(keys, "pencil")) << "as in real dumps";
  keys = rfc5802();
  keys.iterations = 0;
  EXPECT_NE(problem_of(keys), "");
  keys.iterations = most_iterations + 1;
  EXPECT_NE(problem_of(keys), "");
  keys = rfc5802();
  keys.hash = ScramHash::sha256;
  EXPECT_NE(problem_of(keys).find("20 bytes, not 32"), std::string::npos) << problem_of(keys);
  EXPECT_FALSE(derive(ScramHash::sha1, ""));
  EXPECT_FALSE(derive(ScramHash::sha1, std::string(most_password_bytes + 1, 'a')));
  EXPECT_FALSE(derive(ScramHash::sha1, "a", std::string(most_salt_bytes + 1, 'a')));
}

TEST(Scram, NamesWithCommaAndEquals) {
  std::string asked;
  ScramServer login(
      ScramHash::sha1,
      [&](std::string_view user) {
        asked = user;
        return ScramServer::Found{rfc5802(), true};
      },
      "n");
  EXPECT_EQ(login.first("n,,n=a=3D2Bb=2Cc,r=x").outcome, ScramServer::Outcome::challenge);
  EXPECT_EQ(asked, "a=2Bb,c");
  for (const char* name : {"a=b", "a=2B", "a=2c", "a=", "a=3", ""})
    EXPECT_EQ(why(server(rfc5802()).first(std::string("n,,n=") + name + ",r=x")), "invalid-username-encoding") << name;
}

TEST(Scram, WhatClientsGetWrong) {
  const struct {
    const char *message, *error;
  } firsts[] = {
      {"p=tls-unique,,n=user,r=x", "channel-binding-not-supported"},
      {"n,,m=x,n=user,r=x", "extensions-not-supported"},
      {"", "other-error"},
      {"n", "other-error"},
      {"x,,n=user,r=x", "other-error"},
      {"n,,r=x,n=user", "other-error"},
      {"n,,n=user", "other-error"},
      {"n,,n=user,r=", "other-error"},
      {"n,,n=user,r=a b", "other-error"},
      {"n,,n=user,r=x,1", "other-error"},
      {"n,a=other,n=user,r=x", "other-error"},
      {"n,b=user,n=user,r=x", "other-error"},
  };
  for (const auto& row : firsts) EXPECT_EQ(why(server(rfc5802()).first(row.message)), row.error) << row.message;
  EXPECT_EQ(why(server(rfc5802()).first(std::string("n,,n=user,r=") + std::string(most_client_nonce_bytes + 1, 'x'))),
            "other-error");
  EXPECT_EQ(why(server(rfc5802()).first(std::string(most_scram_message_bytes + 1, 'n'))), "other-error");
  for (const char* fine : {"y,,n=user,r=x", "n,a=user,n=user,r=x", "n,,n=user,r=x,t=tomorrow"})
    EXPECT_EQ(server(rfc5802()).first(fine).outcome, ScramServer::Outcome::challenge) << fine;

  const std::string right = final1;
  const struct {
    std::string message;
    const char* error;
  } finals[] = {
      {"", "other-error"},
      {right.substr(0, right.rfind(",p=")), "other-error"},
      {"c=eSws" + right.substr(6), "channel-bindings-dont-match"},
      {"c=biw" + right.substr(6), "channel-bindings-dont-match"},
      {"c=biws,r=another" + right.substr(right.rfind(",p=")), "other-error"},
      {right.substr(0, right.size() - 1), "invalid-encoding"},
      {right.substr(0, right.rfind(",p=")) + ",m=1" + right.substr(right.rfind(",p=")), "extensions-not-supported"},
      {right.substr(0, right.rfind(",p=")) + ",x=1" + right.substr(right.rfind(",p=")), "invalid-proof"},
      {right.substr(0, right.rfind(",p=")) + ",p=", "invalid-proof"},
      {right.substr(0, right.rfind(",p=")) + ",p=AAAA", "invalid-proof"},
      {right.substr(0, right.rfind(",p=")) + ",p=w0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", "invalid-proof"},
  };
  for (const auto& row : finals) {
    ScramServer login = server(rfc5802());
    login.first(first1);
    EXPECT_EQ(why(login.final(row.message)), row.error) << row.message;
    EXPECT_EQ(why(login.final(final1)), "other-error") << "no second try with the same challenge";
  }
  EXPECT_EQ(why(server(rfc5802()).final(final1)), "other-error") << "before the first message";
}

TEST(Scram, WhoIsNotThereLooksLikeWhoIs) {
  const FakeKeys fake{Secret("secret"), 24, 4096};
  const ScramKeys once = fake.keys(ScramHash::sha1, "nobody"), again = fake.keys(ScramHash::sha1, "nobody");
  EXPECT_EQ(problem_of(once), "");
  EXPECT_EQ(once.salt.size(), 24U);
  EXPECT_EQ(once.salt, again.salt) << "asked twice, the same";
  EXPECT_NE(once.salt, fake.keys(ScramHash::sha1, "nobody2").salt);
  EXPECT_NE(once.salt, fake.keys(ScramHash::sha256, "nobody").salt);
  EXPECT_NE(once.salt, (FakeKeys{Secret("other"), 24, 4096}).keys(ScramHash::sha1, "nobody").salt);
  EXPECT_EQ((FakeKeys{Secret("s"), 100, 4096}).keys(ScramHash::sha512, "x").salt.size(), 100U);
  ScramServer login = server(fake.keys(ScramHash::sha1, "nobody"), "n", false);
  EXPECT_EQ(login.first("n,,n=nobody,r=x").outcome, ScramServer::Outcome::challenge);
  EXPECT_EQ(why(login.final("c=biws,r=xn,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=")), "invalid-proof");
  // Even who could make a proof that fits the keys is nobody.
  ScramServer lucky = server(rfc5802(), "3rfcNHYJY1ZVvWVs7j", false);
  lucky.first(first1);
  EXPECT_EQ(why(lucky.final(final1)), "invalid-proof");
}

TEST(Scram, ASecretIsWiped) {
  std::string text = "password";
  Secret secret{std::string_view(text)};
  const char* bytes = secret.view().data();
  EXPECT_EQ(std::string(bytes, 8), "password");
  Secret moved = std::move(secret);
  EXPECT_EQ(moved.view().data(), bytes) << "moved, not copied";
  EXPECT_TRUE(secret.empty());
  Secret::wipe(text);
  EXPECT_TRUE(text.empty());
}

}  // namespace scram_test
}  // namespace ferry
