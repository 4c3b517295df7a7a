// Where options come from and what can be wrong with them.
#include "config/options.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "config/keys.h"
#include "config/mapping.h"

namespace ferry {
namespace options_test {

const std::string good_file =
    "route = user *@mqtt.corp.example {root}/u/{uid}\n"
    "[component]\n"
    "host = 127.0.0.1\n"
    "domain = mqtt.corp.example\n"
    "secret-file = /s\n"
    "[broker]\n"
    "host = localhost\n"
    "username = ferry\n"
    "password-file = /p\n";

std::string listed(const Problems& problems) {
  std::string out;
  for (const Problem& p : problems) out += format_problem(p) + "\n";
  return out;
}

Options read(const std::string& text, Problems& problems) { return load_text(text, "ferry.conf", problems); }

TEST(Options, AGoodFile) {
  Problems problems;
  const Options o = read(good_file, problems);
  EXPECT_EQ(listed(problems), "");
  EXPECT_EQ(o.component.host, "127.0.0.1");
  EXPECT_EQ(o.component.port, 5347);
  EXPECT_EQ(o.component.domain, "mqtt.corp.example");
  EXPECT_EQ(o.component.server, "corp.example");
  EXPECT_EQ(o.component.secret_file, "/s");
  EXPECT_EQ(o.broker.root, "im/v1");
  EXPECT_EQ(o.broker.protocol, 5);
  EXPECT_EQ(o.control.socket, "/var/lib/ferry/ferry.db.sock");
  EXPECT_EQ(o.limits.message_ttl, 604800u);
  ASSERT_EQ(o.routes.size(), 1u);
  EXPECT_EQ(o.routes[0].line, 1);
  EXPECT_EQ(route_rows(o).at(0).line, 1);
}

TEST(Options, FiveMistakesAreFiveProblems) {
  Problems problems;
  read(
      "route = user *@mqtt.corp.example {root}/u/{user}\n"  // 1
      "[component]\n"
      "domain = mqtt.corp.example   # a comment\n"
      "port = many\n"       // 4
      "hots = 127.0.0.1\n"  // 5
      "[brokr]\n"           // 6
      "host = localhost\n"
      "[broker]\n"
      "host\n"  // 9
      "host = localhost\r\n"
      "username = ferry\n"
      "password-file = /p\n",
      problems);
  ASSERT_EQ(problems.size(), 5u) << listed(problems);
  EXPECT_EQ(problems[0].where, "ferry.conf:1");
  EXPECT_EQ(problems[1].where, "ferry.conf:4");
  EXPECT_EQ(problems[2].where, "ferry.conf:5");
  EXPECT_NE(problems[2].text.find("did you mean host"), std::string::npos);
  EXPECT_EQ(problems[3].where, "ferry.conf:6");
  EXPECT_NE(problems[3].text.find("did you mean [broker]"), std::string::npos);
  EXPECT_EQ(problems[4].where, "ferry.conf:9");
}

struct Mistake {
  const char* name;
  const char* text;  // after the good file
  const char* where;
  const char* says;
};

const Mistake mistakes[] = {
    {"route after a section", "route = user a@d.example x", "ferry.conf:10", "before the first section"},
    {"duplicate", "port = 1\nport = 2", "ferry.conf:11", "already in line 10"},
    {"duplicate in a repeated section", "[component]\nhost = x", "ferry.conf:11", "already in line 3"},
    {"out of range", "port = 65536", "ferry.conf:10", "out of range"},
    {"zero", "port = 0", "ferry.conf:10", "out of range"},
    {"negative", "port = -1", "ferry.conf:10", "not a whole number"},
    {"beyond 64 bits", "port = 99999999999999999999999", "ferry.conf:10", "out of range"},
    {"trailing text", "port = 1883x", "ferry.conf:10", "not a whole number"},
    {"no value", "port =", "ferry.conf:10", "no value"},
    {"no value but a comment", "port = # 1883", "ferry.conf:10", "no value"},
    {"not a boolean", "allow-anonymous = yes", "ferry.conf:10", "true or false"},
    {"key of another section", "durability = full", "ferry.conf:10", "belongs to [store]"},
    {"root with a wildcard", "root = im/+", "ferry.conf:10", "wildcard"},
    {"root with $", "root = $SYS", "ferry.conf:10", "begins with $"},
    {"root with an empty level", "root = im/", "ferry.conf:10", "empty level"},
    {"root with %u", "root = im/%u", "ferry.conf:10", "holds one of"},
    {"protocol", "protocol = 3", "ferry.conf:10", "3.1.1"},
    {"durability", "[store]\ndurability = maybe", "ferry.conf:11", "full or normal"},
    {"level", "[log]\nlevel = loud", "ferry.conf:11", "debug"},
    {"listen", "[http]\nlisten = 8780", "ferry.conf:11", "HOST:PORT"},
    {"listen port", "[http]\nlisten = 127.0.0.1:x", "ferry.conf:11", "HOST:PORT"},
    {"burst below rate", "[limits]\nuser-burst = 2", "ferry.conf:11", "less than user-rate"},
    {"peer burst below rate", "[limits]\npeer-burst = 2", "ferry.conf:11", "less than peer-rate"},
    {"unclosed section", "[store", "ferry.conf:10", "closing ]"},
    {"no key", "= 5", "ferry.conf:10", "no key"},
    {"not UTF-8", "username = \xff", "ferry.conf:10", "UTF-8"},
};

TEST(Options, Mistakes) {
  for (const Mistake& m : mistakes) {
    Problems problems;
    read(good_file + m.text + "\n", problems);
    ASSERT_EQ(problems.size(), 1u) << m.name << "\n" << listed(problems);
    EXPECT_EQ(problems[0].where, m.where) << m.name;
    EXPECT_NE(problems[0].text.find(m.says), std::string::npos) << m.name << ": " << problems[0].text;
  }
}

TEST(Options, ACommentWouldCutAFilter) {
  Problems problems;
  read("route = feed a@d.example factory/#\n" + good_file, problems);
  ASSERT_EQ(problems.size(), 1u) << listed(problems);
  EXPECT_NE(problems[0].text.find("begins a comment"), std::string::npos);
}

TEST(Options, KeysBeforeTheFirstSection) {
  Problems problems;
  read("durability = full\nroutes = user a@d.example x\n" + good_file, problems);
  ASSERT_EQ(problems.size(), 2u) << listed(problems);
  EXPECT_NE(problems[0].text.find("[store]"), std::string::npos);
  EXPECT_NE(problems[1].text.find("did you mean route"), std::string::npos);
}

TEST(Options, RequiredKeys) {
  Problems problems;
  read("[component]\nhost = x\n", problems);
  const std::string all = listed(problems);
  EXPECT_EQ(problems.size(), 5u) << all;
  for (const char* key : {"[component] domain", "[component] secret-file", "[broker] host", "[broker] username",
                          "[broker] password-file"})
    EXPECT_NE(all.find(std::string(key) + " is required"), std::string::npos) << key << "\n" << all;
  problems.clear();
  read("[component]\ndomain = mqtt.corp.example\n[broker]\nhost = x\nallow-anonymous = true\n", problems);
  EXPECT_EQ(listed(problems), "");
}

// The administrator has named the wrong file: it may be one of the secrets.
TEST(Options, WhatMayBeASecretIsNotSaid) {
  for (const char* text : {"hunter2", "hunter2=", "hunter2 = hunter2", "[hunter2"}) {
    Problems problems;
    read(std::string(text) + "\n", problems);
    EXPECT_TRUE(any_error(problems));
    EXPECT_EQ(listed(problems).find("hunter2"), std::string::npos) << listed(problems);
  }
}

// Where not all could be read, what is not there may well be in the rest.
TEST(Options, NothingIsMissingInWhatCouldNotBeRead) {
  const auto given = [](std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "ferryd");
    Problems problems;
    load(static_cast<int>(arguments.size()), arguments.data(), {}, problems);
    return listed(problems);
  };
  for (const auto& arguments :
       {std::vector<const char*>{"--config=/nowhere/at/all"}, {"--session.cafile="}, {"status"}}) {
    const std::string all = given(arguments);
    EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 1) << all;
    EXPECT_EQ(all.find("is required"), std::string::npos) << all;
  }
  EXPECT_EQ(given({}), "--config: there is no configuration; name its file: --config FILE\n");
}

