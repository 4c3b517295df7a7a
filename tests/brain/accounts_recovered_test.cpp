// What the log says when an account's trouble is over.
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

}  // namespace accounts_recovered_test
}  // namespace ferry
