// Rooms that our own people are in: who is there, who comes in and who does not, by the component's stream.
#include "gateway/brain/resident_rooms.h"

#include "tests/brain/resident_stage.h"

namespace ferry {
namespace residents_rooms_test {

class ResidentsRoomsTest : public ResidentConversation {};
FERRY_CONVERSATIONS(ResidentsRoomsTest);

TEST_P(ResidentsRoomsTest, one_occupant_whatever_devices_there_are) {
  stage.online("bob", "tablet");
  request("room.join", sea, R"(,"nick":"Bob")");
  good(R"({"jid":"sea@rooms.corp.example","state":"joining"})");
  stage.expect_shown(
      "bob", in_sea,
      R"({"jid":"sea@rooms.corp.example","name":"The Sea","nick":"Bob","state":"joined","subject":"Ships",
                         "occupants":2,"role":"participant","affiliation":"none"})");
  EXPECT_EQ(rooms.rooms[sea].occupants["Bob"], occupant);
  gone(
      "<presence to='sea@rooms.corp.example/Bob'><x xmlns='http://jabber.org/protocol/muc'>"
      "<history maxstanzas='20'/></x></presence>");
  request("rooms.get", "");
  good(R"({"rooms":[{"jid":"sea@rooms.corp.example","state":"joined"}]})");
  request("room.join", sea, "", "anna");
  stage.expect_shown("anna", in_sea, R"({"state":"joined","nick":"anna","occupants":3})");
}

TEST_P(ResidentsRoomsTest, devices_come_and_go_and_the_room_does_not_notice) {
  in_the_sea();
  stage.online("bob", "tablet");
  stage.offline("bob", "tablet");
  stage.offline("bob", "phone");
  EXPECT_TRUE(sent.empty());
  EXPECT_TRUE(is_in(sea, "Bob"));
  rooms.says(sea, "alice", "<body>Still there?</body>");
  EXPECT_EQ(heard("Still there?"), 1U);
}

TEST_P(ResidentsRoomsTest, who_is_there_is_a_number_and_a_list_and_nobodys_presence) {
  in_the_sea();
  presence("from='sea@rooms.corp.example/dave'",
           "<item affiliation='admin' role='moderator' jid='dave@corp.example/x'/>");
  stage.expect_no_publishes();
  stage.time(6 * second);
  stage.expect_shown("bob", in_sea, R"({"occupants":3})");
  request("room.occupants", sea);
  good(R"({"occupants":[{"nick":"Bob"},{"nick":"alice","affiliation":"member"},
                        {"nick":"dave","role":"moderator","jid":"dave@corp.example/x"}]})");
  stage.forget_effects();
  // Of rooms that he is not in, to whatever address of his, and of one that is a contact of his as well.
  stage.xmpp("<presence from='ops@rooms.corp.example/carol' to='bob@mqtt.corp.example/phone'>" +
             OldRooms::x("<item role='participant'/>") + "</presence>");
  deliver(occupant,
          "<presence from='ops@rooms.corp.example/carol'>" + OldRooms::x("<item role='participant'/>") + "</presence>");
  stage.expect_quiet();
  deliver(occupant, "<presence from='dave@corp.example' type='subscribe'/>");  // whose client saw that address
  stage.expect_shown("bob", "in/contact/dave@corp.example", R"({"request":true})");
  stage.befriend("bob", sea);
  presence("from='sea@rooms.corp.example/dave'", "<item affiliation='admin' role='moderator'/><status code='100'/>");
  stage.time(6 * second);
  EXPECT_EQ(stage.shown("bob", "in/contact/sea@rooms.corp.example/presence").find("dave"), std::string::npos);
}

TEST_P(ResidentsRoomsTest, a_name_that_is_taken_gets_a_stroke) {
  rooms.rooms[sea].occupants["Bob"] = "";
  request("room.join", sea, R"(,"nick":"Bob")");
  stage.expect_shown("bob", in_sea, R"({"state":"joined","nick":"Bob_"})");
}

