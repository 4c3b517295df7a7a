// The generated Mosquitto ACL file.
#include "config/acl.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/config/tables.h"

namespace ferry {
namespace acl_test {

std::string acl(const std::vector<std::string>& texts) {
  Options options;
  options.broker.username = "ferry";
  return mosquitto_acl(table(texts), options);
}

// The file without comments and empty lines.
std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);)
    if (!line.empty() && line.front() != '#') out.push_back(line);
  return out;
}

using Lines = std::vector<std::string>;

TEST(Acl, OfTheDesign) {
  EXPECT_EQ(
      lines(acl({"user *@mqtt.corp.example {root}/u/{uid}", "room ops@rooms.mqtt.corp.example {root}/r/{room}",
                 "feed alarm@mqtt.corp.example factory/line1/alarm"})),
      (Lines{"user ferry", "topic readwrite im/v1/#", "topic read $SYS/broker/uptime", "topic read factory/line1/alarm",
             "pattern read im/v1/gw/status", "pattern read im/v1/u/%u/in/#", "pattern write im/v1/u/%u/out/#"}));
}

TEST(Acl, WritableFeedsFiltersAndPatterns) {
  const auto got = lines(
      acl({"feed a@d.example f/1 write=d.example", "feed b@d.example g/#", "feed *@f.example plant/{localpart}"}));
  EXPECT_EQ(got, (Lines{"user ferry", "topic readwrite im/v1/#", "topic read $SYS/broker/uptime", "topic read g/#",
                        "topic read plant/+", "topic readwrite f/1", "pattern read im/v1/gw/status"}));
}

TEST(Acl, OneRuleForAMillionRowsOfATemplate) {
  EXPECT_EQ(lines(acl({"user a@d.example {root}/u/{uid}", "user b@d.example {root}/u/{uid}",
                       "user *@e.example {root}/u/{uid}"})),
            lines(acl({"user *@d.example {root}/u/{uid}"})));
}

TEST(Acl, LocalpartAndDomain) {
  const auto got = lines(acl({"user *@d.example {root}/{domain}/{localpart}"}));
  EXPECT_EQ(got.back(), "pattern write im/v1/d.example/%u/out/#");
}

TEST(Acl, ATopicWithoutANameGetsASection) {
  EXPECT_EQ(lines(acl({"user b+b@d.example staff/b"})),
            (Lines{"user ferry", "topic readwrite im/v1/#", "topic read $SYS/broker/uptime",
                   "topic readwrite staff/b/#", "user b=2Bb@d.example", "topic read staff/b/in/#",
                   "topic write staff/b/out/#", "pattern read im/v1/gw/status"}));
}

TEST(Acl, BasesOutsideTheRootAreTheGatewaysToo) {
  const std::string text = acl({"user *@d.example people/{uid}"});
  EXPECT_NE(text.find("\ntopic readwrite people/+/#\n"), std::string::npos) << text;
}

TEST(Acl, ExampleIsGenerated) {
  const auto file = std::filesystem::path(__FILE__).parent_path() / "../../config/ferry.acl.example";
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  EXPECT_EQ(text.str(),
            acl({"user *@mqtt.corp.example {root}/u/{uid}", "feed alarm@mqtt.corp.example factory/line1/alarm"}));
}

}  // namespace acl_test
}  // namespace ferry
