// The file that the plugin decides by: whom it finds, what it refuses, and the same rules as the ACL file.
#include "gateway/passwords/auth_file.h"

#include <sstream>

#include "tests/passwords/place.h"
#include "translators/values/topic.h"

namespace ferry {
namespace auth_file_test {
using namespace passwords_test;

// ---- topics

TEST(Gate, TopicsOfPeople) {
  Place place;
  Gate& gate = place.gate();
  const struct {
    const char* login;
    Reach reach;
    const char* topic;
    Verdict verdict;
  } rows[] = {
      {bob, Reach::read, "im/v1/u/bob@mqtt.corp.example/in/msg", Verdict::granted},
      {bob, Reach::write, "im/v1/u/bob@mqtt.corp.example/out/msg", Verdict::granted},
      {bob, Reach::write, "im/v1/u/bob@mqtt.corp.example/in/msg", Verdict::denied},
      {bob, Reach::read, "im/v1/u/eve@mqtt.corp.example/in/msg", Verdict::denied},
      {bob, Reach::read, "im/v1/gw/status", Verdict::granted},
      {bob, Reach::write, "im/v1/gw/status", Verdict::denied},
      {bob, Reach::read, "$SYS/broker/uptime", Verdict::denied},
      {bob, Reach::subscribe, "im/v1/u/bob@mqtt.corp.example/in/#", Verdict::granted},
      {bob, Reach::subscribe, "im/v1/u/bob@mqtt.corp.example/in/+/x", Verdict::granted},
      {bob, Reach::subscribe, "#", Verdict::denied},
      {bob, Reach::subscribe, "im/v1/u/+/in/#", Verdict::denied},
      {bob, Reach::subscribe, "im/v1/u/bob@mqtt.corp.example/#", Verdict::denied},
      {bob, Reach::subscribe, "im/v1/u/bob@mqtt.corp.example/inside", Verdict::denied},
      {bob, Reach::subscribe, "$share/g/im/v1/u/bob@mqtt.corp.example/in/#", Verdict::denied},
      {"ferry", Reach::write, "im/v1/u/bob@mqtt.corp.example/in/msg", Verdict::granted},
      {"ferry", Reach::subscribe, "im/v1/u/+/out/#", Verdict::granted},
      {"ferry", Reach::write, "elsewhere", Verdict::deferred},
      {"carol", Reach::read, "staff/carol/chat/in/x", Verdict::granted},
      {"carol", Reach::write, "staff/carol/chat/in/x", Verdict::denied},
      {bob, Reach::read, "staff/carol/chat/in/x", Verdict::denied},
      {"technical", Reach::read, "factory/line1", Verdict::deferred},
      {"", Reach::read, "im/v1/gw/status", Verdict::deferred},
      {"+", Reach::read, "im/v1/u/bob@mqtt.corp.example/in/msg", Verdict::deferred},
      {"bob@mqtt.corp.example/in", Reach::write, "im/v1/u/bob@mqtt.corp.example/in/out/x", Verdict::deferred},
  };
  for (const auto& row : rows)
    EXPECT_EQ(gate.may(row.login, row.reach, row.topic), row.verdict) << row.login << ' ' << row.topic;
}

// Mosquitto 2.0's reading of an ACL file, as far as the generated one goes: topics of a user's section, and patterns.
bool file_grants(const std::string& acl, const std::string& login, bool write, const std::string& topic) {
  std::string section;
  bool granted = false;
  std::istringstream lines(acl);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("user ")) section = line.substr(5);
    const bool pattern = line.starts_with("pattern ");
    if (!pattern && !(line.starts_with("topic ") && section == login)) continue;
    const std::string rest = line.substr(line.find(' ') + 1), access = rest.substr(0, rest.find(' '));
    std::string filter = rest.substr(access.size() + 1);
    if (const std::size_t at = filter.find("%u"); pattern && at != std::string::npos) filter.replace(at, 2, login);
    if (access != "readwrite" && access != (write ? "write" : "read")) continue;
    granted = granted || topic_matches(filter, topic);
  }
  return granted;
}

TEST(Gate, DecidesAsTheAclFileDoes) {
  Options options;
  options.broker.username = "ferry";
  std::vector<Row> rows;
  for (const char* line : {"user *@mqtt.corp.example {root}/u/{uid}", "user carol@other.example staff/carol/chat",
                           "user *@short.example people/{localpart}", "feed alarm@mqtt.corp.example factory/+/alarm",
                           "feed lamp@mqtt.corp.example factory/lamp write=corp.example"})
    rows.push_back(*parse_row(line));
  MappingTable table("im/v1", "ferry");
  ASSERT_TRUE(table.set_rows(rows).empty());
  const AccessRules rules = access_rules(table, options);
  const std::string acl = mosquitto_acl(rules);
  Place place;
  place.rules() = rules;
  const std::vector<std::string> logins{bob, eve, "carol@other.example", "short", "ferry", "technical", "bob"};
  place.write({{bob, "x"}, {eve, "x"}, {"carol@other.example", "x"}, {"short", "x"}});
  Gate& gate = place.gate();
  std::vector<std::string> bases{"im/v1", "factory", "$SYS", "im/v1/u", "im/v2/u/x", "staff/carol/chat", "people"};
  for (const std::string& login : logins) bases.push_back("im/v1/u/" + login), bases.push_back("people/" + login);
  std::size_t pairs = 0, granted = 0;
  for (const std::string& base : bases)
    for (const char* rest : {"", "/in", "/out", "/in/msg", "/out/msg", "/in/contact/a@b/presence", "/gw/status", "/inx",
                             "/line1/alarm", "/lamp", "/broker/uptime", "/x/in/y"})
      for (const std::string& login : logins)
        for (const bool write : {false, true}) {
          const bool by_file = file_grants(acl, login, write, base + rest);
          const Verdict verdict = gate.may(login, write ? Reach::write : Reach::read, base + rest);
          EXPECT_EQ(verdict == Verdict::granted, by_file) << login << (write ? " writes " : " reads ") << base << rest;
          ++pairs;
          granted += by_file ? 1 : 0;
        }
  EXPECT_GT(pairs, 3000U);
  EXPECT_GT(granted, 200U);
}

