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
  // As after a start with the row.
  void serve_bob() {
    good(add);
    people.restart();
    people.links_up();
    people.settle();
  }
  Stage people;  // without a row for bob
};
FERRY_CONVERSATIONS(PeopleTest);

TEST_P(PeopleTest, what_was_accepted_for_whom_no_row_covers_waits_until_one_does) {
  serve_bob();
  people.broker_down();
  people.xmpp(
      "<message type='chat' from='alice@corp.example/a' to='bob@mqtt.corp.example' id='1'><body>1</body></message>");
  good(remove);
  people.restart();
  people.links_up();
  people.settle();
  people.expect_no_publish("bob", "in/msg");
  serve_bob();
  people.online("bob", "phone");
  people.expect_publish("bob", "in/msg", R"({"body":"1"})");
}

TEST_P(PeopleTest, whom_no_row_serves_any_more_goes_and_comes_back_with_the_row) {
  serve_bob();
  people.befriend();
  people.online("bob", "phone");
  people.forget_effects();
  good(remove);
  people.expect_stanza("<presence type='unavailable' from='bob@mqtt.corp.example/phone' to='alice@corp.example'/>");
  people.expect_cleared("bob", "in/contact/alice@corp.example");
  people.expect_cleared("bob", "in/state");
  people.expect_logged("event=user.unrouted user=bob@mqtt.corp.example");
  people.forget_effects();
  people.xmpp(
      "<message type='chat' from='alice@corp.example/a' to='bob@mqtt.corp.example' id='1'><body>1</body></message>");
  people.expect_stanza("<message type='error' to='alice@corp.example/a' id='1'/>");
  people.expect_quiet();
  good(add);  // no restart
  people.settle();
  people.expect_stanza("<presence type='probe' from='bob@mqtt.corp.example' to='alice@corp.example'/>");
  people.expect_publish("bob", "in/contact/alice@corp.example", R"({"subscription":"both"})");
  people.online("bob", "phone", "e2");
  people.expect_stanza("<presence from='bob@mqtt.corp.example/phone' to='alice@corp.example'/>");
}

TEST_P(PeopleTest, whom_no_row_serves_can_be_removed) {
  good(R"({"command":"user.remove","jid":"bob@mqtt.corp.example"})");
  good(add);
  people.settle();
  EXPECT_NE(people.command(R"({"command":"user.show","jid":"bob@mqtt.corp.example"})").find("no user"),
            std::string::npos);
}

TEST_P(PeopleTest, what_waited_comes_when_a_row_is_added_back) {
  serve_bob();
  people.broker_down();
  people.xmpp(
      "<message type='chat' from='alice@corp.example/a' to='bob@mqtt.corp.example' id='1'><body>1</body></message>");
  good(remove);
  people.broker_up(true);
  people.settle();
  people.expect_no_publish("bob", "in/msg");
  good(add);
  people.online("bob", "phone");
  people.expect_publish("bob", "in/msg", R"({"body":"1"})");
}

}  // namespace people_test
}  // namespace ferry
