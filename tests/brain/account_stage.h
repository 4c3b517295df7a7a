// A stage with a legacy server: bob@corp.example has an account there, with three contacts.
#pragma once

#include "tests/brain/old_server.h"
#include "tests/brain/stage.h"

namespace ferry {

class AccountConversation : public testing::TestWithParam<Where> {
 protected:
  static constexpr const char* account = "bob@corp.example";

  AccountConversation() {
    OldAccount& a = server.accounts[account];
    a.roster["alice@corp.example"] = {"Alice", {"Friends"}, true, true, false};
    a.roster["carol@corp.example"] = {"", {}, false, true, false};
    a.roster["dave@corp.example"] = {"Dave", {"Work", "Friends"}, false, false, true};
    a.card = "<vCard xmlns='vcard-temp'><FN>Bob</FN><TITLE>Boss</TITLE></vCard>";
  }

  std::string ask(const std::string& json) { return stage.command(json); }
  void plan() {
    const std::string answer =
        ask(R"({"command":"migrate.plan","cohort":"pilot","jids":["bob@corp.example"],"go":true})");
    EXPECT_NE(answer.find(R"("added":1)"), std::string::npos) << answer;
  }
  void start(const std::string& to, int ticks = 20) {
    ask(R"({"command":"migrate.start","cohort":"pilot","to":")" + to + R"(","go":true})");
    run(ticks);
  }
  void back(const std::string& more = "", int ticks = 20) {
    ask(R"({"command":"migrate.back","cohort":"pilot","go":true)" + more + "}");
    run(ticks);
  }
  void dual() {
    plan();
    start("dual");
    stage.online(account, "phone");
    stage.time(6 * second);
    stage.forget_effects();
    server.sent.clear();
  }
  // Time passes until nothing is left that only needs time.
  void run(int ticks = 20) {
    for (int i = 0; i < ticks; ++i) stage.time(100);
  }
  std::string state() {
    const std::string answer = ask(R"({"command":"migrate.show","jid":"bob@corp.example"})");
    const auto document = JsonDocument::parse(answer);
    return document ? std::string(document->root()["account"]["state"].string().value_or("")) : answer;
  }
  void request(const std::string& name, const std::string& contact, const std::string& more = "") {
    stage.mqtt(account, "out/req",
               R"({"id":"q","request":")" + name + "\"" + (contact.empty() ? "" : R"(,"contact":")" + contact + "\"") +
                   more + "}");
  }
  void good() { stage.expect_publish(account, "in/res/-", R"({"id":"q","ok":true})"); }
  void bad(const std::string& condition) {
    stage.expect_publish(account, "in/res/-", R"({"id":"q","ok":false,"error":{"condition":")" + condition + "\"}}");
  }
  Element sent(const std::string& xml) {
    const auto expected = parse_xml(xml);
    for (auto it = server.sent.begin(); it != server.sent.end(); ++it)
      if (matching::contains(it->second, *expected)) {
        Element found = it->second;
        server.sent.erase(it);
        return found;
      }
    ADD_FAILURE() << "the session did not send " << xml;
    return Element();
  }

  Stage stage{GetParam()};
  OldServer server{stage};
};

}  // namespace ferry
