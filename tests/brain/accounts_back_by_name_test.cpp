// Who was taken back by their own name: their cohort goes on without them.
#include "tests/brain/account_stage.h"

namespace ferry {
namespace accounts_back_by_name_test {

// Two are in the cohort, and in dual; then bob goes back.
class AccountsBackByNameTest : public AccountConversation {
 protected:
  AccountsBackByNameTest() {
    server.accounts[other];
    plan_two();
    start("dual");
    back_bob();
    EXPECT_EQ(state(), "legacy");
  }
  std::string plan_two(bool go = true) {
    return ask(R"({"command":"migrate.plan","cohort":"pilot","jids":["bob@corp.example","carol@corp.example"],"go":)" +
               std::string(go ? "true}" : "false}"));
  }
  void back_bob() {
    ask(R"({"command":"migrate.back","jids":["bob@corp.example"],"go":true})");
    run();
  }
  std::string start_pilot(bool go = true) {
    const std::string answer =
        ask(R"({"command":"migrate.start","cohort":"pilot","to":"moved","go":)" + std::string(go ? "true}" : "false}"));
    run();
    return answer;
  }
  bool shown(const std::string& jid, const std::string& part) {
    return ask(R"({"command":"migrate.show","jid":")" + jid + "\"}").find(part) != std::string::npos;
  }
  static constexpr const char* other = "carol@corp.example";
  static constexpr const char* by_name = R"("back_by_name":true)";
};
FERRY_CONVERSATIONS(AccountsBackByNameTest);

TEST_P(AccountsBackByNameTest, the_cohort_goes_on_without_them_and_names_them) {
  for (const bool go : {false, true}) {
    const std::string answer = start_pilot(go);
    EXPECT_NE(answer.find(R"("go_on":1,"there":0,"further":0,"going_back":0)"), std::string::npos) << answer;
    EXPECT_NE(answer.find(R"("left_out":1,"left_out_accounts":["bob@corp.example"])"), std::string::npos) << answer;
  }
  EXPECT_EQ(state(), "legacy");
  EXPECT_TRUE(shown(account, by_name));
  EXPECT_TRUE(shown(other, R"("state":"moved")"));
  EXPECT_FALSE(shown(other, by_name));
  const std::string status = ask(R"({"command":"migrate.status"})");
  EXPECT_NE(status.find(R"("back_by_name":1)"), std::string::npos) << status;
}

TEST_P(AccountsBackByNameTest, a_restart_forgets_nobody) {
  server.gateway_died();
  stage.restart();
  stage.links_up();
  start_pilot();
  EXPECT_EQ(state(), "legacy");
  EXPECT_TRUE(shown(account, by_name));
}

TEST_P(AccountsBackByNameTest, who_is_started_by_name_goes_with_the_cohort_again) {
  ask(R"({"command":"migrate.start","jids":["bob@corp.example"],"to":"shadow","go":true})");
  run();
  EXPECT_EQ(state(), "shadow");
  EXPECT_FALSE(shown(account, by_name));
  start_pilot();
  EXPECT_EQ(state(), "moved");
}

TEST_P(AccountsBackByNameTest, who_is_planned_again_goes_with_the_cohort_again) {
  const std::string dry = plan_two(false);
  EXPECT_NE(dry.find(R"("added":0,"changed":0,"there":2,"again":["bob@corp.example"])"), std::string::npos) << dry;
  EXPECT_TRUE(shown(account, by_name));
  EXPECT_EQ(plan_two().find(R"("again":[])"), std::string::npos);
  EXPECT_FALSE(shown(account, by_name));
  EXPECT_NE(plan_two().find(R"("again":[])"), std::string::npos);
  start_pilot();
  EXPECT_EQ(state(), "moved");
}

TEST_P(AccountsBackByNameTest, so_does_who_is_planned_into_another) {
  ask(R"({"command":"migrate.plan","cohort":"later","jids":["bob@corp.example"],"go":true})");
  EXPECT_FALSE(shown(account, by_name));
  ask(R"({"command":"migrate.start","cohort":"later","to":"dual","go":true})");
  run();
  EXPECT_EQ(state(), "dual");
}

TEST_P(AccountsBackByNameTest, the_way_back_of_a_whole_cohort_takes_nobody_out_of_it) {
  ask(R"({"command":"migrate.back","cohort":"pilot","go":true})");
  run();
  EXPECT_FALSE(shown(other, by_name));
  start_pilot();
  EXPECT_TRUE(shown(other, R"("state":"moved")"));
  EXPECT_EQ(state(), "legacy");
}

TEST_P(AccountsBackByNameTest, a_dry_run_takes_nobody_out) {
  ask(R"({"command":"migrate.back","jids":["carol@corp.example"]})");
  EXPECT_FALSE(shown(other, by_name));
}

}  // namespace accounts_back_by_name_test
}  // namespace ferry