TEST(Options, ANameOfTheEnvironmentThatIsNearlyAKeys) {
  const Problems problems = strange_environment({"FERRY_COMPONENT_PRT", "FERRY_COMPONENT_PORT", "FERRY_ROUTE", "HOME",
                                                 "FERRY_BIN", "FERRY_TEST_SEED", "FERRY_KEEP_LOGS", "FERRY_CONFIG",
                                                 "FERRY_TEST_PATIENCE", "FERRY_QUITE_ANOTHER_THING"});
  EXPECT_EQ(listed(problems),
            "note: FERRY_COMPONENT_PRT: no key has this name, it is not read; did you mean FERRY_COMPONENT_PORT?\n");
}

TEST(Options, TheServersDomain) {
  struct {
    const char *domain, *server;
  } const cases[] = {
      {"mqtt.corp.example", "corp.example"}, {"mqtt.localhost", "localhost"}, {"MQTT.Corp.Example", "corp.example"}};
  for (const auto& c : cases) {
    Problems problems;
    const std::string text = std::string("[component]\nhost = x\nsecret-file = /s\ndomain = ") + c.domain +
                             "\n[broker]\nhost = x\nallow-anonymous = true\n";
    const Options o = read(text, problems);
    EXPECT_EQ(o.component.server, c.server) << listed(problems);
    ASSERT_EQ(o.routes.size(), 1u);
    EXPECT_EQ(o.routes[0].text, "user *@" + o.component.domain + " {root}/u/{uid}");
  }
  Problems problems;
  read("[component]\nhost = x\nsecret-file = /s\ndomain = mqtt\n[broker]\nhost = x\nallow-anonymous = true\n",
       problems);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_NE(problems[0].text.find("only one label"), std::string::npos);
}