TEST_P(ResidentsRoomsTest, a_room_that_refuses_is_shown_and_not_asked_again) {
  for (const char* condition : {"not-authorized", "forbidden", "registration-required", "not-allowed"}) {
    rooms.rooms[sea].refuses = condition;
    request("room.join", sea);
    stage.expect_shown("bob", in_sea,
                       R"({"state":"failed","error":{"retry":false,"condition":")" + std::string(condition) + "\"}}");
    sent.clear();
    stage.time(3'600 * second);
    EXPECT_TRUE(sent.empty()) << condition;
  }
  say("Hello", "c1");
  stage.expect_publish("bob", "in/receipt", R"({"id":"c1","state":"failed"})");
}

TEST_P(ResidentsRoomsTest, a_room_that_does_not_answer_is_asked_again) {
  answers = false;
  request("room.join", sea, R"(,"nick":"Bob")");
  stage.expect_shown("bob", in_sea, R"({"state":"joining"})");
  stage.time(31 * second);
  stage.expect_shown("bob", in_sea, R"({"state":"failed","error":{"condition":"remote-server-timeout","retry":true}})");
  answers = true;
  stage.time(61 * second);
  stage.expect_shown("bob", in_sea, R"({"state":"joined"})");
}

TEST_P(ResidentsRoomsTest, who_was_put_out_stays_out_until_they_ask) {
  const std::pair<const char*, const char*> cases[] = {
      {"<status code='307'/>", "not-allowed"},
      {"<status code='301'/>", "forbidden"},
      {"<status code='321'/>", "registration-required"},
      {"<destroy jid='new@rooms.corp.example'/>", "gone"},
  };
  for (const auto& [x, condition] : cases) {
    request("room.join", sea, R"(,"nick":"Bob")");
    stage.expect_shown("bob", in_sea, R"({"state":"joined"})");
    rooms.ends(sea, "Bob", x);
    stage.expect_shown("bob", in_sea,
                       R"({"state":"failed","error":{"retry":false,"condition":")" + std::string(condition) + "\"}}");
    stage.time(3'600 * second);
    link_down();
    link_up();
    die();
    EXPECT_FALSE(is_in(sea, "Bob")) << x;
    stage.expect_shown("bob", in_sea, R"({"state":"failed"})");
  }
  request("room.join", sea);
  EXPECT_TRUE(is_in(sea, "Bob"));
}

TEST_P(ResidentsRoomsTest, a_service_that_stops_is_come_back_to) {
  in_the_sea();
  rooms.ends(sea, "Bob", "<status code='332'/>");
  stage.expect_shown("bob", in_sea, R"({"state":"failed","error":{"retry":true}})");
  stage.time(61 * second);
  stage.expect_shown("bob", in_sea, R"({"state":"joined"})");
}

TEST_P(ResidentsRoomsTest, joined_for_good_until_they_leave) {
  request("room.join", ops, R"(,"nick":"Captain","password":"ahoy-secret")");
  rooms.rooms[ops].password = "ahoy-secret";
  die();
  stage.expect_shown("bob", in_ops, R"({"state":"joined","nick":"Captain"})");
  rooms.forget(occupant);  // the server was started anew
  link_down();
  link_up();
  EXPECT_TRUE(is_in(ops, "Captain"));
  request("room.leave", ops);
  good();
  EXPECT_EQ(stage.shown("bob", in_ops), "");
  EXPECT_FALSE(is_in(ops, "Captain"));
  die();
  EXPECT_FALSE(is_in(ops, "Captain"));
  EXPECT_EQ(stage.shown("bob", in_ops), "");
  for (const std::string& line : stage.log) EXPECT_EQ(line.find("ahoy-secret"), std::string::npos);
  for (const auto& [topic, payload] : stage.retained) EXPECT_EQ(payload.find("ahoy-secret"), std::string::npos);
}

TEST_P(ResidentsRoomsTest, one_who_stops_is_seen_to_go_and_comes_again) {
  in_the_sea();
  stage.shut_down();
  gone("<presence type='unavailable' to='sea@rooms.corp.example/Bob'/>");
  EXPECT_FALSE(is_in(sea, "Bob"));
  die();
  EXPECT_TRUE(is_in(sea, "Bob"));
}

