// JID to topic and back.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/config/tables.h"
#include "translators/values/topic.h"
#include "translators/values/uid.h"

namespace ferry {
namespace mapping_test {

const std::vector<std::string> design_rows = {
    "user   *@mqtt.corp.example               {root}/u/{uid}",
    "room   ops@rooms.mqtt.corp.example   {root}/r/{room}",
    "feed   alarm@mqtt.corp.example           factory/line1/alarm",
};

struct ByJid {
  const char* name;
  std::vector<std::string> rows;
  const char* jid;
  const char* topic;
};

TEST(Mapping, ByJid) {
  const ByJid cases[] = {
      {"user", design_rows, "bob@mqtt.corp.example", "im/v1/u/bob@mqtt.corp.example"},
      {"resource is ignored", design_rows, "bob@mqtt.corp.example/phone", "im/v1/u/bob@mqtt.corp.example"},
      {"escape", design_rows, "anna+news@mqtt.corp.example", "im/v1/u/anna=2Bnews@mqtt.corp.example"},
      {"room", design_rows, "ops@rooms.mqtt.corp.example", "im/v1/r/ops"},
      {"feed", design_rows, "alarm@mqtt.corp.example", "factory/line1/alarm"},
      {"other domain", design_rows, "bob@corp.example", "-"},
      {"domain JID", design_rows, "mqtt.corp.example", "-"},
      {"subdomain", design_rows, "bob@x.mqtt.corp.example", "-"},
      {"localpart", {"user *@d.example {root}/u/{localpart}"}, "a+b@d.example", "im/v1/u/a=2Bb"},
      {"domain variable", {"user *@d.example {root}/{domain}/{localpart}"}, "bob@d.example", "im/v1/d.example/bob"},
      {"feed name is unescaped", {"feed *@d.example plant/{localpart}/x"}, "line\\201@d.example", "plant/line 1/x"},
      {"feed name with a slash", {"feed *@d.example plant/{localpart}"}, "a\\2fb@d.example", "-"},
      {"feed name with a plus", {"feed *@d.example plant/{localpart}"}, "a+b@d.example", "-"},
      {"exact beats pattern",
       {"user *@d.example {root}/u/{uid}", "user bob@d.example staff/bob"},
       "bob@d.example",
       "staff/bob"},
      {"longer beats shorter",
       {"user *@d.example a/{uid}", "user x*@d.example b/{uid}", "user x*z@d.example c/{uid}"},
       "xyz@d.example",
       "c/xyz@d.example"},
      {"order does not matter",
       {"user x*z@d.example c/{uid}", "user x*@d.example b/{uid}", "user *@d.example a/{uid}"},
       "xyz@d.example",
       "c/xyz@d.example"},
      {"prefix", {"user *@d.example a/{uid}", "user x*@d.example b/{uid}"}, "x@d.example", "b/x@d.example"},
      {"not the prefix", {"user *@d.example a/{uid}", "user x*@d.example b/{uid}"}, "yx@d.example", "a/yx@d.example"},
      {"halves do not overlap", {"user aba*aba@d.example b/{uid}"}, "aba@d.example", "-"},
      {"a star in a name is a name", {"user *@d.example {root}/u/{uid}"}, "*@d.example", "im/v1/u/*@d.example"},
      {"the gateway's name as localpart", {"user *@d.example {root}/u/{localpart}"}, "ferry@d.example", "-"},
      {"which is no uid", {"user *@d.example {root}/u/{uid}"}, "ferry@d.example", "im/v1/u/ferry@d.example"},
  };
  for (const ByJid& c : cases) EXPECT_EQ(topic_of(table(c.rows), c.jid), c.topic) << c.name;
}

TEST(Mapping, TheGatewaysUidIsRefused) {
  const MappingTable t = table({"user *@d.example {root}/u/{uid}"}, "gw@d.example");
  EXPECT_EQ(topic_of(t, "gw@d.example"), "-");
  EXPECT_EQ(owner_of(t, "im/v1/u/gw@d.example/out/msg"), "!forbidden");
  EXPECT_EQ(owner_of(t, "im/v1/u/gwx@d.example/out/msg"), "gwx@d.example out/msg");
}

struct ByTopic {
  const char* name;
  std::vector<std::string> rows;
  const char* topic;
  const char* owner;
};

TEST(Mapping, ByTopic) {
  const std::vector<std::string> claimed = {"user *@d.example {root}/u/{uid}", "user bob@d.example staff/bob"};
  const ByTopic cases[] = {
      {"message", design_rows, "im/v1/u/bob@mqtt.corp.example/out/msg", "bob@mqtt.corp.example out/msg"},
      {"presence", design_rows, "im/v1/u/bob@mqtt.corp.example/out/dev/phone/presence",
       "bob@mqtt.corp.example out/dev/phone/presence"},
      {"escaped", design_rows, "im/v1/u/anna=2Bnews@mqtt.corp.example/out/msg", "anna+news@mqtt.corp.example out/msg"},
      {"what clients read is nobody's publish", design_rows, "im/v1/u/bob@mqtt.corp.example/in/msg", "-"},
      {"out alone", design_rows, "im/v1/u/bob@mqtt.corp.example/out", "bob@mqtt.corp.example out"},
      {"out and nothing", design_rows, "im/v1/u/bob@mqtt.corp.example/out/", "bob@mqtt.corp.example out/"},
      {"outside", design_rows, "other/u/bob@mqtt.corp.example/out/msg", "-"},
      {"not hosted", design_rows, "im/v1/u/bob@corp.example/out/msg", "-"},
      {"no uid", design_rows, "im/v1/u/bob/out/msg", "!jid-malformed"},
      {"upper case", design_rows, "im/v1/u/BOB@mqtt.corp.example/out/msg", "!jid-malformed"},
      {"a user called out",
       {"user *@d.example {root}/u/{localpart}"},
       "im/v1/u/out/out/out/msg",
       "out@d.example out/out/msg"},
      {"another kind of escape", design_rows, "im/v1/u/anna=2bnews@mqtt.corp.example/out/msg", "!jid-malformed"},
      {"feed", design_rows, "factory/line1/alarm", "alarm@mqtt.corp.example factory/line1/alarm"},
      {"beside the feed", design_rows, "factory/line1/alarm/x", "-"},
      {"room is not carried", design_rows, "im/v1/r/ops", "-"},
      {"claimed by an exact row", claimed, "im/v1/u/bob@d.example/out/msg", "!forbidden"},
      {"its own topic", claimed, "staff/bob/out/msg", "bob@d.example out/msg"},
      {"its neighbours", claimed, "im/v1/u/rob@d.example/out/msg", "rob@d.example out/msg"},
      {"claimed by a feed",
       {"user *@d.example {root}/u/{uid}", "feed a@d.example x"},
       "im/v1/u/a@d.example/out/msg",
       "!forbidden"},
      {"claimed by a longer pattern",
       {"user *@d.example a/{uid}", "user x*@d.example b/{uid}"},
       "a/xy@d.example/out/msg",
       "!forbidden"},
      {"the gateway", {"user *@d.example {root}/u/{localpart}"}, "im/v1/u/ferry/out/msg", "!forbidden"},
      {"feed pattern",
       {"feed *@d.example plant/{localpart}/x"},
       "plant/line 1/x",
       "line\\201@d.example plant/line 1/x"},
      {"feed name that nodeprep changes", {"feed *@d.example plant/{localpart}"}, "plant/Line", "!not-acceptable"},
      {"feed name empty", {"feed *@d.example plant/{localpart}"}, "plant/", "!not-acceptable"},
      {"filter", {"feed a@d.example factory/+/alarm"}, "factory/3/alarm", "a@d.example factory/3/alarm"},
      {"topic before filter", {"feed a@d.example f/#", "feed b@d.example f/1"}, "f/1", "b@d.example f/1"},
      {"filter takes the rest", {"feed a@d.example f/#", "feed b@d.example f/1"}, "f/2", "a@d.example f/2"},
      {"two domains",
       {"user *@a.example {root}/u/{uid}", "user *@b.example {root}/u/{uid}"},
       "im/v1/u/x@b.example/out/msg",
       "x@b.example out/msg"},
      {"domain variable",
       {"user *@a.example {root}/{domain}/{localpart}", "user *@b.example {root}/{domain}/{localpart}"},
       "im/v1/b.example/x/out/msg",
       "x@b.example out/msg"},
  };
  for (const ByTopic& c : cases) EXPECT_EQ(owner_of(table(c.rows), c.topic), c.owner) << c.name;
}

TEST(Mapping, LongTopicsCostLittle) {
  const MappingTable t = table(design_rows);
  std::string topic = "im/v1";
  while (topic.size() < 65000) topic += "/out";
  EXPECT_EQ(owner_of(t, topic), "-");
}

std::string random_localpart(std::mt19937& random) {
  static const std::vector<std::string> pieces = {"a",    "b",    "z",  "0", "9", ".",  "-", "_",    "+",
                                                  "#",    "$",    "%",  "=", "*", "!",  "~", "\\20", "\\2f",
                                                  "\\40", "\\5c", "\\", "ä", "ß", "日", "😀", "out",  "in"};
  std::string out;
  const std::size_t length = 1 + random() % 12;
  for (std::size_t i = 0; i < length; ++i) out += pieces[random() % pieces.size()];
  return out;
}

// The property that makes the table a bijection: what goes out comes back, and no two JIDs share a topic.
TEST(Mapping, RandomNamesComeBack) {
  const std::vector<std::string> all = {
      "user *@a.example {root}/u/{uid}",
      "user *@b.example {root}/u/{uid}",
      "user z*@b.example zed/{uid}",
      "user *@c.example {root}/c/{localpart}",
      "feed *@f.example plant/{localpart}/value",
      "user a@a.example staff/a",
      "feed b@a.example factory/alarm",
  };
  const MappingTable t = table(all);
  EXPECT_FALSE(any_error(t.check()));
  const std::vector<std::string> domains = {"a.example", "b.example", "c.example", "f.example"};
  std::mt19937 random(4711);
  std::map<std::string, std::string> owners;
  int mapped = 0;
  for (int i = 0; i < 20'000; ++i) {
    const auto address = Jid::make(random_localpart(random), domains[random() % domains.size()]);
    if (!address) continue;
    const auto match = t.by_jid(*address);
    if (!match) {
      EXPECT_EQ(address->domainpart(), "f.example") << address->str();  // names that cannot be topic levels
      continue;
    }
    ++mapped;
    EXPECT_EQ(owners.emplace(match->topic, address->str()).first->second, address->str()) << match->topic;
    const bool user = match->row->kind == RowKind::user;
    const std::string topic = user ? match->topic + "/out/msg" : match->topic;
    ASSERT_TRUE(parse_topic_name(topic)) << topic;
    const auto back = t.by_topic(topic);
    ASSERT_TRUE(back && *back) << address->str() << " " << topic;
    EXPECT_EQ((*back)->jid, *address);
    EXPECT_EQ((*back)->row, match->row);
    EXPECT_EQ((*back)->rest, user ? "out/msg" : topic);
  }
  EXPECT_GT(mapped, 10'000);
}

// And the other way: a topic that has an owner is that owner's topic.
TEST(Mapping, RandomTopicsComeBack) {
  const MappingTable t = table({"user *@a.example {root}/u/{uid}", "user *@c.example {root}/c/{localpart}",
                                "feed *@f.example plant/{localpart}", "user a@a.example staff/a"});
  const std::vector<std::string> bases = {"im/v1/u/", "im/v1/c/", "plant/", "staff/"};
  const std::vector<std::string> ends = {"@a.example/out/msg", "/out/msg", "", "@a.example", "@c.example/out/x"};
  std::mt19937 random(11);
  int owned = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string topic = bases[random() % 4] + random_localpart(random) + ends[random() % 5];
    const auto match = t.by_topic(topic);
    if (!match || !*match) continue;
    ++owned;
    const auto back = t.by_jid((*match)->jid);
    ASSERT_TRUE(back) << topic;
    EXPECT_EQ(back->row->kind == RowKind::user ? back->topic + "/" + std::string((*match)->rest) : back->topic, topic);
  }
  EXPECT_GT(owned, 500);
}

TEST(Mapping, AddAndRemoveAtRunTime) {
  MappingTable t = table({"user *@d.example {root}/u/{uid}"});
  EXPECT_EQ(t.size(), 1u);
  Row bob = *parse_row("user bob@d.example staff/bob");
  bob.from_store = true;
  const auto kept = t.add(bob);
  ASSERT_TRUE(kept) << kept.error();
  EXPECT_TRUE((*kept)->from_store);
  EXPECT_EQ(topic_of(t, "bob@d.example"), "staff/bob");
  EXPECT_FALSE(t.add(bob)) << "the JID has a row";
  EXPECT_FALSE(t.add(*parse_row("user rob@d.example staff/bob"))) << "the topic has a row";
  EXPECT_FALSE(t.add(*parse_row("user rob@d.example {root}/u/ann@d.example"))) << "the topic is Ann's";
  EXPECT_FALSE(t.add(*parse_row("feed rob@d.example staff/bob/in/x"))) << "inside Bob's subtree";
  EXPECT_FALSE(t.add(*parse_row("feed all@d.example staff/#"))) << "reaches Bob's subtree";
  EXPECT_FALSE(t.add(*parse_row("feed *@d.example x/{localpart}"))) << "a tie";
  EXPECT_EQ(t.size(), 2u);
  EXPECT_TRUE(t.remove("bob@d.example"));
  EXPECT_FALSE(t.remove("bob@d.example"));
  EXPECT_EQ(topic_of(t, "bob@d.example"), "im/v1/u/bob@d.example");
  EXPECT_EQ(owner_of(t, "staff/bob/out/msg"), "-");
  EXPECT_TRUE(t.remove("*@d.example"));
  EXPECT_EQ(topic_of(t, "bob@d.example"), "-");
  EXPECT_EQ(owner_of(t, "im/v1/u/bob@d.example/out/msg"), "-");
  EXPECT_EQ(t.size(), 0u);
  ASSERT_TRUE(t.add(*parse_row("user *@d.example {root}/u/{uid}")));
  EXPECT_EQ(topic_of(t, "bob@d.example"), "im/v1/u/bob@d.example");
}

// Rows come and go in every order: the indexes must keep the rest findable.
TEST(Mapping, ManyRemovalsLoseNothing) {
  MappingTable t("im/v1", "ferry");
  std::mt19937 random(3);
  std::map<std::string, std::string> expected;  // JID -> topic
  for (int i = 0; i < 20'000; ++i) {
    const std::string n = std::to_string(random() % 3000);
    const std::string address = "u" + n + "@d.example";
    if (expected.count(address) > 0) {
      ASSERT_TRUE(t.remove(address));
      expected.erase(address);
    } else {
      ASSERT_TRUE(t.add(*parse_row("user " + address + " staff/" + n)));
      expected[address] = "staff/" + n;
    }
  }
  EXPECT_EQ(t.size(), expected.size());
  for (int i = 0; i < 3000; ++i) {
    const std::string address = "u" + std::to_string(i) + "@d.example";
    const auto at = expected.find(address);
    ASSERT_EQ(topic_of(t, address), at == expected.end() ? "-" : at->second);
    ASSERT_EQ(owner_of(t, "staff/" + std::to_string(i) + "/out/msg"),
              at == expected.end() ? "-" : address + " out/msg");
  }
}

TEST(Mapping, ManyExactRows) {
  constexpr int count = 100'000;
  std::vector<Row> many;
  many.reserve(count + 1);
  Row row = *parse_row("user a@corp.example {root}/u/{uid}");
  for (int i = 0; i < count; ++i) {
    row.jid = "user" + std::to_string(i) + "@corp.example";
    row.topic = i % 2 == 0 ? "{root}/u/{uid}" : "staff/" + std::to_string(i);
    many.push_back(row);
  }
  many.push_back(*parse_row("user *@mqtt.corp.example {root}/u/{uid}"));
  MappingTable t("im/v1", "ferry");
  EXPECT_TRUE(t.set_rows(std::move(many)).empty());
  EXPECT_EQ(t.size(), count + 1u);
  for (int i = 0; i < count; i += 97) {
    const std::string address = "user" + std::to_string(i) + "@corp.example";
    const std::string base = i % 2 == 0 ? "im/v1/u/" + address : "staff/" + std::to_string(i);
    ASSERT_EQ(topic_of(t, address), base);
    ASSERT_EQ(owner_of(t, base + "/out/msg"), address + " out/msg");
  }
  EXPECT_EQ(topic_of(t, "nobody@corp.example"), "-");
}

TEST(Mapping, Filters) {
  const MappingTable t =
      table({"user *@a.example {root}/u/{uid}", "user *@b.example {root}/u/{uid}", "user c@a.example {root}/u/{uid}",
             "user d@a.example staff/d", "user *@c.example {root}/{domain}/{localpart}",
             "feed *@f.example plant/{localpart}/x", "feed e@a.example factory/#", "feed g@a.example factory/1",
             "feed h@a.example plant/7/y"});
  EXPECT_EQ(t.user_filters(),
            (std::vector<std::string>{"im/v1/c.example/+/out/#", "im/v1/u/+/out/#", "staff/d/out/#"}));
  EXPECT_EQ(t.feed_filters(), (std::vector<std::string>{"factory/#", "plant/+/x", "plant/7/y"}));
}

TEST(Mapping, ExplainNamesTheRow) {
  const MappingTable t =
      table({"user *@d.example {root}/u/{uid}", "user x*@d.example b/{uid}", "user bob@d.example staff/bob"});
  const auto says = [&](std::string_view text, std::string_view what) {
    const std::string out = t.explain(text);
    EXPECT_NE(out.find(what), std::string::npos) << out;
  };
  says("bob@d.example", "\"user bob@d.example staff/bob\" (ferry.conf:3)");
  says("bob@d.example", "why    exact");
  says("bob@d.example", "base   staff/bob");
  says("bob@d.example", "lost   \"user *@d.example {root}/u/{uid}\" (ferry.conf:1): exact rows win");
  says("xy@d.example", "(ferry.conf:2)\nwhy    pattern");
  says("xy@d.example/phone", "(ferry.conf:1): less specific");
  says("nobody@e.example", "not mapped");
  says("im/v1/u/ann@d.example/out/msg", "JID    ann@d.example");
  says("im/v1/u/ann@d.example/in/msg", "the client reads it");
  says("im/v1/u/bob@d.example/out/msg", "forbidden");
  says("a/b", "not mapped");
  says("", "not a topic name");
}

}  // namespace mapping_test
}  // namespace ferry
