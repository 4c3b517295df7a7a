// One row of the mapping table as text.
#include <gtest/gtest.h>

#include "config/mapping.h"

namespace ferry {
namespace row_test {

struct Good {
  const char* name;
  const char* text;
  const char* canonical;
};

const Good good_rows[] = {
    {"user pattern", "user   *@mqtt.corp.example               {root}/u/{uid}",
     "user *@mqtt.corp.example {root}/u/{uid}"},
    {"room", "room   ops@rooms.mqtt.corp.example   {root}/r/{room}",
     "room ops@rooms.mqtt.corp.example {root}/r/{room}"},
    {"feed", "feed   alarm@mqtt.corp.example           factory/line1/alarm",
     "feed alarm@mqtt.corp.example factory/line1/alarm"},
    {"localpart", "user *@corp.example {root}/u/{localpart}", "user *@corp.example {root}/u/{localpart}"},
    {"JID is normalised", "user BOB@Corp.Example {root}/u/{uid}", "user bob@corp.example {root}/u/{uid}"},
    {"prefix is normalised", "user Test-*@Corp.Example {root}/u/{uid}", "user test-*@corp.example {root}/u/{uid}"},
    {"suffix", "user *.bot@d.example {root}/u/{uid}", "user *.bot@d.example {root}/u/{uid}"},
    {"both sides", "user a*z@d.example {root}/u/{uid}", "user a*z@d.example {root}/u/{uid}"},
    {"cbor", "user *@d.example {root}/u/{uid} format=cbor", "user *@d.example {root}/u/{uid} format=cbor"},
    {"json is the default", "user *@d.example {root}/u/{uid} format=json", "user *@d.example {root}/u/{uid}"},
    {"write and follow", "feed a@d.example t write=B@d.example,c.example follow=d.example",
     "feed a@d.example t write=b@d.example,c.example follow=d.example"},
    {"write none is the default", "feed a@d.example t write=none", "feed a@d.example t"},
    {"follow none is not", "feed a@d.example t follow=none", "feed a@d.example t follow=none"},
    {"twice the same", "feed a@d.example t write=b@d.example,B@d.example", "feed a@d.example t write=b@d.example"},
    {"filter", "feed a@d.example factory/+/alarm", "feed a@d.example factory/+/alarm"},
    {"subtree filter", "feed a@d.example factory/#", "feed a@d.example factory/#"},
    {"leading slash of a feed", "feed a@d.example /factory/x", "feed a@d.example /factory/x"},
    {"tabs", "user\t*@d.example\t{root}/u/{uid}\t", "user *@d.example {root}/u/{uid}"},
};

TEST(Row, GoodRowsRoundTrip) {
  for (const Good& row : good_rows) {
    const auto parsed = parse_row(row.text);
    ASSERT_TRUE(parsed) << row.name << ": " << parsed.error();
    EXPECT_EQ(format_row(*parsed), row.canonical) << row.name;
    const auto again = parse_row(format_row(*parsed));
    ASSERT_TRUE(again) << row.name << ": " << again.error();
    EXPECT_EQ(*again, *parsed) << row.name;
  }
}

struct Bad {
  const char* name;
  const char* text;
  const char* says;  // part of the error
};

const Bad bad_rows[] = {
    {"empty", "", "a row is"},
    {"two words", "user *@d.example", "a row is"},
    {"kind", "person *@d.example {root}/u/{uid}", "not a kind"},
    {"no localpart", "user d.example {root}/u/{uid}", "no localpart"},
    {"empty localpart", "user @d.example {root}/u/{uid}", "no localpart"},
    {"full JID", "user a@d.example/phone {root}/u/{uid}", "not a bare JID"},
    {"bad JID", "user a@@ {root}/u/{uid}", "not a JID"},
    {"a wide star beside it", "user *a\xEF\xBC\x8A@d.example {root}/u/{uid}", "stands for *"},
    {"a wide star alone", "user a\xEF\xBC\x8A@d.example {root}/u/{uid}", "stands for *"},
    {"two stars", "user *a*@d.example {root}/u/{uid}", "more than one *"},
    {"star in the domain", "user *@*.example {root}/u/{uid}", "in the domain"},
    {"unknown variable", "user *@d.example {root}/u/{user}", "not a variable"},
    {"variable inside a level", "user *@d.example {root}/u-{uid}", "whole topic level"},
    {"root inside", "user *@d.example x/{root}/{uid}", "only begin"},
    {"room variable", "user *@d.example {root}/{room}", "belongs to room"},
    {"no variable", "user *@d.example {root}/u/all", "share the topic"},
    {"only the domain", "feed *@d.example sensors/{domain}", "share the topic"},
    {"empty level", "user *@d.example {root}//{uid}", "empty level"},
    {"wildcard for a user", "user a@d.example {root}/+", "cannot hold + or #"},
    {"wildcard under a pattern", "feed *@d.example {localpart}/#", "exact JID"},
    {"wildcard beside a variable", "feed a@d.example {localpart}/#", "cannot hold a variable"},
    {"writable filter", "feed a@d.example x/# write=d.example", "nobody can write"},
    {"# inside", "feed a@d.example x/#/y", "not valid"},
    {"+ inside a level", "feed a@d.example x/y+", "not valid"},
    {"$SYS", "feed a@d.example $SYS/broker/uptime", "begins with $"},
    {"$share", "feed a@d.example $share/g/t", "begins with $"},
    {"%u", "user a@d.example {root}/%u", "%u"},
    {"setting without value", "user *@d.example {root}/u/{uid} cbor", "not key=value"},
    {"misspelt setting", "feed a@d.example t wirte=none", "did you mean write"},
    {"format of a feed", "feed a@d.example t format=cbor", "belongs to user"},
    {"write of a user", "user *@d.example {root}/u/{uid} write=none", "belongs to feed"},
    {"unknown format", "user *@d.example {root}/u/{uid} format=xml", "json or cbor"},
    {"twice", "feed a@d.example t write=none write=none", "twice"},
    {"empty entry", "feed a@d.example t write=b@d.example,", "empty entry"},
    {"none and another", "feed a@d.example t write=none,b@d.example", "stands alone"},
    {"bad JID in a list", "feed a@d.example t follow=@", "not a JID"},
    {"full JID in a list", "feed a@d.example t follow=b@d.example/x", "bare JID"},
    {"not UTF-8", "feed a@d.example t\xff", "UTF-8"},
    {"control character", "feed a@d.example t\x01", "control"},
};

TEST(Row, BadRowsSayWhy) {
  for (const Bad& row : bad_rows) {
    const auto parsed = parse_row(row.text);
    ASSERT_FALSE(parsed) << row.name;
    EXPECT_NE(parsed.error().find(row.says), std::string::npos) << row.name << ": " << parsed.error();
  }
}

TEST(Row, LimitsHold) {
  std::string deep = "feed a@d.example x";
  for (int i = 0; i < 40; ++i) deep += "/x";
  EXPECT_FALSE(parse_row(deep));
  EXPECT_FALSE(parse_row("feed a@d.example " + std::string(1100, 'x')));
  EXPECT_FALSE(parse_row("feed a@d.example x " + std::string(5000, 'x')));
}

TEST(Row, WritableFeedsNeedMqtt5) {
  auto writable = *parse_row("feed a@d.example t write=d.example");
  writable.line = 7;
  const Problems problems = needs_mqtt5({*parse_row("feed b@d.example u"), writable});
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].where, "line 7");
  EXPECT_NE(problems[0].text.find("a@d.example"), std::string::npos);
}

TEST(Row, NobodyOfTheComponentsDomain) {
  const Row other = *parse_row("user *@corp.example {root}/u/{uid}"), feed = *parse_row("feed a@d.example t"),
            one = *parse_row("user a@d.example {root}/u/{uid}");
  const Problems problems = nobody_at("d.example", {&other, &feed});
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_TRUE(problems[0].info);
  EXPECT_NE(problems[0].text.find("user *@d.example {root}/u/{uid}"), std::string::npos);
  EXPECT_TRUE(nobody_at("d.example", {&other, &feed, &one}).empty());
}

}  // namespace row_test
}  // namespace ferry