// ---- the file

TEST(AuthFile, FindsEverybodyAndNobodyElse) {
  Place place;
  AuthFileText text(place.rules(), place.vault());
  for (int i = 0; i < 3000; ++i) text.add_ask("user" + std::to_string(i), "user" + std::to_string(i) + "@d");
  text.add_ask("tab\there", "x@d");
  EXPECT_EQ(text.left_out(), 1U);
  put_file(place.file("auth"), text.text(), 0640);
  const auto file = AuthFile::open(place.file("auth"));
  ASSERT_TRUE(file) << file.error();
  EXPECT_EQ(file->people(), 3001U) << "carol's row, too";
  for (int i = 0; i < 3000; ++i) {
    const auto person = file->find("user" + std::to_string(i));
    ASSERT_TRUE(person) << i;
    EXPECT_EQ(person->jid, "user" + std::to_string(i) + "@d");
    EXPECT_TRUE(person->ask);
    EXPECT_FALSE(file->find("user" + std::to_string(i) + "x"));
  }
  EXPECT_EQ(file->find("carol")->base, "staff/carol/chat");
  for (const char* nobody : {"", "a", "zzz", "user", "end 3001", "people", "user1\t"})
    EXPECT_FALSE(file->find(nobody)) << nobody;
}

TEST(AuthFile, KeepsOfAnotherWhatItWasAskedFor) {
  Place place;
  const auto before = AuthFile::open(place.file("auth"));
  ASSERT_TRUE(before) << before.error();
  const std::set<ScramHash> both = {ScramHash::sha1, ScramHash::sha256};
  const Vault other = *Vault::parse(Vault::new_key_file().view(), "other");
  AuthFileText text(place.rules(), other);
  EXPECT_EQ(text.keep(bob, bob, {ScramHash::sha256}, *before), false) << "of another vault";
  EXPECT_EQ(text.keep(eve, bob, both, *before), std::nullopt) << "somebody else's line";
  EXPECT_EQ(text.keep("nobody", "nobody", both, *before), std::nullopt);
  EXPECT_EQ(text.keep("carol", "carol", both, *before), std::nullopt) << "a row without keys";
  EXPECT_EQ(text.people(), 1U);
  EXPECT_EQ(AuthFileText(place.rules(), place.vault()).keep(bob, bob, both, *before), true);
  put_file(place.file("new"), text.text(), 0640);
  const auto after = AuthFile::open(place.file("new"));
  ASSERT_TRUE(after) << after.error();
  ASSERT_EQ(after->find(bob)->sealed.size(), 1U);
  EXPECT_EQ(after->find(bob)->sealed[0].second, before->find(bob)->sealed[1].second);
  EXPECT_EQ(after->fake_iterations(), before->fake_iterations());
  EXPECT_FALSE(after->find(eve));
  EXPECT_EQ(after->key_ids(), std::set<std::string>{place.vault().newest_id()});
}

TEST(AuthFile, RefusesWhatIsDamaged) {
  Place place;
  const auto refused = [&](std::string_view text, const char* why, mode_t mode = 0640) {
    put_file(place.file("auth"), text, mode);
    const auto file = AuthFile::open(place.file("auth"));
    ASSERT_FALSE(file) << text;
    EXPECT_NE(file.error().find(why), std::string::npos) << file.error();
  };
  refused("", "cut off");
  refused("ferry-auth 2\nstatus x\npeople 0\nend 0\n", "version");
  refused("ferry-auth 1\nstatus x\npeople 0\n", "cut off");
  refused("ferry-auth 1\nstatus x\npeople 1\nend 0\n", "cut off");
  refused("ferry-auth 1\nwhat x\npeople 0\nend 0\n", "line 2");
  refused("ferry-auth 1\nfake 0 4096\npeople 0\nend 0\n", "line 2");
  refused("ferry-auth 1\nfake 24 99999999\npeople 0\nend 0\n", "line 2");
  refused("ferry-auth 1\npeople 0\nend 0\n", "chmod", 0666);
  put_file(place.file("auth"), "ferry-auth 1\npeople 2\nnonsense\nb\tb\nend 2\n", 0640);
  const auto file = AuthFile::open(place.file("auth"));
  ASSERT_TRUE(file);
  EXPECT_FALSE(file->find("a"));
  EXPECT_FALSE(file->find("b")) << "lines of another form are nobody's";
}

}  // namespace auth_file_test
}  // namespace ferry
