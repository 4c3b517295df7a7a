// What is said in the rooms of our own people: heard once, said once, in order, also when links and processes end.
#include "tests/brain/resident_stage.h"

namespace ferry {
namespace residents_room_messages_test {

class ResidentsRoomMessagesTest : public ResidentConversation {};
FERRY_CONVERSATIONS(ResidentsRoomMessagesTest);

TEST_P(ResidentsRoomMessagesTest, what_is_said_comes_with_room_and_nick) {
  in_the_sea();
  rooms.says(sea, "alice",
             "<body>Ahoy</body><request xmlns='urn:xmpp:receipts'/><x xmlns='http://jabber.org/protocol/muc#user'/>"
             "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='o'/>");
  const std::string json =
      stage.expect_publish("bob", "in/msg",
                           R"({"kind":"groupchat","from":"sea@rooms.corp.example/alice","room":"sea@rooms.corp.example",
                               "nick":"alice","body":"Ahoy","to":"bob@mqtt.corp.example"})");
  EXPECT_EQ(json.find("want"), std::string::npos) << json;
  EXPECT_EQ(json.find("ext"), std::string::npos) << json;
  stage.mqtt("bob", "out/receipt",
             R"({"id":")" + Stage::field(json, "id") + R"(","to":"sea@rooms.corp.example","state":"delivered"})");
  EXPECT_TRUE(sent.empty()) << "no receipts to rooms";
}

TEST_P(ResidentsRoomMessagesTest, chat_states_and_markers_are_no_messages) {
  in_the_sea();
  rooms.says(sea, "alice", "<composing xmlns='http://jabber.org/protocol/chatstates'/>");
  rooms.says(sea, "alice", "<displayed xmlns='urn:xmpp:chat-markers:0' id='c1'/>");
  stage.mqtt("bob", "out/act", R"({"to":"sea@rooms.corp.example","state":"composing"})");
  stage.expect_no_publishes();
  EXPECT_TRUE(sent.empty());
  EXPECT_EQ(stage.counter("room_noise_dropped"), 3U);
}

TEST_P(ResidentsRoomMessagesTest, ones_own_message_is_said_once_and_forwarded) {
  in_the_sea();
  stage.mqtt("bob", "out/msg",
             R"({"id":"c1","to":"sea@rooms.corp.example","kind":"groupchat","body":"Hello","device":"phone"})");
  const Element e = gone("<message type='groupchat' id='c1' to='sea@rooms.corp.example'><body>Hello</body></message>");
  EXPECT_EQ(e.attr_or("from"), occupant) << "no device";
  stage.expect_publish("bob", "in/receipt", R"({"id":"c1","state":"accepted"})");
  stage.expect_publish("bob", "in/receipt", R"({"id":"c1","state":"forwarded"})");
  stage.expect_publish("bob", "in/msg", R"({"id":"c1","room":"sea@rooms.corp.example","nick":"Bob"})");
  EXPECT_EQ(heard("Hello"), 0U) << "the reflection is no second message";
  EXPECT_EQ(stage.counter("room_reflections"), 1U);
  say("Hello", "c1");
  EXPECT_EQ(said("c1"), 0U) << "repeated";
}

TEST_P(ResidentsRoomMessagesTest, two_of_ours_in_one_room_hear_each_other) {
  in_the_sea();
  request("room.join", sea, "", "anna");
  clear();
  say("Hello", "c1");
  EXPECT_EQ(heard("Hello", "anna"), 1U);
  EXPECT_EQ(heard("Hello", "bob"), 1U) << "the echo, and no reflection";
  stage.mqtt("anna", "out/msg", R"({"id":"c1","to":"sea@rooms.corp.example","kind":"groupchat","body":"Hi"})");
  EXPECT_EQ(heard("Hi", "bob"), 1U) << "of another, with an id that bob has used";
}

TEST_P(ResidentsRoomMessagesTest, plain_text_to_a_room_is_for_all_of_it) {
  in_the_sea();
  stage.mqtt("bob", "out/text/sea@rooms.corp.example", "Ahoy");
  gone("<message type='groupchat' to='sea@rooms.corp.example'><body>Ahoy</body></message>");
}

TEST_P(ResidentsRoomMessagesTest, messages_to_other_rooms_fail_and_say_why) {
  say("Hello", "c0");
  stage.expect_publish("bob", "in/receipt",
                       R"({"id":"c0","state":"failed","reason":{"condition":"not-acceptable","retry":false}})");
  in_the_sea();
  say("Hello", "c1", ops);
  stage.expect_publish("bob", "in/receipt", R"({"id":"c1","state":"failed","reason":{"condition":"not-acceptable"}})");
  say("Hello", "c2", "sea@rooms.corp.example/alice");
  stage.expect_publish("bob", "in/receipt", R"({"id":"c2","state":"failed","reason":{"condition":"bad-request"}})");
  say("Hello", "c3", "alice@corp.example");
  stage.expect_publish("bob", "in/receipt", R"({"id":"c3","state":"failed","reason":{"condition":"not-acceptable"}})");
  EXPECT_TRUE(sent.empty());
  stage.expect_no_stanza();
}

TEST_P(ResidentsRoomMessagesTest, in_private_both_ways) {
  in_the_sea();
  deliver(occupant,
          "<message type='chat' id='p1' from='sea@rooms.corp.example/alice'><body>Psst</body>"
          "<request xmlns='urn:xmpp:receipts'/><x xmlns='http://jabber.org/protocol/muc#user'/></message>");
  const std::string json = stage.expect_publish(
      "bob", "in/msg", R"({"kind":"chat","from":"sea@rooms.corp.example/alice","nick":"alice","body":"Psst"})");
  stage.mqtt("bob", "out/receipt",
             R"({"id":")" + Stage::field(json, "id") + R"(","to":"sea@rooms.corp.example/alice","state":"delivered"})");
  gone("<message to='sea@rooms.corp.example/alice'><received xmlns='urn:xmpp:receipts' id='p1'/></message>");
  stage.mqtt("bob", "out/msg", R"({"id":"c1","to":"sea@rooms.corp.example/alice","kind":"chat","body":"Yes?"})");
  gone(
      "<message type='chat' to='sea@rooms.corp.example/alice' id='c1'><body>Yes?</body>"
      "<x xmlns='http://jabber.org/protocol/muc#user'/></message>");
  stage.expect_publish("bob", "in/receipt", R"({"id":"c1","state":"forwarded"})");
  stage.mqtt("bob", "out/act", R"({"to":"sea@rooms.corp.example/alice","state":"composing"})");
  EXPECT_EQ(gone("<message to='sea@rooms.corp.example/alice'/>").attr_or("from"), occupant);
}

TEST_P(ResidentsRoomMessagesTest, nobody_in_a_room_gets_an_error) {
  in_the_sea();
  const std::string loop = "<body>Again</body><via xmlns='urn:ferry:via:0' hops='sea@rooms.corp.example/Bob'/>";
  deliver(occupant, "<message type='chat' id='p1' from='sea@rooms.corp.example/alice'>" + loop + "</message>");
  rooms.says(sea, "alice", loop);
  EXPECT_EQ(heard("Again"), 0U);
  EXPECT_EQ(stage.counter("loops_stopped"), 2U);
  auto large = parse_xml("<message type='groupchat' from='sea@rooms.corp.example/alice' id='big' to='" +
                         std::string(occupant) + "'/>");
  stage.brain->on_refused({std::move(*large), error(Condition::policy_violation, "limit")}, stage.now);
  stage.time(second);
  EXPECT_TRUE(sent.empty());
  stage.expect_no_stanza();
}

TEST_P(ResidentsRoomMessagesTest, who_poses_as_a_room_is_refused) {
  in_the_sea();
  const std::string body = "<body>boo</body></message>";
  for (const char* from : {"alice@corp.example/x", "ops@rooms.corp.example/carol"})
    for (const char* to : {occupant, "bob@mqtt.corp.example", "bob@mqtt.corp.example/phone"})
      deliver(to, "<message type='groupchat' id='g' from='" + std::string(from) + "'>" + body);
  // Nor is what the room says to another address of his: somebody else has joined with that one.
  deliver("bob@mqtt.corp.example", "<message type='groupchat' id='g' from='sea@rooms.corp.example/alice'>" + body);
  EXPECT_EQ(heard("boo"), 0U);
  stage.expect_no_publishes();
}

TEST_P(ResidentsRoomMessagesTest, a_room_that_was_left_hears_that_nobody_is_there) {
  in_the_sea();
  link_down();
  request("room.leave", sea);
  link_up();
  EXPECT_TRUE(is_in(sea, "Bob")) << "nobody could say so";
  sent.clear();
  rooms.says(sea, "alice", "<body>Still there?</body>");
  gone(
      "<message type='error' to='sea@rooms.corp.example/alice'><error><service-unavailable "
      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
  EXPECT_EQ(heard("Still there?"), 0U);
}

TEST_P(ResidentsRoomMessagesTest, the_subject_is_shown_and_changed) {
  in_the_sea();
  rooms.says(sea, "alice", "<subject>Storms</subject>");
  stage.expect_shown("bob", in_sea, R"({"subject":"Storms"})");
  stage.expect_publish("bob", "in/msg", R"({"kind":"groupchat","nick":"alice","subject":"Storms"})");
  stage.mqtt("bob", "out/msg", R"({"id":"c1","to":"sea@rooms.corp.example","kind":"groupchat","subject":"Calm"})");
  stage.expect_shown("bob", in_sea, R"({"subject":"Calm"})");
}

TEST_P(ResidentsRoomMessagesTest, what_was_missed_comes_once) {
  rooms.says(sea, "alice", "<body>Before</body>", "h1");
  rooms.says(sea, "alice", "<body>No id</body>", "");
  request("room.join", sea, R"(,"nick":"Bob")");
  EXPECT_EQ(heard("Before"), 1U);
  EXPECT_EQ(heard("No id"), 1U);
  rooms.says(sea, "alice", "<body>Heard</body>", "h2");
  rooms.says(sea, "alice", "<body>Heard, no id</body>", "");
  stage.time(90 * second);
  for (const bool process : {false, true}) {
    clear();
    const auto before = process ? 0 : stage.counter("room_messages");
    const std::string missed = process ? "Missed by a process" : "Missed by a link";
    up = false;
    if (!process) stage.component_down();
    rooms.says(sea, "alice", "<body>" + missed + "</body>", "h3");
    if (process)
      die();
    else
      link_up();
    stage.time(3 * second);  // what the broker has forgotten is known
    EXPECT_EQ(heard(missed), 1U);
    EXPECT_EQ(stage.counter("room_messages"), before + 1) << "the others were heard before";
    stage.expect_shown("bob", in_sea, R"({"state":"joined"})");
  }
  const Element e = gone(
      "<presence to='sea@rooms.corp.example/Bob'><x xmlns='http://jabber.org/protocol/muc'>"
      "<history maxstanzas='1000'/></x></presence>");
  const Element* x = e.child("x", "http://jabber.org/protocol/muc");
  EXPECT_NE(x->child("history", x->ns)->attr_or("seconds", ""), "");
}

TEST_P(ResidentsRoomMessagesTest, what_was_written_meanwhile_waits_for_the_room_and_its_order) {
  in_the_sea();
  link_down();
  for (const char* id : {"c1", "c2", "c3"}) say(id, id);
  stage.mqtt("bob", "out/msg", R"({"id":"d1","to":"alice@corp.example","kind":"chat","body":"Hello"})");
  EXPECT_TRUE(sent.empty());
  answers = false;  // the room takes its time
  link_up();
  stage.expect_stanza("<message id='d1' to='alice@corp.example'/>");
  for (const char* id : {"c1", "c2", "c3"}) EXPECT_EQ(said(id), 0U);
  say("c4", "c4");
  stage.mqtt("bob", "out/msg", R"({"id":"d2","to":"alice@corp.example","kind":"chat","body":"And on"})");
  stage.expect_stanza("<message id='d2' to='alice@corp.example'/>");
  stage.expect_publish("bob", "in/receipt", R"({"id":"d2","state":"forwarded"})");
  answers = true;
  stage.time(31 * second);
  stage.time(61 * second);
  std::vector<std::string> ids;
  for (const Element& e : sent)
    if (e.name == "message") ids.emplace_back(e.attr_or("id"));
  EXPECT_EQ(ids, (std::vector<std::string>{"c1", "c2", "c3", "c4"}));
  EXPECT_EQ(rooms.rooms[sea].history.size(), 4U);
  for (const char* id : {"c1", "c2", "c3", "c4"})
    stage.expect_publish("bob", "in/receipt", R"({"id":")" + std::string(id) + R"(","state":"forwarded"})");
}

TEST_P(ResidentsRoomMessagesTest, what_is_written_before_anybody_is_there_is_of_the_same_person) {
  in_the_sea();
  up = false;
  stage.restart();
  stage.broker_up(true);
  stage.time(3 * second);
  say("Hello", "c1");
  stage.expect_publish(
      "bob", "in/msg",
      R"({"id":"c1","room":"sea@rooms.corp.example","nick":"Bob","via":["sea@rooms.corp.example/Bob"]})");
  link_up();
  EXPECT_EQ(said("c1"), 1U);
}

TEST_P(ResidentsRoomMessagesTest, more_than_a_window_waits_and_keeps_its_order) {
  in_the_sea();
  link_down();
  constexpr int many = static_cast<int>(XmppOutbox::window) * 2 + 10;
  for (int n = 0; n < many; ++n) {
    say("x", "c" + std::to_string(n));
    if (n % 3 == 0)
      stage.mqtt("bob", "out/msg",
                 R"({"id":"d)" + std::to_string(n) + R"(","to":"alice@corp.example","kind":"chat","body":"x"})");
  }
  link_up();
  stage.time(second);
  ASSERT_EQ(rooms.rooms[sea].history.size(), static_cast<std::size_t>(many));
  for (int n = 0; n < many; ++n)
    EXPECT_EQ(rooms.rooms[sea].history[static_cast<std::size_t>(n)].id, "c" + std::to_string(n));
  EXPECT_EQ(stage.brain->gauges().to_xmpp.rows, 0);
}

TEST_P(ResidentsRoomMessagesTest, what_is_in_doubt_after_a_crash_is_looked_for_in_the_history) {
  in_the_sea();
  stage.server_answers = false;
  say("came", "c1");
  rooms.rooms[sea].deaf = true;
  say("lost", "c2");
  rooms.rooms[sea].deaf = false;
  EXPECT_EQ(rooms.rooms[sea].history.size(), 1U);
  stage.server_answers = true;
  die();
  EXPECT_EQ(said("c1"), 0U);
  EXPECT_EQ(said("c2"), 1U);
  EXPECT_EQ(rooms.rooms[sea].history.size(), 2U);
  stage.expect_publish("bob", "in/receipt", R"({"id":"c1","state":"forwarded"})");
  stage.expect_publish("bob", "in/receipt", R"({"id":"c2","state":"forwarded"})");
  EXPECT_LE(heard("came"), 1U) << "an echo at most";
  EXPECT_EQ(stage.brain->gauges().to_xmpp.rows, 0);
}

TEST_P(ResidentsRoomMessagesTest, the_same_after_the_link_alone_was_lost) {
  in_the_sea();
  stage.server_answers = false;
  say("came", "c1");
  say("came too", "c2");
  stage.pings.clear();
  stage.server_answers = true;
  clear();
  link_down();
  link_up();
  EXPECT_EQ(said("c1") + said("c2"), 0U);
  EXPECT_EQ(rooms.rooms[sea].history.size(), 2U);
  stage.expect_publish("bob", "in/receipt", R"({"id":"c1","state":"forwarded"})");
  stage.expect_publish("bob", "in/receipt", R"({"id":"c2","state":"forwarded"})");
}

TEST_P(ResidentsRoomMessagesTest, a_room_that_forgot_us_is_joined_and_told_again) {
  in_the_sea();
  rooms.forget(occupant);  // and not a word about it
  say("one", "c1");
  say("two", "c2");
  EXPECT_TRUE(is_in(sea, "Bob"));
  ASSERT_EQ(rooms.rooms[sea].history.size(), 2U);
  EXPECT_EQ(rooms.rooms[sea].history[0].id, "c1");
  for (const Publish& p : stage.publishes) EXPECT_EQ(p.payload.find("failed"), std::string::npos) << p.payload;
}

// The server had taken it; the room's answer was on its way to a process that was no more.
TEST_P(ResidentsRoomMessagesTest, what_a_room_has_not_given_back_is_looked_for_after_a_crash) {
  in_the_sea();
  rooms.rooms[sea].deaf = true;
  say("Hello", "c1");
  rooms.rooms[sea].deaf = false;
  for (const Publish& p : stage.publishes) EXPECT_EQ(p.payload.find("forwarded"), std::string::npos) << p.payload;
  die();
  EXPECT_EQ(said("c1"), 1U);
  EXPECT_EQ(rooms.rooms[sea].history.size(), 1U);
  stage.expect_publish("bob", "in/receipt", R"({"id":"c1","state":"forwarded"})");
}

TEST_P(ResidentsRoomMessagesTest, what_a_room_sent_back_is_told_again_by_the_next_process) {
  in_the_sea();
  rooms.rooms[sea].deaf = true;
  say("Hello", "c1");
  say("and on", "c2");
  rooms.rooms[sea].deaf = answers = false;
  for (const std::string id : {"c1", "c2"})
    deliver(occupant, "<message type='error' id='" + id +
                          "' from='sea@rooms.corp.example'><error type='modify'>"
                          "<not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
  answers = true;
  die();
  ASSERT_EQ(rooms.rooms[sea].history.size(), 2U);
  EXPECT_EQ(rooms.rooms[sea].history[0].id, "c1");
}

TEST_P(ResidentsRoomMessagesTest, a_room_that_gives_nothing_back_has_it_after_a_while) {
  in_the_sea();
  rooms.rooms[sea].deaf = true;
  say("Hello", "c1");
  stage.time(10 * second);
  say("Hello?", "c2");
  const auto forwarded = [&](const std::string& id) {
    return std::any_of(stage.publishes.begin(), stage.publishes.end(), [&](const Publish& p) {
      return p.topic == Stage::topic("bob", "in/receipt") && Stage::field(p.payload, "id") == id &&
             Stage::field(p.payload, "state") == "forwarded";
    });
  };
  stage.time(19 * second);
  EXPECT_FALSE(forwarded("c1"));
  stage.time(second);
  EXPECT_TRUE(forwarded("c1"));
  EXPECT_FALSE(forwarded("c2"));
  request("room.leave", sea);
  EXPECT_TRUE(forwarded("c2")) << "the server has it, and nobody is there to hear the room";
  EXPECT_EQ(stage.brain->gauges().to_xmpp.rows, 0);
}

TEST_P(ResidentsRoomMessagesTest, what_a_room_says_while_we_come_in_is_left_to_its_history) {
  in_the_sea();
  link_down();
  answers = false;
  link_up();
  deliver(occupant,
          "<message type='groupchat' id='h2' from='sea@rooms.corp.example/alice'><body>later</body></message>");
  EXPECT_EQ(heard("later"), 0U) << "older ones may have been missed";
}

TEST_P(ResidentsRoomMessagesTest, a_room_that_takes_us_out_late_is_told_again) {
  in_the_sea();
  rooms.rooms[sea].deaf = true;
  say("Hello", "c1");
  rooms.rooms[sea].deaf = false;
  rooms.ends(sea, "Bob", "");
  deliver(occupant,
          "<message type='error' id='c1' from='sea@rooms.corp.example'><error type='modify'>"
          "<not-acceptable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
  stage.time(2 * second);
  stage.expect_shown("bob", in_sea, R"({"state":"joined"})");
  EXPECT_EQ(rooms.rooms[sea].history.size(), 1U);
  for (const Publish& p : stage.publishes)
    EXPECT_EQ(p.payload.find("\"failed\",\"reason"), std::string::npos) << p.payload;
}

TEST_P(ResidentsRoomMessagesTest, an_error_of_the_room_fails_the_message) {
  in_the_sea();
  say("Hello", "c1");
  deliver(occupant,
          "<message type='error' id='c1' from='sea@rooms.corp.example'><error type='auth'>"
          "<forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
  stage.expect_publish("bob", "in/receipt", R"({"id":"c1","state":"failed","reason":{"condition":"forbidden"}})");
}

TEST_P(ResidentsRoomMessagesTest, what_waits_for_a_room_that_is_left_fails) {
  in_the_sea();
  link_down();
  say("Hello", "c1");
  link_up();
  link_down();
  say("Hello", "c2");
  answers = false;
  link_up();
  request("room.leave", sea);
  stage.expect_publish("bob", "in/receipt", R"({"id":"c1","state":"forwarded"})");
  stage.expect_publish("bob", "in/receipt", R"({"id":"c2","state":"failed","reason":{"condition":"not-acceptable"}})");
  EXPECT_EQ(stage.brain->gauges().to_xmpp.rows, 0);
}

TEST_P(ResidentsRoomMessagesTest, a_room_that_says_too_much_is_left_for_a_while) {
  stage.options.limits.peer_rate = 10;
  stage.options.limits.peer_burst = 20;
  in_the_sea();
  for (int n = 0; n < 40; ++n)
    rooms.says(sea, "alice", "<body>b" + std::to_string(n) + "</body>", "f" + std::to_string(n));
  stage.expect_shown("bob", in_sea, R"({"state":"failed","error":{"condition":"resource-constraint","retry":true}})");
  EXPECT_FALSE(is_in(sea, "Bob"));
  EXPECT_EQ(stage.counter("stanzas_over_rate"), 0U) << "nobody in a room gets an error";
  stage.time(61 * second);
  stage.expect_shown("bob", in_sea, R"({"state":"joined"})");
  for (int n = 0; n < 40; ++n) EXPECT_EQ(heard("b" + std::to_string(n)), 1U) << n;
}

TEST_P(ResidentsRoomMessagesTest, a_room_that_floods_in_other_ways_is_left_too) {
  stage.options.limits.peer_rate = 10;
  stage.options.limits.peer_burst = 20;
  stage.options.limits.domain_rate = 100;
  stage.options.limits.domain_burst = 200;
  for (const bool said : {false, true}) {
    in_the_sea();
    for (int n = 0; n < 201 && is_in(sea, "Bob"); ++n)
      if (said)  // old, as it says
        deliver(occupant, "<message type='groupchat' from='sea@rooms.corp.example/alice' id='x" + std::to_string(n) +
                              "'><body>x</body><delay xmlns='urn:xmpp:delay' stamp='2026-11-18T10:00:00Z'/></message>");
      else
        presence("from='sea@rooms.corp.example/o" + std::to_string(n) + "'", "<item role='participant'/>");
    EXPECT_FALSE(is_in(sea, "Bob")) << said;
    stage.expect_shown("bob", in_sea, R"({"state":"failed","error":{"condition":"resource-constraint","retry":true}})");
    stage.time(61 * second);
    stage.expect_shown("bob", in_sea, R"({"state":"joined"})");
  }
}

TEST_P(ResidentsRoomMessagesTest, many_occupants_are_no_flood) {
  stage.options.limits.peer_rate = 10;
  stage.options.limits.peer_burst = 20;
  for (int n = 0; n < 200; ++n) rooms.rooms[sea].occupants["o" + std::to_string(n)] = "";
  in_the_sea();
  stage.expect_shown("bob", in_sea, R"({"occupants":202})");
}

}  // namespace residents_room_messages_test
}  // namespace ferry
