// When an account's trouble is over: what the log says, and what counts it.
#include "tests/brain/account_stage.h"

namespace ferry {
namespace accounts_recovered_test {

class AccountsRecoveredTest : public AccountConversation {
 protected:
  void down(const std::string& reason, bool credentials) {
    server.reachable = false;
    server.lose(account);
    stage.session_down({*Jid::parse(account), credentials, reason});
    stage.log.clear();
  }
  void up() {
    server.reachable = true;
    server.come_up(account);
    run();
  }
  bool logged() {
    return std::any_of(stage.log.begin(), stage.log.end(),
                       [](const auto& line) { return line.starts_with("event=account.recovered "); });
  }
};
FERRY_CONVERSATIONS(AccountsRecoveredTest);

TEST_P(AccountsRecoveredTest, a_log_in_that_was_refused_and_is_not_any_more_is_said_once) {
  dual();
  down("not-authorized", true);
  up();
  stage.expect_logged("event=account.recovered account=bob@corp.example state=dual reason=not-authorized");
  server.lose(account);
  up();
  EXPECT_FALSE(logged());
}

TEST_P(AccountsRecoveredTest, so_is_a_session_that_was_away_for_a_reason) {
  dual();
  down("the server is not there", false);
  up();
  stage.expect_logged("event=account.recovered account=bob@corp.example state=dual reason=\"the server is not there\"");
}

TEST_P(AccountsRecoveredTest, and_trouble_of_before_a_restart) {
  dual();
  down("not-authorized", true);
  server.gateway_died();
  stage.restart();
  up();
  stage.expect_logged("event=account.recovered account=bob@corp.example state=dual reason=not-authorized");
}

TEST_P(AccountsRecoveredTest, who_had_no_trouble_has_not_recovered) {
  dual();
  stage.log.clear();
  server.lose(account);
  server.come_up(account);
  run();
  EXPECT_FALSE(logged());
}

TEST_P(AccountsRecoveredTest, a_start_counts_errors_anew) {
  dual();
  const auto errors = [&](const std::string& number) {
    const std::string part = R"("errors":)" + number + ",";
    const std::string shown = ask(R"({"command":"migrate.show","jid":"bob@corp.example"})");
    EXPECT_NE(shown.find(part), std::string::npos) << number << shown;
    const std::string status = ask(R"({"command":"migrate.status"})");
    EXPECT_NE(status.find(part), std::string::npos) << number << status;
  };
  const auto by_name = R"({"command":"migrate.start","jids":["bob@corp.example"],"to":"dual","go":true})";
  down("not-authorized", true);
  up();
  down("account-disabled", true);
  errors("2");
  ask(R"({"command":"migrate.start","cohort":"pilot","to":"moved"})");
  errors("2");  // a dry run
  start("moved");
  errors("1");  // not over
  up();
  errors("1");
  start("moved");
  errors("0");
  down("not-authorized", true);
  up();
  errors("1");
  ask(by_name);
  errors("0");
  stage.restart();
  errors("0");
}

TEST_P(AccountsRecoveredTest, a_start_leaves_what_the_way_back_could_not_do) {
  dual();
  down("not-authorized", true);
  up();
  server.reachable = false;
  server.lose(account);
  stage.mqtt(account, "out/msg", R"({"id":"c1","to":"alice@corp.example","kind":"chat","body":"Hello"})");
  back();
  EXPECT_EQ(state(), "back");
  start("dual");
  const std::string shown = ask(R"({"command":"migrate.show","jid":"bob@corp.example"})");
  EXPECT_NE(shown.find(R"("errors":2,)"), std::string::npos) << shown;
}

}  // namespace accounts_recovered_test
}  // namespace ferry
