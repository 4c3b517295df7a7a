// What is wrong with rows together: every problem names both.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/config/tables.h"

namespace ferry {
namespace check_test {

struct Case {
  const char* name;
  std::vector<std::string> rows;
  std::vector<const char*> says;  // all in one problem
  bool info = false;
};

const Case cases[] = {
    {"the same JID", {"user a@d.example x", "feed a@d.example y"}, {"can never fire", "ferry.conf:1", "ferry.conf:2"}},
    {"the same pattern",
     {"user *@d.example a/{uid}", "user *@d.example b/{uid}"},
     {"can never fire", "ferry.conf:1", "ferry.conf:2"}},
    {"the same topic",
     {"user a@d.example x", "user b@d.example x"},
     {"two JIDs on one topic", "ferry.conf:1", "ferry.conf:2"}},
    {"a feed on it",
     {"user a@d.example x", "feed b@d.example x"},
     {"two JIDs on one topic", "ferry.conf:1", "ferry.conf:2"}},
    {"a tie",
     {"user a*@d.example {root}/u/{uid}", "user *a@d.example {root}/u/{uid}"},
     {"a tie", "ferry.conf:1", "ferry.conf:2"}},
    {"a tie, both sides", {"user ab*@d.example {root}/u/{uid}", "user a*b@d.example {root}/u/{uid}"}, {"a tie"}},
    {"one name in two domains",
     {"user *@a.example {root}/u/{localpart}", "user *@b.example {root}/u/{localpart}"},
     {"two JIDs on one topic", "ferry.conf:1", "ferry.conf:2"}},
    {"exact on a pattern's topic",
     {"user *@d.example {root}/u/{uid}", "user a@d.example {root}/u/b@d.example"},
     {"two JIDs on one topic", "ferry.conf:1", "ferry.conf:2"}},
    {"localpart beside uid",
     {"user *@a.example {root}/u/{localpart}", "user *@b.example {root}/u/{uid}"},
     {"'@'", "ferry.conf:1", "ferry.conf:2"},
     true},
    {"one login in two domains",
     {"user *@a.example {root}/{domain}/{localpart}", "user *@b.example {root}/{domain}/{localpart}"},
     {"one user name", "ferry.conf:1", "ferry.conf:2"}},
    {"one login, exact rows",
     {"user x@a.example {root}/a/{localpart}", "user x@b.example {root}/b/{localpart}"},
     {"one user name", "ferry.conf:1", "ferry.conf:2"}},
    {"one login, exact and pattern",
     {"user *@a.example {root}/a/{localpart}", "user x@b.example {root}/b/{localpart}"},
     {"one user name", "ferry.conf:1", "ferry.conf:2"}},
    {"subtree inside a subtree",
     {"user *@a.example {root}/u/{localpart}", "user *@b.example {root}/u/{localpart}/{domain}"},
     {"private subtree", "ferry.conf:1", "ferry.conf:2"}},
    {"exact inside exact",
     {"user a@d.example staff/a", "user b@d.example staff/a/b"},
     {"private subtree", "ferry.conf:1", "ferry.conf:2"}},
    {"exact inside pattern",
     {"user *@d.example p/{uid}", "feed x@d.example p/b@d.example/in/msg"},
     {"private subtree", "ferry.conf:1", "ferry.conf:2"}},
    {"feed pattern inside exact",
     {"user a@d.example staff/a", "feed *@f.example staff/{localpart}/x"},
     {"private subtree", "ferry.conf:1", "ferry.conf:2"}},
    {"feed pattern on user pattern",
     {"user *@d.example p/{uid}", "feed *@f.example p/{localpart}"},
     {"two JIDs on one topic", "ferry.conf:1", "ferry.conf:2"}},
    {"filter over a subtree",
     {"user *@d.example p/{uid}", "feed x@d.example p/#"},
     {"private subtree", "ferry.conf:1", "ferry.conf:2"}},
    {"filter over an exact subtree",
     {"user a@d.example staff/a", "feed x@d.example +/+/in/msg"},
     {"private subtree", "ferry.conf:1", "ferry.conf:2"}},
    {"filter over everything", {"feed x@d.example #"}, {"private subtrees", "ferry.conf:1"}},
    {"feed in the users' tree", {"feed x@d.example {root}/u/x"}, {"private subtrees", "ferry.conf:1"}},
    {"filter in the users' tree", {"feed x@d.example {root}/+/y"}, {"private subtrees", "ferry.conf:1"}},
    {"feed in gw", {"feed x@d.example {root}/gw/status"}, {"gateway's own", "ferry.conf:1"}},
    {"users in gw", {"user *@d.example {root}/gw/{uid}"}, {"gateway's own", "ferry.conf:1"}},
    {"the root itself", {"user a@d.example {root}"}, {"gateway's own", "ferry.conf:1"}},
    {"two filters", {"feed x@d.example f/+/a", "feed y@d.example f/1/+"}, {"a tie", "ferry.conf:1", "ferry.conf:2"}},
    {"filter loses to a topic",
     {"feed x@d.example f/#", "feed y@d.example f/1"},
     {"does not get", "ferry.conf:1", "ferry.conf:2"},
     true},
    {"filter loses to a pattern",
     {"feed x@d.example f/#", "feed *@f.example f/{localpart}"},
     {"does not get", "ferry.conf:1", "ferry.conf:2"},
     true},
    {"the gateway's name",
     {"user ferry@d.example {root}/u/{localpart}"},
     {"gateway's own broker user name", "ferry.conf:1"}},
    {"names that cannot be", {"feed a\\2f*@d.example f/{localpart}"}, {"can never fire", "ferry.conf:1"}},
    {"exact name that cannot be", {"feed a\\2fb@d.example f/{localpart}"}, {"cannot be mapped", "ferry.conf:1"}},
    {"rooms", {"room ops@rooms.d.example {root}/r/{room}"}, {"not carried yet", "ferry.conf:1"}, true},
};

TEST(Check, EveryProblemNamesItsRows) {
  for (const Case& c : cases) {
    const Problems problems = table(c.rows).check();
    std::string all;
    for (const Problem& p : problems) all += "\n  " + format_problem(p);
    const bool found = std::any_of(problems.begin(), problems.end(), [&](const Problem& p) {
      const std::string text = p.where + " " + p.text;
      return p.info == c.info && std::all_of(c.says.begin(), c.says.end(),
                                             [&](const char* part) { return text.find(part) != std::string::npos; });
    });
    EXPECT_TRUE(found) << c.name << all;
    EXPECT_EQ(any_error(problems), !c.info) << c.name << all;
  }
}

TEST(Check, GoodTablesHaveNoProblems) {
  const std::vector<std::vector<std::string>> tables = {
      {"user *@mqtt.corp.example {root}/u/{uid}", "feed alarm@mqtt.corp.example factory/line1/alarm"},
      {"user *@a.example {root}/u/{uid}", "user *@b.example {root}/u/{uid}",
       "user x@a.example {root}/u/{uid} format=cbor"},
      {"user *@a.example {root}/u/{localpart}", "user x@b.example staff/x"},
      {"user a*@a.example {root}/u/{localpart}", "user b*@b.example {root}/u/{localpart}"},
      {"user ab*@d.example x/{uid}", "user *c@d.example y/{uid}", "user *@d.example z/{uid}"},
      {"feed *@a.example s/{localpart}/x", "feed *@b.example s/{localpart}/y", "feed z@a.example t/#"},
  };
  for (const auto& rows : tables)
    for (const Problem& p : table(rows).check()) ADD_FAILURE() << rows[0] << ": " << format_problem(p);
}

TEST(Check, ProblemsAreBounded) {
  std::vector<std::string> many;
  for (int i = 0; i < 100; ++i) many.push_back("user *@d" + std::to_string(i) + ".example {root}/u/{localpart}");
  EXPECT_LE(table(many).check().size(), 1101u);
}

}  // namespace check_test
}  // namespace ferry