TEST_P(ResidentsRoomsTest, requests_that_are_wrong) {
  for (const char* room : {"corp.example", "sea@rooms.corp.example/alice", "@"}) {
    request("room.join", room);
    stage.expect_publish("bob", "in/res/-", R"({"id":"q","ok":false})");
  }
  request("room.leave", ops);
  bad("item-not-found");
  request("room.occupants", ops);
  bad("not-acceptable");
  request("room.join", "anna@mqtt.corp.example");
  bad("feature-not-implemented");
  EXPECT_TRUE(sent.empty());
  stage.expect_no_stanza();
}

TEST_P(ResidentsRoomsTest, the_name_in_rooms_is_no_devices) {
  stage.online("bob", "ferry-rooms");
  stage.expect_publish("bob", "in/receipt", R"({"state":"failed","reason":{"condition":"not-allowed"}})");
  stage.expect_no_stanza();
  in_the_sea();
  stage.mqtt(
      "bob", "out/req",
      R"({"id":"q","request":"presence.send","device":"phone","contact":"sea@rooms.corp.example/X","state":"away"})");
  stage.expect_publish("bob", "in/res/phone", R"({"ok":false,"error":{"condition":"not-allowed"}})");
  EXPECT_TRUE(sent.empty());
}

TEST_P(ResidentsRoomsTest, invitations_wait_until_they_are_answered) {
  stage.xmpp(
      "<message from='ops@rooms.corp.example' to='bob@mqtt.corp.example'>"
      "<x xmlns='http://jabber.org/protocol/muc#user'><invite from='carol@corp.example/x'><reason>Help!</reason>"
      "</invite><password>pw-secret</password></x><body>Carol invites you</body></message>");
  stage.expect_shown("bob", in_ops, R"({"state":"invited","by":"carol@corp.example/x","text":"Help!"})");
  EXPECT_EQ(heard("Carol invites you"), 0U);
  EXPECT_EQ(stage.shown("bob", in_ops).find("pw-secret"), std::string::npos);
  rooms.rooms[ops].password = "pw-secret";
  die();
  stage.expect_shown("bob", in_ops, R"({"state":"invited"})");
  EXPECT_FALSE(is_in(ops, "bob"));
  request("room.join", ops);
  stage.expect_shown("bob", in_ops, R"({"state":"joined","nick":"bob"})");
  stage.xmpp(
      "<message from='alice@corp.example/x' to='bob@mqtt.corp.example/phone'>"
      "<x xmlns='jabber:x:conference' jid='new@rooms.corp.example' reason='Come'/></message>");
  stage.expect_shown("bob", "in/room/new@rooms.corp.example",
                     R"({"state":"invited","by":"alice@corp.example","text":"Come"})");
  request("room.leave", "new@rooms.corp.example");
  EXPECT_EQ(stage.shown("bob", "in/room/new@rooms.corp.example"), "");
}

TEST_P(ResidentsRoomsTest, too_many_rooms_and_invitations_are_refused) {
  for (std::size_t n = 0; n < Rooms::max_invitations + 1; ++n)
    stage.xmpp("<message from='alice@corp.example/x' to='bob@mqtt.corp.example'><x xmlns='jabber:x:conference' jid='r" +
               std::to_string(n) + "@rooms.corp.example'/></message>");
  EXPECT_EQ(stage.counter("rooms_refused"), 1U);
  for (std::size_t n = 0; n < Rooms::max_rooms; ++n)
    request("room.join", "r" + std::to_string(n) + "@rooms.corp.example");
  stage.forget_effects();
  request("room.join", "one.more@rooms.corp.example");
  bad("resource-constraint");
}

TEST_P(ResidentsRoomsTest, the_broker_is_told_anew) {
  in_the_sea();
  stage.broker_down();
  stage.retained.clear();
  stage.broker_up(false);
  stage.settle();
  stage.expect_shown("bob", in_sea, R"({"state":"joined"})");
}

TEST_P(ResidentsRoomsTest, a_silent_room_that_has_forgotten_us_is_joined_again) {
  in_the_sea();
  rooms.forget(occupant);  // and nobody says so
  rooms.says(sea, "alice", "<body>where is Bob?</body>");
  stage.time(Rooms::silence + second);
  EXPECT_EQ(rooms.pings, 1);
  EXPECT_TRUE(is_in(sea, "Bob"));
  EXPECT_EQ(heard("where is Bob?"), 1U);
  EXPECT_EQ(stage.counter("rooms_lost"), 1U);
  rooms.ping_error = "service-unavailable";
  stage.time(Rooms::silence + second);
  EXPECT_EQ(rooms.pings, 2);
  EXPECT_EQ(stage.counter("rooms_lost"), 1U);
}

