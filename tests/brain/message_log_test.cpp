// log.messages: a message can be followed by its id, and the log never has what it says.
#include "tests/brain/stage.h"

namespace ferry {
namespace message_log_test {

class MessageLogTest : public Conversation {
 protected:
  std::vector<std::string> steps(const std::string& id) {
    std::vector<std::string> found;
    for (const std::string& line : stage.log) {
      EXPECT_EQ(line.find("a secret"), std::string::npos) << line;
      constexpr std::string_view start = "event=message.step step=";
      if (!line.starts_with(start) || line.find(" id=" + id + " ") == std::string::npos) continue;
      found.push_back(line.substr(start.size(), line.find(' ', start.size()) - start.size()));
    }
    return found;
  }
  using Steps = std::vector<std::string>;
};
FERRY_CONVERSATIONS(MessageLogTest);

TEST_P(MessageLogTest, every_step_of_a_message_is_a_line) {
  stage.options.log.messages = true;
  stage.mqtt("bob", "out/msg", R"({"id":"m1","to":"alice@corp.example","body":"a secret","want":["delivered"]})");
  stage.xmpp(
      "<message from='alice@corp.example/spark' to='bob@mqtt.corp.example'><received "
      "xmlns='urn:xmpp:receipts' id='m1'/></message>");
  EXPECT_EQ(steps("m1"), (Steps{"accepted", "sent", "forwarded", "delivered"}));
  stage.forget_effects();  // the echo of m1
  stage.xmpp(
      "<message type='chat' from='alice@corp.example/spark' to='bob@mqtt.corp.example' id='x1'><body>a "
      "secret</body></message>");
  const std::string id = Stage::field(stage.expect_publish("bob", "in/msg"), "id");
  stage.mqtt("bob", "out/receipt", R"({"id":")" + id + R"(","state":"displayed"})");
  EXPECT_EQ(steps(id), (Steps{"accepted", "published", "forwarded", "displayed"}));
}

TEST_P(MessageLogTest, off_there_is_none) {
  stage.mqtt("bob", "out/msg", R"({"id":"m1","to":"alice@corp.example","body":"a secret"})");
  EXPECT_EQ(steps("m1"), Steps{});
}

}  // namespace message_log_test
}  // namespace ferry
