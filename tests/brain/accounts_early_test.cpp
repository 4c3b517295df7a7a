// Somebody who is at the broker before the account is dual: refused where that can be seen, and not deaf afterwards.
#include "tests/brain/account_stage.h"

namespace ferry {
namespace accounts_early_test {

class AccountsEarlyTest : public AccountConversation {
 protected:
  static constexpr const char* presences = "im/v1/u/bob@corp.example/out/dev/+/presence";
  void speaks_too_early() {
    stage.forget_effects();
    stage.online(account, "phone");
    EXPECT_TRUE(stage.publishes.empty()) << "it is read again later";
    stage.mqtt(account, "out/msg", R"({"id":"c1","to":"alice@corp.example","kind":"chat","body":"Hi"})");
    stage.expect_publish(account, "in/receipt",
                         R"({"id":"c1","from":"alice@corp.example","state":"failed",)"
                         R"("reason":{"condition":"resource-constraint","retry":true}})");
    request("roster.get", "");
    stage.expect_publish(account, "in/res/-",
                         R"({"id":"q","ok":false,"error":{"condition":"resource-constraint","retry":true}})");
  }
  bool asks_for_presences() const {
    return std::any_of(stage.subscribes.begin(), stage.subscribes.end(),
                       [](const Subscribe& s) { return s.filter == presences; });
  }
};
FERRY_CONVERSATIONS(AccountsEarlyTest);

TEST_P(AccountsEarlyTest, what_a_device_retained_before_is_read_again) {
  plan();
  server.reachable = false;
  start("dual");
  EXPECT_EQ(state(), "shadow");
  speaks_too_early();
  EXPECT_FALSE(asks_for_presences());

  server.reachable = true;
  server.come_up(account);
  run();
  EXPECT_EQ(state(), "dual");
  EXPECT_TRUE(asks_for_presences());
  stage.mqtt(account, "out/msg", R"({"id":"c1","to":"alice@corp.example","kind":"chat","body":"Hi"})");
  stage.expect_publish(account, "in/receipt", R"({"id":"c1","state":"accepted"})");
  EXPECT_TRUE(stage.unsubscribes.empty());
  stage.time(11 * second);
  EXPECT_EQ(stage.unsubscribes, std::vector<std::string>{presences});
}

TEST_P(AccountsEarlyTest, before_the_table_has_a_row_for_the_account_too) {
  ask(R"({"command":"migrate.plan","cohort":"pilot","jids":["aaron@corp.example","bob@corp.example"],"go":true})");
  ask(R"({"command":"migrate.start","cohort":"pilot","to":"dual","rate":1,"go":true})");
  ASSERT_EQ(state(), "legacy");  // its turn is in a second
  speaks_too_early();
}

TEST_P(AccountsEarlyTest, who_is_not_on_the_way_is_nobody) {
  plan();
  start("shadow");
  stage.forget_effects();
  stage.mqtt(account, "out/msg", R"({"id":"c1","to":"alice@corp.example","kind":"chat","body":"Hi"})");
  EXPECT_TRUE(stage.publishes.empty());
}

}  // namespace accounts_early_test
}  // namespace ferry
