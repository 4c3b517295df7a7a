// People whom no row of the mapping table covers for a while: what was accepted for them is kept.
#include "tests/brain/stage.h"

namespace ferry {
namespace people_test {

class PeopleTest : public Conversation {
 protected:
  static constexpr const char* add = R"({"command":"map.add","row":"user bob@mqtt.corp.example {root}/u/{uid}"})";
  static constexpr const char* remove = R"({"command":"map.remove","jid":"bob@mqtt.corp.example"})";
  PeopleTest() : people(GetParam(), {{"user anna@mqtt.corp.example {root}/u/{uid}"}}) {}
  void good(const std::string& command) {
    EXPECT_NE(people.command(command).find("\"ok\":true"), std::string::npos) << command;
  }
  Stage people;  // without a row for bob
};
FERRY_CONVERSATIONS(PeopleTest);

TEST_P(PeopleTest, what_was_accepted_for_whom_no_row_covers_waits_until_one_does) {
  good(add);
  people.restart();
  people.links_up();
  people.settle();
  people.broker_down();
  people.xmpp(
      "<message type='chat' from='alice@corp.example/a' to='bob@mqtt.corp.example' id='1'><body>1</body></message>");
  good(remove);
  people.restart();
  people.links_up();
  people.settle();
  people.expect_no_publish("bob", "in/msg");
  good(add);
  people.restart();
  people.links_up();
  people.settle();
  people.online("bob", "phone");
  people.expect_publish("bob", "in/msg", R"({"body":"1"})");
}

}  // namespace people_test
}  // namespace ferry
