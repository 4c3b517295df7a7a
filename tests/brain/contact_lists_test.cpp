// Contacts of somebody who gets a new address, where the server lets us write their lists: XEP-0356, XEP-0283.
#include "tests/brain/contact_lists_stage.h"

namespace ferry {
namespace contact_lists_test {

class ContactListsTest : public ContactListsConversation {};
FERRY_CONVERSATIONS(ContactListsTest);

TEST_P(ContactListsTest, nobody_is_asked_whose_list_can_be_written) {
  lists.say();
  stage.expect_logged("event=privilege.granted access=roster type=both namespace=urn:xmpp:privilege:2");
  EXPECT_NE(ask(R"({"command":"status"})").find(R"("contact_lists":"granted")"), std::string::npos);
  dual();
  EXPECT_EQ(asked(), (People{"dave@corp.example", "frank@elsewhere.example"}));
  ASSERT_TRUE(of("alice") && of("carol") && of("eve"));
  EXPECT_EQ(*of("alice"), (OldAccount::Item{"Bobby", {"Pals", "Work"}, true, true, false}));
  EXPECT_EQ(*of("carol"), (OldAccount::Item{"Bob", {}, true, false, false}));
  EXPECT_EQ(*of("eve"), (OldAccount::Item{"", {"Ex"}, false, true, false}));
  EXPECT_EQ(of("dave"), nullptr);
  EXPECT_EQ(server.accounts["alice@corp.example"].roster.size(), 3U);
  expect_both("alice@corp.example");
  stage.expect_shown("robert", "in/contact/alice@corp.example", R"({"name":"Alice","groups":["Friends"]})");
  stage.expect_shown("robert", "in/contact/carol@corp.example", R"({"subscription":"from"})");
  stage.expect_shown("robert", "in/contact/eve@corp.example", R"({"subscription":"to"})");
  stage.expect_logged(
      "event=address.taken account=bob@corp.example address=robert@mqtt.corp.example contacts=5 "
      "unasked=3");
  EXPECT_EQ(server.pubsub.size(), 1U) << "the statement is made all the same";
  EXPECT_EQ(stage.counter("contacts_driven"), 3U);
}

TEST_P(ContactListsTest, both_see_each_other_at_once) {
  lists.say();
  ask(R"({"command":"user.add","jid":"robert@mqtt.corp.example"})");
  stage.online("robert", "phone");
  stage.forget_effects();
  dual();
  for (const char* who : {"alice@corp.example", "carol@corp.example"})
    stage.expect_stanza("<presence from='robert@mqtt.corp.example/phone' to='" + std::string(who) + "'/>");
  for (const char* who : {"alice@corp.example", "eve@corp.example"})
    stage.expect_stanza("<presence type='probe' from='robert@mqtt.corp.example' to='" + std::string(who) + "'/>");
  for (const Element& e : stage.stanzas)
    EXPECT_FALSE(e.attr_or("to") == "eve@corp.example" && e.attr_or("type").empty()) << "eve may not see him";
  stage.xmpp("<presence from='alice@corp.example/spark' to='robert@mqtt.corp.example'/>");
  stage.expect_shown("robert", "in/contact/alice@corp.example/presence", R"({"state":"online"})");
}

TEST_P(ContactListsTest, the_older_version_says_the_same) {
  lists.say("<perm access='message' type='none'/><perm access='roster' type='both'/>", "1");
  dual();
  expect_both("alice@corp.example");
}

TEST_P(ContactListsTest, a_later_version_may_say_anything) {
  lists.say("<perm access='roster' type='both'/>", "3");
  stage.expect_quiet();
  dual();
  EXPECT_TRUE(lists.read.empty());
}

TEST_P(ContactListsTest, a_right_to_read_or_to_write_alone_is_not_enough) {
  for (const char* type : {"get", "set"}) {
    lists.say("<perm access='roster' type='" + std::string(type) + "'/>");
    stage.expect_logged("event=privilege.granted access=roster type=" + std::string(type));
  }
  lists.say("<perm access='presence' type='both'/><perm access='roster' type='none'/>");
  dual();
  EXPECT_TRUE(lists.read.empty() && lists.written.empty());
  EXPECT_EQ(asked().size(), 4U);
}

TEST_P(ContactListsTest, what_a_contact_has_of_the_new_address_already_is_theirs) {
  server.accounts["alice@corp.example"].roster[address] = {"Robert", {"New"}, false, true, false};
  server.accounts["carol@corp.example"].roster[address] = {"R.", {}, false, false, true};  // she has asked to see him
  const auto before = server.accounts;
  lists.say();
  dual();
  EXPECT_EQ(*of("alice"), (OldAccount::Item{"Robert", {"New"}, true, true, false}));
  EXPECT_EQ(*of("carol"), (OldAccount::Item{"R.", {}, false, false, true}));
  EXPECT_NE(contact("carol@corp.example").find(R"("approved":true)"), std::string::npos);
  back();
  EXPECT_EQ(state(), "legacy");
  EXPECT_EQ(server.accounts, before);
}

TEST_P(ContactListsTest, the_way_back_puts_every_list_back_and_asks_nobody) {
  const auto before = server.accounts;
  lists.say();
  dual();
  stage.online("robert", "phone");
  EXPECT_NE(server.accounts, before);
  const std::string shown = ask(R"({"command":"migrate.show","jid":"bob@corp.example"})");
  EXPECT_NE(shown.find("iq jabber:iq:roster both robert@mqtt.corp.example, list of alice@corp.example"),
            std::string::npos)
      << shown;
  stage.forget_effects();
  back();
  EXPECT_EQ(state(), "legacy");
  EXPECT_EQ(server.accounts, before);
  stage.expect_stanza("<presence type='unavailable' from='robert@mqtt.corp.example/phone' to='alice@corp.example'/>");
  for (const Element& e : stage.stanzas)
    EXPECT_TRUE(!e.attr_or("type").starts_with("unsubscribe") || e.attr_or("to") != "alice@corp.example")
        << to_xml(e, ns::client);
  for (const auto& [topic, payload] : stage.retained)
    EXPECT_EQ(topic.find("robert"), std::string::npos) << topic << " " << payload;
}

TEST_P(ContactListsTest, many_contacts_come_a_few_at_a_time) {
  for (int i = 0; i < 60; ++i) {
    const std::string who = "c" + std::to_string(i) + "@corp.example";
    server.accounts[account].roster[who] = {"", {}, true, true, false};
    server.accounts[who].roster[account] = {"", {}, true, true, false};
  }
  const auto before_all = server.accounts;
  lists.say();
  ask(plan_of_bob);
  start("dual", 0);
  for (std::size_t before = 0, i = 0; i < 30; ++i) {
    stage.time(100);
    EXPECT_LE(lists.written.size(), before + 10);
    before = lists.written.size();
  }
  EXPECT_EQ(lists.written.size(), 63U);
  lists.answers = false;
  back("", 5);
  EXPECT_EQ(lists.unanswered.size(), 1U) << "an account's writes are undone one by one";
  lists.answers = true;
  lists.take(lists.unanswered.back());
  run();
  EXPECT_EQ(state(), "legacy") << "each as soon as the one before is";
  EXPECT_EQ(server.accounts, before_all);
}

TEST_P(ContactListsTest, changes_of_lists_that_come_with_the_right_are_taken_note_of) {
  const std::string push =
      "<iq type='set' id='p' from='%' to='mqtt.corp.example'><query xmlns='jabber:iq:roster'><item "
      "jid='zoe@corp.example' subscription='both'/></query></iq>";
  const auto from = [&](const std::string& who) {
    std::string text = push;
    stage.xmpp(text.replace(text.find('%'), 1, who));
  };
  from("alice@corp.example");
  stage.expect_stanza("<iq type='error' id='p' to='alice@corp.example'/>");
  lists.say();
  stage.forget_effects();
  from("alice@corp.example");
  stage.expect_stanza("<iq type='result' id='p' to='alice@corp.example'/>");
  stage.expect_quiet();
  EXPECT_TRUE(stage.log.empty()) << stage.all();
  for (const char* who : {"alice@corp.example/spark", "alice@elsewhere.example", "corp.example"}) {
    from(who);
    stage.expect_stanza("<iq type='error' id='p' to='" + std::string(who) + "'/>");
  }
}

}  // namespace contact_lists_test
}  // namespace ferry