// Flags, environment and file together, with real files.
class OptionsLoad : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "ferry-options-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
    write("secret", "s3cret\n", 0600);
    write("password", "pass\n", 0600);
    write("ferry.conf",
          "[component]\nhost = file.example\ndomain = mqtt.corp.example\nsecret-file = " + path("secret") +
              "\n[broker]\nhost = file.example\nport = 1000\nmax-in-flight = 10\nusername = ferry\npassword-file = " +
              path("password") + "\n",
          0644);
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  std::string path(const std::string& name) const { return dir_ + "/" + name; }
  void write(const std::string& name, const std::string& text, mode_t mode) {
    std::ofstream(path(name), std::ios::binary) << text;
    ASSERT_EQ(::chmod(path(name).c_str(), mode), 0);
  }
  Options load_with(std::vector<std::string> flags) {
    std::vector<const char*> argv = {"ferryd"};
    for (const std::string& flag : flags) argv.push_back(flag.c_str());
    const Environment env = [this](std::string_view name) -> std::optional<std::string> {
      const auto at = env_.find(std::string(name));
      return at == env_.end() ? std::nullopt : std::optional(at->second);
    };
    problems_.clear();
    return load(static_cast<int>(argv.size()), argv.data(), env, problems_);
  }
  std::string all() const { return listed(problems_); }

  std::string dir_;
  std::map<std::string, std::string> env_;
  Problems problems_;
};

TEST_F(OptionsLoad, Precedence) {
  env_["FERRY_BROKER_PORT"] = "2000";
  env_["FERRY_BROKER_HOST"] = "env.example";
  const Options o = load_with({"--config", path("ferry.conf"), "--broker.host=flag.example"});
  EXPECT_EQ(all(), "");
  EXPECT_EQ(o.broker.host, "flag.example");  // flag
  EXPECT_EQ(o.broker.port, 2000);            // environment
  EXPECT_EQ(o.broker.max_in_flight, 10u);    // file
  EXPECT_EQ(o.broker.root, "im/v1");         // default
  EXPECT_EQ(o.action, Action::run);
}

TEST_F(OptionsLoad, RoutesOfFlagsReplaceOthers) {
  env_["FERRY_ROUTE"] = "user a@d.example x\n\nfeed b@d.example f/#\n";
  Options o = load_with({"--config", path("ferry.conf")});
  EXPECT_EQ(all(), "");
  EXPECT_EQ(o.routes.size(), 2u);
  o = load_with({"--config", path("ferry.conf"), "--route", "user c@d.example y", "--route=user d@d.example z"});
  ASSERT_EQ(o.routes.size(), 2u);
  EXPECT_EQ(o.routes[0].text, "user c@d.example y");
  EXPECT_EQ(o.routes[0].where, "--route");
}

TEST_F(OptionsLoad, EveryMistakeHasItsPlace) {
  env_["FERRY_BROKER_PORT"] = "x";
  load_with({"--config", path("ferry.conf"), "--broker.root=a/#", "--brokr.host=x", "--log.level", "info",
             "--log.level", "debug", "stray", "--route", "user x"});
  const std::string text = all();
  EXPECT_EQ(problems_.size(), 6u) << text;
  for (const char* line :
       {"FERRY_BROKER_PORT: [broker] port", "--broker.root: [broker] root",
        "--brokr.host: there is no such flag; did you mean --broker.host?", "--log.level: it is given twice",
        "command line: unexpected argument \"stray\"", "--route: route: a row is"})
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text;
}

