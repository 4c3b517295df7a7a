// What is said in the rooms of an account: heard once, said once, in order, also when sessions and processes end.
#include "tests/brain/room_stage.h"

namespace ferry {
namespace accounts_room_messages_test {

class AccountsRoomMessagesTest : public RoomConversation {};
FERRY_CONVERSATIONS(AccountsRoomMessagesTest);

TEST_P(AccountsRoomMessagesTest, what_is_said_comes_with_room_and_nick) {
  in_the_sea();
  server.rooms.says(
      sea, "alice",
      "<body>Ahoy</body><request xmlns='urn:xmpp:receipts'/><x xmlns='http://jabber.org/protocol/muc#user'/>"
      "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='o'/>");
  const std::string json =
      stage.expect_publish(account, "in/msg",
                           R"({"kind":"groupchat","from":"sea@rooms.corp.example/alice","room":"sea@rooms.corp.example",
                               "nick":"alice","body":"Ahoy","to":"bob@corp.example"})");
  EXPECT_EQ(json.find("want"), std::string::npos) << json;
  EXPECT_EQ(json.find("ext"), std::string::npos) << json;
  stage.mqtt(account, "out/receipt",
             R"({"id":")" + Stage::field(json, "id") + R"(","to":"sea@rooms.corp.example","state":"delivered"})");
  EXPECT_TRUE(server.sent.empty()) << "no receipts to rooms";
}

TEST_P(AccountsRoomMessagesTest, chat_states_and_markers_are_no_messages) {
  in_the_sea();
  server.rooms.says(sea, "alice", "<composing xmlns='http://jabber.org/protocol/chatstates'/>");
  server.rooms.says(sea, "alice", "<displayed xmlns='urn:xmpp:chat-markers:0' id='c1'/>");
  stage.mqtt(account, "out/act", R"({"to":"sea@rooms.corp.example","state":"composing"})");
  stage.expect_no_publishes();
  EXPECT_TRUE(server.sent.empty());
  EXPECT_EQ(stage.counter("room_noise_dropped"), 3U);
}

TEST_P(AccountsRoomMessagesTest, ones_own_message_is_said_once_and_forwarded) {
  in_the_sea();
  say("Hello", "c1");
  const Element e = sent("<message type='groupchat' id='c1' to='sea@rooms.corp.example'><body>Hello</body></message>");
  EXPECT_EQ(to_xml(e, ns::client).find("bob@corp.example"), std::string::npos) << "nobody there need know whose it is";
  stage.expect_publish(account, "in/receipt", R"({"id":"c1","state":"forwarded"})");
  stage.expect_publish(account, "in/msg", R"({"id":"c1","room":"sea@rooms.corp.example","nick":"Robert"})");
  EXPECT_EQ(heard("Hello"), 0U) << "the reflection is no second message";
  EXPECT_EQ(stage.counter("room_reflections"), 1U);
}

TEST_P(AccountsRoomMessagesTest, what_another_client_says_there_is_heard) {
  in_the_sea();
  server.rooms.says(sea, "Robert", "<body>From Spark</body>", "s1");
  stage.expect_publish(account, "in/msg", R"({"nick":"Robert","body":"From Spark"})");
}

// A client that keeps its history would show everything twice.
TEST_P(AccountsRoomMessagesTest, who_moves_a_second_time_knows_the_history_by_its_ids) {
  const auto ids = [&] {  // a message that is published again is one
    std::set<std::pair<std::string, std::string>> found;
    for (const auto& p : stage.publishes)
      if (p.topic == Stage::topic(account, "in/msg"))
        found.emplace(Stage::field(p.payload, "body"), Stage::field(p.payload, "id"));
    return found;
  };
  server.rooms.says(sea, "alice", "<body>Before</body>", "x0");
  plan();
  start("dual");
  stage.online(account, "phone");
  run();
  server.rooms.says(sea, "alice", "<body>Live</body>", "x2");
  server.rooms.says(sea, "alice", "<body>Live</body>", "x3");
  server.rooms.says(sea, "Robert", "<body>From Spark</body><origin-id xmlns='urn:xmpp:sid:0' id='s1'/>", "s1");
  server.rooms.says(sea, "alice", "<body>Nameless</body>", "");
  const auto first = ids();
  EXPECT_EQ(first.size(), 5U);
  back();
  ASSERT_EQ(state(), "legacy");
  stage.time(15LL * 24 * 3600 * second);  // what was seen is forgotten
  stage.publishes.clear();
  start("dual");
  stage.online(account, "phone");
  run();
  const auto again = ids();
  EXPECT_EQ(again.size(), 5U);
  for (const auto& message : first)
    EXPECT_EQ(again.contains(message), message.first != "Nameless") << message.first << ' ' << message.second;
}

// Where the room itself gives ids, these count, whatever the senders call it.
TEST_P(AccountsRoomMessagesTest, a_rooms_own_id_makes_the_id_at_mqtt) {
  the_sea().gives_ids = true;
  in_the_sea();
  server.rooms.says(sea, "alice", "<body>Ahoy</body>", "");
  const std::string first = Stage::field(stage.expect_publish(account, "in/msg", R"({"body":"Ahoy"})"), "id");
  back();
  stage.time(15LL * 24 * 3600 * second);
  start("dual");
  stage.online(account, "phone");
  run();
  EXPECT_EQ(Stage::field(stage.expect_publish(account, "in/msg", R"({"body":"Ahoy"})"), "id"), first);
}

TEST_P(AccountsRoomMessagesTest, plain_text_to_a_room_is_for_all_of_it) {
  in_the_sea();
  stage.mqtt(account, "out/text/sea@rooms.corp.example", "Ahoy");
  sent("<message type='groupchat' to='sea@rooms.corp.example'><body>Ahoy</body></message>");
}

TEST_P(AccountsRoomMessagesTest, what_is_heard_while_joining_is_not_heard_again_in_the_history) {
  in_the_sea();
  server.rooms.ends(sea, "Robert", "<status code='332'/>");
  server.rooms.rooms.erase(sea);  // it takes its time
  stage.time(60 * second);
  stage.expect_shown(account, in_sea, R"({"state":"joining"})");
  stage.forget_effects();
  const std::string said = "<message type='groupchat' from='sea@rooms.corp.example/alice'><body>Ahoy</body>";
  server.deliver(account, said + "</message>");
  presence("from='sea@rooms.corp.example/Robert'", "<item role='participant'/><status code='110'/>");
  server.deliver(account,
                 said + "<delay xmlns='urn:xmpp:delay' stamp='" + format_instant(stage.now - second) + "'/></message>");
  server.deliver(account, "<message type='groupchat' from='sea@rooms.corp.example'><subject/></message>");
  stage.expect_shown(account, in_sea, R"({"state":"joined"})");
  EXPECT_EQ(heard("Ahoy"), 1U);
}

TEST_P(AccountsRoomMessagesTest, equal_words_are_said_twice) {
  in_the_sea();
  server.rooms.says(sea, "alice", "<body>ok</body>", "1");
  server.rooms.says(sea, "alice", "<body>ok</body>", "1");
  EXPECT_EQ(heard("ok"), 2U);
}

TEST_P(AccountsRoomMessagesTest, messages_to_other_rooms_fail_and_say_why) {
  in_the_sea();
  say("Hello", "c1", ops);
  stage.expect_publish(account, "in/receipt",
                       R"({"id":"c1","state":"failed","reason":{"condition":"not-acceptable","retry":false}})");
  say("Hello", "c2", "sea@rooms.corp.example/alice");
  stage.expect_publish(account, "in/receipt", R"({"id":"c2","state":"failed","reason":{"condition":"bad-request"}})");
  EXPECT_TRUE(server.sent.empty());
}

TEST_P(AccountsRoomMessagesTest, in_private_both_ways) {
  in_the_sea();
  server.deliver(account,
                 "<message type='chat' id='p1' from='sea@rooms.corp.example/alice'><body>Psst</body>"
                 "<x xmlns='http://jabber.org/protocol/muc#user'/></message>");
  stage.expect_publish(account, "in/msg",
                       R"({"kind":"chat","from":"sea@rooms.corp.example/alice","nick":"alice","body":"Psst"})");
  stage.mqtt(account, "out/msg", R"({"id":"c1","to":"sea@rooms.corp.example/alice","kind":"chat","body":"Yes?"})");
  sent(
      "<message type='chat' to='sea@rooms.corp.example/alice' id='c1'><body>Yes?</body>"
      "<x xmlns='http://jabber.org/protocol/muc#user'/></message>");
  stage.expect_publish(account, "in/receipt", R"({"id":"c1","state":"forwarded"})");
}

TEST_P(AccountsRoomMessagesTest, nobody_in_a_room_gets_an_error) {
  in_the_sea();
  const std::string loop = "<body>Again</body><via xmlns='urn:ferry:via:0' hops='sea@rooms.corp.example/Robert'/>";
  server.deliver(account, "<message type='chat' id='p1' from='sea@rooms.corp.example/alice'>" + loop + "</message>");
  server.rooms.says(sea, "alice", loop);
  EXPECT_EQ(heard("Again"), 0U);
  EXPECT_EQ(stage.counter("loops_stopped"), 2U);
  EXPECT_TRUE(server.sent.empty());
}

TEST_P(AccountsRoomMessagesTest, the_subject_is_shown_and_changed) {
  in_the_sea();
  server.rooms.says(sea, "alice", "<subject>Storms</subject>");
  stage.expect_shown(account, in_sea, R"({"subject":"Storms"})");
  stage.expect_publish(account, "in/msg", R"({"kind":"groupchat","nick":"alice","subject":"Storms"})");
  stage.mqtt(account, "out/msg", R"({"id":"c1","to":"sea@rooms.corp.example","kind":"groupchat","subject":"Calm"})");
  stage.expect_shown(account, in_sea, R"({"subject":"Calm"})");
}

TEST_P(AccountsRoomMessagesTest, history_comes_once_whatever_the_way) {
  server.rooms.says(sea, "alice", "<body>Before</body>", "h1");
  server.rooms.says(sea, "alice", "<body>No id</body>", "");
  plan();
  start("dual");
  EXPECT_EQ(heard("Before"), 1U);
  EXPECT_EQ(heard("No id"), 1U);
  server.rooms.says(sea, "alice", "<body>Heard</body>", "h2");
  server.rooms.says(sea, "alice", "<body>Heard, no id</body>", "");
  stage.time(10 * second);
  server.lose(account);
  server.rooms.forget(account);
  server.rooms.says(sea, "alice", "<body>Missed</body>", "h3");
  stage.forget_effects();
  server.come_up(account);
  EXPECT_EQ(heard("Missed"), 1U);
  for (const char* body : {"Before", "No id", "Heard", "Heard, no id"}) EXPECT_EQ(heard(body), 0U) << body;
  stage.expect_shown(account, in_sea, R"({"state":"joined"})");
}

TEST_P(AccountsRoomMessagesTest, what_was_missed_is_asked_for_by_its_age) {
  in_the_sea();
  server.lose(account);
  stage.time(90 * second);
  server.come_up(account);
  const Element e = sent(
      "<presence to='sea@rooms.corp.example/Robert'><x xmlns='http://jabber.org/protocol/muc'>"
      "<history maxstanzas='1000'/></x></presence>");
  const Element* x = e.child("x", "http://jabber.org/protocol/muc");
  const int seconds = std::stoi(std::string(x->child("history", x->ns)->attr_or("seconds", "0")));
  EXPECT_GE(seconds, 150);
  EXPECT_LE(seconds, 170);
}

TEST_P(AccountsRoomMessagesTest, what_was_written_meanwhile_waits_for_the_room_and_its_order) {
  in_the_sea();
  server.lose(account);
  server.rooms.forget(account);
  for (const char* id : {"c1", "c2", "c3"}) say(id, id);
  stage.mqtt(account, "out/msg", R"({"id":"d1","to":"alice@corp.example","kind":"chat","body":"Hello"})");
  EXPECT_TRUE(server.sent.empty());
  server.come_up(account);
  std::vector<std::string> ids;
  for (const auto& [who, e] : server.sent)
    if (e.name == "message") ids.emplace_back(e.attr_or("id"));
  EXPECT_EQ(std::count(ids.begin(), ids.end(), "d1"), 1);
  std::erase(ids, "d1");
  EXPECT_EQ(ids, (std::vector<std::string>{"c1", "c2", "c3"}));
  EXPECT_EQ(the_sea().history.size(), 3U);
  for (const char* id : {"c1", "c2", "c3"})
    stage.expect_publish(account, "in/receipt", R"({"id":")" + std::string(id) + R"(","state":"forwarded"})");
}

TEST_P(AccountsRoomMessagesTest, what_is_in_doubt_after_a_crash_is_looked_for_in_the_history) {
  in_the_sea();
  server.acknowledges = false;
  say("came", "c1");
  the_sea().deaf = true;
  say("lost", "c2");
  the_sea().deaf = false;
  EXPECT_EQ(the_sea().history.size(), 1U);
  die();
  server.acknowledges = true;
  server.come_up(account);
  EXPECT_EQ(said("c1"), 0U);
  EXPECT_EQ(said("c2"), 1U);
  EXPECT_EQ(the_sea().history.size(), 2U);
  stage.expect_publish(account, "in/receipt", R"({"id":"c1","state":"forwarded"})");
  stage.expect_publish(account, "in/receipt", R"({"id":"c2","state":"forwarded"})");
  EXPECT_EQ(heard("came"), 0U);
}

TEST_P(AccountsRoomMessagesTest, the_ids_of_a_room_tell_what_is_the_same) {
  the_sea().gives_ids = true;
  in_the_sea();
  server.rooms.says(sea, "alice", "<body>ok</body>", "1");
  server.rooms.says(sea, "alice", "<body>ok</body>", "1");
  stage.expect_publish(account, "in/msg", R"({"stanzaIds":[{"id":"s1","by":"sea@rooms.corp.example"}]})");
  die();
  server.come_up(account);
  EXPECT_EQ(heard("ok"), 0U);
}

TEST_P(AccountsRoomMessagesTest, a_room_that_forgot_us_is_joined_and_told_again) {
  in_the_sea();
  the_sea().occupants.erase("Robert");  // and not a word about it
  say("one", "c1");
  say("two", "c2");
  EXPECT_EQ(said("c1"), 2U);
  EXPECT_TRUE(the_sea().occupants.contains("Robert"));
  ASSERT_EQ(the_sea().history.size(), 2U);
  EXPECT_EQ(the_sea().history[0].id, "c1");
  for (const Publish& p : stage.publishes) EXPECT_EQ(p.payload.find("failed"), std::string::npos) << p.payload;
}

TEST_P(AccountsRoomMessagesTest, what_a_room_has_not_given_back_is_looked_for_after_a_crash) {
  in_the_sea();
  the_sea().deaf = true;
  say("Hello", "c1");
  the_sea().deaf = false;
  for (const Publish& p : stage.publishes) EXPECT_EQ(p.payload.find("forwarded"), std::string::npos) << p.payload;
  die();
  server.come_up(account);
  EXPECT_EQ(said("c1"), 1U);
  EXPECT_EQ(the_sea().history.size(), 1U);
  stage.expect_publish(account, "in/receipt", R"({"id":"c1","state":"forwarded"})");
}

// The server says that it has it after the account has left its rooms.
TEST_P(AccountsRoomMessagesTest, what_was_said_just_before_the_way_back_is_told) {
  in_the_sea();
  server.acknowledges = false;
  say("Hello", "c1");
  ask(R"({"command":"migrate.back","cohort":"pilot","go":true})");
  run(3);
  server.acknowledges = true;
  server.acknowledge(account);
  stage.expect_publish(account, "in/receipt", R"({"id":"c1","state":"forwarded"})");
  run();
  EXPECT_EQ(state(), "legacy");
}

TEST_P(AccountsRoomMessagesTest, a_room_that_changes_what_is_said_has_it_all_the_same) {
  in_the_sea();
  the_sea().deaf = true;
  say("Damn", "c1");
  server.deliver(account,
                 "<message type='groupchat' id='c1' from='sea@rooms.corp.example/Robert'><body>D***</body></message>");
  stage.expect_publish(account, "in/receipt", R"({"id":"c1","state":"forwarded"})");
  EXPECT_EQ(heard("D***"), 0U);
}

// The history of a room that gives nothing back under our id would not tell that it has it.
TEST_P(AccountsRoomMessagesTest, a_room_that_has_given_nothing_back_is_not_told_twice) {
  in_the_sea();
  the_sea().deaf = true;
  say("Hello", "c1");
  stage.offline(account, "phone");
  stage.time(2 * second);
  EXPECT_EQ(said("c1"), 1U);
  stage.expect_publish(account, "in/receipt", R"({"id":"c1","state":"forwarded"})");
}

TEST_P(AccountsRoomMessagesTest, strangers_rooms_are_nobodys) {
  in_the_sea();
  server.deliver(account, "<message type='groupchat' from='ops@rooms.corp.example/al' id='g'><body>x</body></message>");
  presence("from='ops@rooms.corp.example/al'", "<item role='participant'/>");
  stage.expect_no_publishes();
  EXPECT_EQ(stage.counter("session_groupchats"), 1U);
  EXPECT_TRUE(server.sent.empty());
}

}  // namespace accounts_room_messages_test
}  // namespace ferry
