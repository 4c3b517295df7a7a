// in/waiting: that something has come for somebody who is not there.
#include "gateway/brain/waiting_notes.h"

#include "tests/brain/account_stage.h"

namespace ferry {
namespace waiting_notes_test {

class WaitingTest : public Conversation {
 protected:
  void from(const std::string& jid, const std::string& inside = "<body>Hi</body>", const std::string& type = "chat") {
    stage.xmpp("<message type='" + type + "' from='" + jid + "' to='bob@mqtt.corp.example' id='" +
               std::to_string(++sent_) + "'>" + inside + "</message>");
  }
  std::vector<std::string> notes() {
    std::vector<std::string> found;
    for (const Publish& p : stage.publishes)
      if (p.topic == Stage::topic("bob", "in/waiting")) {
        EXPECT_TRUE(p.retain);
        found.push_back(p.payload.empty() ? "" : Stage::field(p.payload, "from"));
      }
    stage.forget_effects();
    return found;
  }
  using Notes = std::vector<std::string>;

 private:
  int sent_ = 0;
};
FERRY_CONVERSATIONS(WaitingTest);

TEST_P(WaitingTest, who_is_not_there_is_waited_for_until_a_device_comes) {
  from("alice@corp.example/spark");
  EXPECT_EQ(notes(), Notes{}) << "somebody who comes back at once needs none";
  stage.time(WaitingNotes::first);
  const std::string note = stage.expect_publish("bob", "in/waiting", R"({"from":"alice@corp.example","kind":"chat"})");
  EXPECT_EQ(note.find("Hi"), std::string::npos);
  EXPECT_FALSE(Stage::field(note, "ts").empty());
  EXPECT_TRUE(stage.last.retain);
  stage.online("bob", "phone");
  EXPECT_EQ(notes(), Notes{""});
  stage.online("bob", "desk");
  from("alice@corp.example/spark");
  stage.time(minute);
  EXPECT_EQ(notes(), Notes{}) << "somebody is there";
  stage.offline("bob", "phone");
  stage.offline("bob", "desk");
  from("carol@corp.example/spark");
  stage.time(WaitingNotes::first);
  EXPECT_EQ(notes(), Notes{"carol@corp.example"});
}

TEST_P(WaitingTest, what_comes_soon_after_is_told_later_and_the_latest_alone) {
  for (const char* who : {"alice@corp.example/a", "carol@corp.example/a", "dave@corp.example/a"}) from(who);
  stage.time(WaitingNotes::first);
  EXPECT_EQ(notes(), Notes{"dave@corp.example"});
  from("alice@corp.example/a");
  from("carol@corp.example/a");
  stage.time(WaitingNotes::again - 1);
  EXPECT_EQ(notes(), Notes{});
  stage.time(1);
  EXPECT_EQ(notes(), Notes{"carol@corp.example"});
  stage.time(minute);
  EXPECT_EQ(notes(), Notes{}) << "nothing has come";
}

TEST_P(WaitingTest, nobody_is_woken_by_what_nobody_keeps) {
  from("alice@corp.example/a", "<composing xmlns='http://jabber.org/protocol/chatstates'/>");
  from("alice@corp.example/a", "<body>Fire</body>", "headline");
  from("alice@corp.example/a", "<body>Hi</body><no-store xmlns='urn:xmpp:hints'/>");
  stage.time(minute);
  EXPECT_EQ(notes(), Notes{});
}

TEST_P(WaitingTest, a_broker_that_lost_it_is_told_again) {
  from("alice@corp.example/a");
  stage.time(WaitingNotes::first);
  EXPECT_EQ(notes(), Notes{"alice@corp.example"});
  stage.broker_down();
  from("carol@corp.example/a");
  stage.time(minute);
  stage.forget_effects();
  stage.broker_up(false);
  stage.time(1);
  EXPECT_EQ(notes(), Notes{"carol@corp.example"});
}

TEST_P(WaitingTest, a_note_of_an_earlier_process_goes_with_the_first_device) {
  from("alice@corp.example/a");
  stage.time(WaitingNotes::first);
  stage.restart();
  stage.links_up();
  stage.settle();
  stage.forget_effects();
  stage.online("bob", "phone");
  EXPECT_EQ(notes(), Notes{""});
}

TEST_P(WaitingTest, who_is_removed_leaves_no_note) {
  from("alice@corp.example/a");
  stage.time(WaitingNotes::first);
  stage.forget_effects();
  stage.command(R"({"command":"user.remove","jid":"bob@mqtt.corp.example","go":true})");
  EXPECT_EQ(notes(), Notes{""});
}

class AccountWaitingTest : public AccountConversation {
 protected:
  void waits(const std::string& from, bool group = false) {
    stage.session_waiting(account, from, group);
    stage.time(WaitingNotes::first);
  }
};
FERRY_CONVERSATIONS(AccountWaitingTest);

TEST_P(AccountWaitingTest, what_the_old_server_keeps_is_told_while_nobody_is_there) {
  dual();
  waits("alice@corp.example/spark");
  stage.expect_no_publish(account, "in/waiting");
  stage.offline(account, "phone");
  waits("sea@rooms.corp.example/carol", true);
  stage.expect_publish(account, "in/waiting", R"({"from":"sea@rooms.corp.example","kind":"groupchat"})");
}

TEST_P(AccountWaitingTest, not_before_dual) {
  plan();
  start("shadow");
  waits("alice@corp.example/spark");
  stage.expect_no_publish(account, "in/waiting");
}

// So that its session says that something waits, and leaves it there.
TEST_P(AccountWaitingTest, the_session_is_told_that_nobody_is_there) {
  plan();
  start("shadow");
  EXPECT_EQ(server.presences[account], "") << "it does not matter yet";
  start("dual");
  EXPECT_NE(server.presences[account].find("unavailable"), std::string::npos);
  server.gateway_died();
  stage.restart();
  EXPECT_NE(server.presences[account].find("unavailable"), std::string::npos) << "to log in with";
}

}  // namespace waiting_notes_test
}  // namespace ferry