TEST_F(OptionsLoad, SecretFiles) {
  write("open", "x", 0640);
  write("empty", "", 0600);
  struct {
    std::string file;
    const char* says;
  } const cases[] = {{path("none"), "cannot be read"},
                     {path("open"), "chmod 600"},
                     {path("empty"), "is empty"},
                     {dir_, "is not a file"}};
  for (const auto& c : cases) {
    load_with({"--config", path("ferry.conf"), "--component.secret-file", c.file});
    ASSERT_EQ(problems_.size(), 1u) << c.file << all();
    EXPECT_EQ(problems_[0].where, "--component.secret-file");
    EXPECT_NE(problems_[0].text.find(c.says), std::string::npos) << problems_[0].text;
    const auto secret = read_secret(c.file);
    ASSERT_FALSE(secret) << c.file;
    EXPECT_EQ(secret.error().where, c.file);
  }
}

TEST_F(OptionsLoad, ReadSecretStripsOneNewline) {
  struct {
    const char *text, *secret;
  } const cases[] = {{"a", "a"}, {"a\n", "a"}, {"a\r\n", "a"}, {"a\n\n", "a\n"}, {" a \n", " a "}};
  for (const auto& c : cases) {
    write("x", c.text, 0600);
    const auto secret = read_secret(path("x"));
    ASSERT_TRUE(secret);
    EXPECT_EQ(*secret, c.secret);
  }
  write("x", "\n", 0600);
  EXPECT_FALSE(read_secret(path("x")));
}

TEST_F(OptionsLoad, ConfigFileThatCannotBeRead) {
  for (const std::string& file : {path("none"), dir_}) {
    load_with({"--config", file});
    ASSERT_FALSE(problems_.empty());
    EXPECT_EQ(problems_[0].where, "--config") << file;
  }
}

TEST_F(OptionsLoad, Actions) {
  EXPECT_EQ(load_with({"--version"}).action, Action::version);
  EXPECT_EQ(all(), "");
  EXPECT_EQ(load_with({"-h"}).action, Action::help);
  EXPECT_EQ(all(), "");
  EXPECT_EQ(load_with({"--check-config", "--config", path("ferry.conf")}).action, Action::check_config);
  EXPECT_EQ(all(), "");
  load_with({"--config"});
  EXPECT_FALSE(problems_.empty());
}

std::string content(const std::string& name) {
  const auto file = std::filesystem::path(__FILE__).parent_path() / "../../config" / name;
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(Example, IsWhatTheTableOfKeysSays) {
  EXPECT_EQ(content("ferry.conf.example"), example_file());
  Problems problems;
  const Options o = read(example_file(), problems);
  EXPECT_EQ(listed(problems), "");
  EXPECT_EQ(o.component.domain, "mqtt.corp.example");
}

// Each commented default can be uncommented, and is the default.
TEST(Example, DefaultsAreDefaults) {
  std::string text;
  std::istringstream in(example_file());
  for (std::string line; std::getline(in, line);) {
    const bool setting =
        line.size() > 2 && line[0] == '#' && line[1] != ' ' && line[1] != 'r' && line.find(" = ") != std::string::npos;
    text +=
        (setting || line.rfind("#root = ", 0) == 0 || line.rfind("#roster-items = ", 0) == 0 ? line.substr(1) : line) +
        "\n";
  }
  Problems problems;
  const Options all = read(text, problems);
  EXPECT_EQ(listed(problems), "");
  Problems none;
  const Options plain = read(example_file(), none);
  for (const Key& key : keys()) EXPECT_EQ(value_text(key, all), value_text(key, plain)) << flag_name(key);
}

TEST(Help, NamesEveryKeyAndFits) {
  const std::string help = help_text("ferryd");
  for (const Key& key : keys()) EXPECT_NE(help.find("--" + flag_name(key) + "="), std::string::npos) << flag_name(key);
  std::istringstream in(help);
  for (std::string line; std::getline(in, line);) EXPECT_LE(line.size(), 100u) << line;
}

TEST(Keys, AreWellFormed) {
  for (const Key& key : keys()) {
    EXPECT_EQ(find_key(key.section, key.name), &key) << flag_name(key) << " stands twice";
    EXPECT_FALSE(key.help.empty()) << flag_name(key);
    Options o;
    for (const std::string& value : {value_text(key, o), std::string(key.example)}) {
      if (value.empty()) continue;
      EXPECT_EQ(assign(key, value, o), "") << flag_name(key);
    }
  }
  EXPECT_EQ(environment_name(*find_key("component", "secret-file")), "FERRY_COMPONENT_SECRET_FILE");
}

}  // namespace options_test
}  // namespace ferry