TEST_P(ResidentsRoomsTest, answers_count_only_from_the_room) {
  answers = false;
  request("room.join", sea, R"(,"nick":"Bob")");
  presence("from='sea@rooms.corp.example/Bob'", "<item role='participant'/><status code='110'/>");
  const Element iq = gone("<iq type='get' to='sea@rooms.corp.example'/>");
  const std::string rest = "' id='" + std::string(iq.attr_or("id")) + "' type='result'/>";
  for (const char* from : {"alice@corp.example/x", "ops@rooms.corp.example"})
    deliver(occupant, "<iq from='" + std::string(from) + rest);
  deliver("anna@mqtt.corp.example", "<iq from='" + std::string(sea) + rest);
  stage.expect_shown("bob", in_sea, R"({"state":"joining"})");
  deliver(occupant, "<iq from='" + std::string(sea) + rest);
  stage.expect_shown("bob", in_sea, R"({"state":"joined"})");
}

TEST_P(ResidentsRoomsTest, who_is_removed_leaves_and_nothing_is_kept) {
  in_the_sea();
  request("room.join", ops);
  rooms.says(sea, "alice", "<body>Ahoy</body>");
  stage.command(R"({"command":"user.remove","jid":"bob@mqtt.corp.example"})");
  EXPECT_FALSE(is_in(sea, "Bob"));
  EXPECT_FALSE(is_in(ops, "bob"));
  EXPECT_EQ(stage.shown("bob", in_sea), "");
  EXPECT_EQ(stage.shown("bob", in_ops), "");
  stage.records->each_room([](const Jid&, const RoomRecord& r) { ADD_FAILURE() << r.room.str(); });
  stage.online("bob", "phone");  // somebody new
  EXPECT_FALSE(is_in(sea, "Bob"));
  stage.time(3'600 * second);
  request("room.join", sea, R"(,"nick":"Bob")");
  EXPECT_EQ(heard("Ahoy"), 2U) << "nothing was seen before";
}

TEST_P(ResidentsRoomsTest, whom_no_row_serves_is_out_until_one_does) {
  in_the_sea();
  stage.command(R"({"command":"map.add","row":"feed bob@mqtt.corp.example x/bob","go":true})");
  EXPECT_FALSE(is_in(sea, "Bob")) << stage.all();
  EXPECT_EQ(stage.shown("bob", in_sea), "");
  stage.command(R"({"command":"map.remove","jid":"bob@mqtt.corp.example"})");
  stage.time(second);
  EXPECT_TRUE(is_in(sea, "Bob"));
  stage.expect_shown("bob", in_sea, R"({"state":"joined"})");
}

TEST_P(ResidentsRoomsTest, who_moves_to_another_subtree_takes_the_rooms_along) {
  in_the_sea();
  stage.command(R"({"command":"map.add","row":"user bob@mqtt.corp.example {root}/u/moved"})");
  stage.time(second);
  EXPECT_EQ(stage.shown("bob", in_sea), "");
  EXPECT_NE(stage.retained["im/v1/u/moved/" + in_sea].find("joined"), std::string::npos);
  EXPECT_TRUE(is_in(sea, "Bob"));
}

TEST_P(ResidentsRoomsTest, many_come_into_their_rooms_a_few_at_a_time) {
  constexpr std::size_t people = 3 * ResidentRooms::members_per_batch;
  for (std::size_t n = 0; n < people; ++n) request("room.join", sea, "", "p" + std::to_string(n));
  EXPECT_EQ(rooms.rooms[sea].occupants.size(), people + 1);
  answers = false;
  die();
  std::size_t before = sent.size();
  EXPECT_LE(before, 2 * ResidentRooms::members_per_batch);
  for (int n = 0; n < 5; ++n) stage.time(1);
  EXPECT_EQ(sent.size(), people);
}

}  // namespace residents_rooms_test
}  // namespace ferry
