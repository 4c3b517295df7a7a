#include <gtest/gtest.h>

#include <map>

#include "gateway/store/credentials.h"
#include "gateway/store/store.h"
#include "tests/store/opened_store.h"

namespace ferry {
namespace people_test {

Jid jid(std::string_view text) {
  auto parsed = Jid::parse(text);
  EXPECT_TRUE(parsed) << text;
  return *std::move(parsed);
}

class People : public OpenedStore {
 protected:
  std::string users() {
    std::string text;
    store_->each_user([&](UserRecord user) { text += user.jid.str() + "=" + user.profile + ";"; });
    return text;
  }
  std::map<std::pair<UserKey, std::string>, ContactRecord> contacts() {
    std::map<std::pair<UserKey, std::string>, ContactRecord> all;
    store_->each_contact([&](UserKey user, ContactRecord c) {
      const std::pair key(user, c.jid.str());
      all.emplace(key, std::move(c));
    });
    return all;
  }
  std::string devices() {
    std::string text;
    store_->each_device([&](UserKey user, DeviceRecord d) {
      text += std::to_string(user) + "/" + d.name + "/" + d.epoch + (d.shown ? "+" : "-") + ";";
    });
    return text;
  }
};

TEST_F(People, UsersStayWithTheirKeys) {
  const UserKey anna = store_->add_user(jid("anna@mqtt.corp.example"));
  const UserKey zoe = store_->add_user(jid("zo\xC3\xA9@mqtt.corp.example"));
  EXPECT_NE(anna, 0);
  EXPECT_NE(anna, zoe);
  EXPECT_EQ(store_->add_user(jid("anna@mqtt.corp.example")), anna);
  store_->set_profile(anna, R"({"name":"Anna"})");
  reopen();
  EXPECT_EQ(users(), "anna@mqtt.corp.example={\"name\":\"Anna\"};zo\xC3\xA9@mqtt.corp.example=;");
  store_->remove_user(zoe);
  reopen();
  EXPECT_GT(store_->add_user(jid("new@mqtt.corp.example")), zoe) << "a key is never given twice";
}

TEST_F(People, ContactsComeBackAsTheyWere) {
  const UserKey anna = store_->add_user(jid("anna@mqtt.corp.example"));
  for (int bit = -1; bit < 7; ++bit) {  // each flag alone, so that none is taken for another
    ContactRecord c{.jid = jid("c" + std::to_string(bit + 1) + "@corp.example"),
                    .name = "N\xC3\xA4me",
                    .groups = {"Friends", "with \"quotes\", and\nmore", ""},
                    .listed = bit == 0,
                    .to = bit == 1,
                    .from = bit == 2,
                    .ask = bit == 3,
                    .request = bit == 4,
                    .approved = bit == 5,
                    .denied = bit == 6,
                    .request_text = "please"};
    store_->put_contact(anna, c);
  }
  store_->put_contact(anna + 1, {.jid = jid("c0@corp.example"), .name = "", .groups = {}, .request_text = ""});
  reopen();
  const auto all = contacts();
  ASSERT_EQ(all.size(), 9U);
  for (int bit = -1; bit < 7; ++bit) {
    const ContactRecord& c = all.at({anna, "c" + std::to_string(bit + 1) + "@corp.example"});
    EXPECT_EQ(c.name, "N\xC3\xA4me");
    EXPECT_EQ(c.groups, (std::vector<std::string>{"Friends", "with \"quotes\", and\nmore", ""}));
    EXPECT_EQ(c.request_text, "please");
    const bool flags[] = {c.listed, c.to, c.from, c.ask, c.request, c.approved, c.denied};
    for (int i = 0; i < 7; ++i) EXPECT_EQ(flags[i], i == bit) << i << " of " << bit;
  }
  EXPECT_TRUE(all.at({anna + 1, "c0@corp.example"}).groups.empty());

  store_->put_contact(anna, {.jid = jid("c0@corp.example"), .name = "New", .groups = {}, .request_text = ""});
  EXPECT_EQ(contacts().at({anna, "c0@corp.example"}).name, "New");
  store_->remove_contact(anna, jid("c0@corp.example"));
  EXPECT_EQ(contacts().size(), 8U);
}

TEST_F(People, Devices) {
  store_->put_device(1, {"phone", "e1", true});
  store_->put_device(1, {"desk", "", false});
  store_->put_device(2, {"phone", "e2", false});
  store_->put_device(1, {"phone", "e3", false});
  reopen();
  EXPECT_EQ(devices(), "1/desk/-;1/phone/e3-;2/phone/e2-;");
  for (const EpochEnd ended : {EpochEnd::said, EpochEnd::with_broker, EpochEnd::no}) {
    store_->put_device(2, {"phone", "e2", false, ended, "0123456789abcdef"});
    reopen();
    store_->each_device([&](UserKey user, const DeviceRecord& d) {
      EXPECT_EQ(d.ended, user == 2 ? ended : EpochEnd::no);
      EXPECT_EQ(d.past, user == 2 ? "0123456789abcdef" : "");
    });
  }
  store_->remove_device(1, "phone");
  EXPECT_EQ(devices(), "1/desk/-;2/phone/e2-;");
}

TEST_F(People, ARemovedUserTakesAllThatIsTheirs) {
  const UserKey anna = store_->add_user(jid("anna@mqtt.corp.example"));
  const UserKey bob = store_->add_user(jid("bob@mqtt.corp.example"));
  std::map<UserKey, std::vector<Seq>> seqs;
  store_->begin();
  for (const UserKey user : {anna, bob}) {
    store_->put_contact(user, {.jid = jid("x@corp.example"), .name = "", .groups = {}, .request_text = ""});
    store_->put_device(user, {"phone", "", true});
  }
  for (int i = 0; i < 20'000; ++i) {  // over several blocks
    MessageRecord m;
    m.user = i % 2 == 0 ? anna : bob;
    seqs[m.user].push_back(store_->add_message(m));
  }
  store_->put_follower(jid("feed@mqtt.corp.example"), jid("anna@mqtt.corp.example"));
  store_->put_follower(jid("feed@mqtt.corp.example"), jid("bob@mqtt.corp.example"));
  store_->remove_user(anna);
  store_->commit();
  EXPECT_EQ(users(), "bob@mqtt.corp.example=;");
  EXPECT_EQ(contacts().size(), 1U);
  EXPECT_EQ(devices(), std::to_string(bob) + "/phone/+;");
  for (const Seq seq : seqs[anna]) ASSERT_FALSE(store_->message(seq)) << seq;
  for (const Seq seq : seqs[bob]) ASSERT_TRUE(store_->message(seq)) << seq;
  std::string followers;
  store_->each_follower([&](const Jid&, const Jid& who) { followers += who.str(); });
  EXPECT_EQ(followers, "bob@mqtt.corp.example");
}

TEST_F(People, CredentialsGoWithTheUserUnlessAnAccountStays) {
  const UserKey anna = store_->add_user(jid("anna@mqtt.corp.example")), bob = store_->add_user(jid("bob@corp.example"));
  store_->put_account({.jid = jid("bob@corp.example")});
  const auto credentials = Credentials::open(folder_.file("a.db"));
  ASSERT_TRUE(credentials) << credentials.error().text;
  for (const char* owner : {"anna@mqtt.corp.example", "bob@corp.example"})
    (*credentials)->put(jid(owner), CredentialKind::password, "sealed", "test", 0);
  store_->remove_user(anna);
  store_->remove_user(bob);
  EXPECT_TRUE((*credentials)->of(jid("anna@mqtt.corp.example")).empty());
  EXPECT_EQ((*credentials)->of(jid("bob@corp.example")).size(), 1U) << "one that has gone back may move again";
}

TEST_F(People, FollowersAndRoutes) {
  const auto text = [&] {
    std::string all;
    store_->each_follower([&](const Jid& feed, const Jid& who) { all += feed.str() + "<" + who.str() + ";"; });
    store_->each_route([&](std::string_view row) { all += std::string(row) + ";"; });
    return all;
  };
  store_->put_follower(jid("f@mqtt.corp.example"), jid("a@corp.example"));
  store_->put_follower(jid("f@mqtt.corp.example"), jid("a@corp.example"));
  store_->put_follower(jid("g@mqtt.corp.example"), jid("a@corp.example"));
  store_->put_route("f@mqtt.corp.example", "feed f@mqtt.corp.example a/b");
  store_->put_route("f@mqtt.corp.example", "feed f@mqtt.corp.example a/c");
  reopen();
  EXPECT_EQ(text(),
            "f@mqtt.corp.example<a@corp.example;g@mqtt.corp.example<a@corp.example;"
            "feed f@mqtt.corp.example a/c;");
  store_->remove_follower(jid("f@mqtt.corp.example"), jid("a@corp.example"));
  store_->remove_route("f@mqtt.corp.example");
  EXPECT_EQ(text(), "g@mqtt.corp.example<a@corp.example;");
}

TEST_F(People, RequestsAreTheirsToo) {
  const auto requests = [&] {
    std::string text;
    store_->each_request([&](const RequestRecord& r) {
      text += std::to_string(r.user) + "/" + std::to_string(r.number) + "/" +
              std::to_string(static_cast<int>(r.state)) + (r.final ? "!" : "") + r.device + "," +
              std::to_string(r.correlation.size()) + "," + r.id + "," + r.answer + ";";
    });
    return text;
  };
  const UserKey anna = store_->add_user(jid("anna@mqtt.corp.example")),
                bob = store_->add_user(jid("bob@mqtt.corp.example"));
  RequestRecord r{.user = bob,
                  .number = 1,
                  .key = ~0ULL,
                  .digest = 1ULL << 63,
                  .at = 5,
                  .device = "phone",
                  .correlation = std::string("\0\xff", 2),
                  .id = "q",
                  .answer = {}};
  store_->put_request(r);
  RequestRecord other;
  other.user = anna;
  other.number = 2;
  other.device = "-";
  store_->put_request(other);
  r.state = RequestState::answered;
  r.final = true;
  r.answer = "{}";
  store_->put_request(r);
  reopen();
  EXPECT_EQ(requests(), std::to_string(bob) + "/1/1!phone,2,q,{};" + std::to_string(anna) + "/2/0-,0,,;");
  store_->each_request([&](const RequestRecord& kept) {
    if (kept.user != bob) return;
    EXPECT_EQ(kept.key, r.key);
    EXPECT_EQ(kept.digest, r.digest);
    EXPECT_EQ(kept.at, 5);
  });
  store_->remove_request(anna, 1);
  store_->remove_request(anna, 2);
  EXPECT_EQ(requests(), std::to_string(bob) + "/1/1!phone,2,q,{};");
  store_->remove_user(bob);
  EXPECT_EQ(requests(), "");
}

}  // namespace people_test
}  // namespace ferry
