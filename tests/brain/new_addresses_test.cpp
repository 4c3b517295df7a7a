// People who get an address of ours instead of keeping their JID: XEP-0283.
#include "tests/brain/account_stage.h"

namespace ferry {
namespace new_addresses_test {

class NewAddressesTest : public AccountConversation {
 protected:
  static constexpr const char* address = "robert@mqtt.corp.example";

  void dual() {
    ask(R"({"command":"migrate.plan","cohort":"pilot","jids":["bob@corp.example robert@mqtt.corp.example"],"go":true})");
    start("dual");
  }
  std::string contact(const std::string& jid) {
    const auto it = stage.retained.find("im/v1/u/robert@mqtt.corp.example/in/contact/" + jid);
    return it == stage.retained.end() ? "" : it->second;
  }
  std::string statement() {
    std::string found;
    for (const auto& [who, e] : server.pubsub) found += to_xml(e, ns::client);
    return found;
  }
};
FERRY_CONVERSATIONS(NewAddressesTest);

TEST_P(NewAddressesTest, a_plan_names_the_address_or_derives_it) {
  const std::string derived =
      ask(R"({"command":"migrate.plan","cohort":"pilot","jids":["bob@corp.example"],"new_address":true,"go":true})");
  EXPECT_NE(derived.find(R"("added":1)"), std::string::npos) << derived;
  EXPECT_NE(ask(R"({"command":"migrate.show","jid":"bob@corp.example"})").find(R"("address":"bob@mqtt.corp.example")"),
            std::string::npos);
  const auto problem = [&](const std::string& words) {
    return ask(R"({"command":"migrate.plan","cohort":"pilot","jids":[")" + words + R"("]})");
  };
  EXPECT_NE(problem("eve@corp.example eve@corp.example").find("the gateway's own domain"), std::string::npos);
  EXPECT_NE(problem("eve@corp.example mqtt.corp.example").find("expected a new address"), std::string::npos);
  EXPECT_NE(problem("eve@corp.example bob@mqtt.corp.example").find("already the new address of bob@corp.example"),
            std::string::npos);
}

TEST_P(NewAddressesTest, the_old_account_says_where_its_owner_is_and_the_contacts_are_asked) {
  dual();
  EXPECT_EQ(state(), "dual");
  EXPECT_NE(statement().find("<new-jid>robert@mqtt.corp.example</new-jid>"), std::string::npos) << statement();
  const Element asked = stage.expect_stanza(
      "<presence type='subscribe' from='robert@mqtt.corp.example' to='alice@corp.example'>"
      "<moved xmlns='urn:xmpp:moved:1'><old-jid>bob@corp.example</old-jid></moved></presence>");
  EXPECT_NE(contact("alice@corp.example").find(R"("name":"Alice","groups":["Friends"])"), std::string::npos);
  EXPECT_NE(contact("alice@corp.example").find(R"("approved":true)"), std::string::npos);
  EXPECT_EQ(contact("carol@corp.example").find(R"("ask")"), std::string::npos) << "bob did not watch carol";
  EXPECT_NE(contact("dave@corp.example").find(R"("ask":"subscribe")"), std::string::npos);
  EXPECT_FALSE(stage.retained.contains("im/v1/u/bob@corp.example/in/state")) << "the old JID has no subtree";
}

TEST_P(NewAddressesTest, what_comes_to_the_old_address_is_handed_on_and_answered_from_there) {
  dual();
  stage.online("robert", "phone");
  EXPECT_FALSE(server.presences[account].empty()) << "the old address is seen while its owner is there";
  stage.forget_effects();
  server.sent.clear();
  server.deliver(account,
                 "<message from='alice@corp.example/spark' to='bob@corp.example' type='chat' id='m1'><body>Hi</body>"
                 "<request xmlns='urn:xmpp:receipts'/></message>");
  const auto shown = stage.expect_publish("robert", "in/msg",
                                          R"({"from":"alice@corp.example/spark","to":"bob@corp.example","body":"Hi"})");
  stage.mqtt("robert", "out/receipt", R"({"id":")" + Stage::field(shown, "id") + R"(","state":"delivered"})");
  sent("<message to='alice@corp.example/spark'><received xmlns='urn:xmpp:receipts' id='m1'/></message>");
  stage.mqtt("robert", "out/msg", R"({"id":"a1","to":"alice@corp.example","body":"Hello"})");
  stage.expect_stanza("<message from='robert@mqtt.corp.example' to='alice@corp.example'><body>Hello</body></message>");
  stage.offline("robert", "phone");
  stage.time(10 * second);
  EXPECT_TRUE(server.presences[account].find("unavailable") != std::string::npos) << server.presences[account];
}

TEST_P(NewAddressesTest, one_of_ours_who_has_the_old_address_has_the_new_one_without_being_asked) {
  const auto wants = [&](const std::string& name) {
    stage.mqtt("anna", "out/req",
               R"({"id":"q","request":")" + name + R"(","contact":"bob@corp.example","name":"Bob"})");
  };
  wants("roster.add");
  wants("subscribe");
  stage.xmpp("<presence type='subscribed' from='bob@corp.example' to='anna@mqtt.corp.example'/>");
  stage.xmpp("<presence type='subscribe' from='bob@corp.example' to='anna@mqtt.corp.example'/>");
  wants("approve");
  stage.expect_shown("anna", "in/contact/bob@corp.example", R"({"name":"Bob","subscription":"both"})");
  server.accounts[account].roster["anna@mqtt.corp.example"] = {"Anna", {}, true, true, false};
  dual();
  stage.expect_shown("anna", "in/contact/robert@mqtt.corp.example", R"({"name":"Bob","subscription":"both"})");
  EXPECT_NE(contact("anna@mqtt.corp.example").find(R"("subscription":"both")"), std::string::npos);
  back();
  EXPECT_FALSE(stage.retained.contains("im/v1/u/anna@mqtt.corp.example/in/contact/robert@mqtt.corp.example"));
}

TEST_P(NewAddressesTest, the_way_back_undoes_all_of_it) {
  const OldAccount before = server.accounts[account];
  dual();
  stage.forget_effects();
  back();
  EXPECT_EQ(state(), "legacy");
  EXPECT_EQ(server.accounts[account], before);
  EXPECT_NE(statement().find("<delete node='urn:xmpp:moved:1'/>"), std::string::npos) << statement();
  stage.expect_stanza("<presence type='unsubscribe' from='robert@mqtt.corp.example' to='alice@corp.example'/>");
  for (const auto& [topic, payload] : stage.retained)
    EXPECT_EQ(topic.find("robert"), std::string::npos) << topic << " " << payload;
}

TEST_P(NewAddressesTest, what_was_there_before_stays_on_the_way_back) {
  ask(R"({"command":"user.add","jid":"robert@mqtt.corp.example"})");
  stage.mqtt("robert", "out/req", R"({"id":"q","request":"roster.add","contact":"alice@corp.example","name":"A."})");
  dual();
  EXPECT_NE(contact("alice@corp.example").find(R"("name":"A.")"), std::string::npos) << "not Alice";
  EXPECT_NE(contact("dave@corp.example"), "");
  back();
  EXPECT_NE(contact("alice@corp.example").find(R"("name":"A.")"), std::string::npos);
  EXPECT_EQ(contact("dave@corp.example"), "");
  EXPECT_TRUE(stage.retained.contains("im/v1/u/robert@mqtt.corp.example/in/state"));
}

TEST_P(NewAddressesTest, after_a_restart_it_goes_on_where_it_was) {
  server.answers = false;
  dual();
  EXPECT_EQ(contact("alice@corp.example"), "");
  server.answers = true;
  server.gateway_died();
  stage.restart();
  stage.links_up();
  run();
  EXPECT_NE(contact("alice@corp.example"), "");
  EXPECT_NE(statement().find("<new-jid>robert@mqtt.corp.example</new-jid>"), std::string::npos);
  stage.mqtt("robert", "out/req", R"({"id":"q","request":"roster.remove","contact":"alice@corp.example"})");
  server.lose(account);
  server.come_up(account);
  run();
  EXPECT_EQ(contact("alice@corp.example"), "") << "whom they removed is not copied again";
}

}  // namespace new_addresses_test
}  // namespace ferry
