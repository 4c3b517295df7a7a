// Rooms that an account is in: which are joined, who is there, who comes in and who does not.
#include "tests/brain/room_stage.h"

namespace ferry {
namespace accounts_rooms_test {

class AccountsRoomsTest : public RoomConversation {};
FERRY_CONVERSATIONS(AccountsRoomsTest);

TEST_P(AccountsRoomsTest, bookmarks_that_say_so_are_joined_by_name) {
  bookmark(ops, "autojoin='false'");
  in_the_sea();
  stage.expect_shown(account, in_sea,
                     R"({"jid":"sea@rooms.corp.example","name":"Of mine","subject":"Ships","occupants":2,
                         "role":"participant","affiliation":"none"})");
  EXPECT_EQ(stage.shown(account, in_ops), "");
  room_request("rooms.get", "");
  stage.expect_publish(account, "in/res/-",
                       R"({"ok":true,"result":{"rooms":[{"jid":"ops@rooms.corp.example","state":"known"},
                                                        {"jid":"sea@rooms.corp.example","state":"joined"}]}})");
}

TEST_P(AccountsRoomsTest, the_older_kind_of_bookmarks_is_read_as_well) {
  server.accounts[account].stored =
      "<query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'>"
      "<conference jid='ops@rooms.corp.example' autojoin='1'><nick>B</nick></conference>"
      "<conference jid='sea@rooms.corp.example' autojoin='0'/></storage></query>";
  in_the_sea();  // the newer kind says so
  stage.expect_shown(account, in_ops, R"({"state":"joined","nick":"B"})");
}

TEST_P(AccountsRoomsTest, nothing_is_joined_in_shadow_and_nothing_is_left_after_the_way_back) {
  const OldAccount before = server.accounts[account];
  plan();
  start("shadow");
  EXPECT_TRUE(the_sea().occupants.size() == 1);
  start("dual");
  EXPECT_TRUE(the_sea().occupants.contains("Robert"));
  stage.expect_shown(account, in_sea, R"({"state":"joined"})");
  back("", 40);
  EXPECT_EQ(state(), "legacy");
  sent("<presence type='unavailable' to='sea@rooms.corp.example/Robert'/>");
  EXPECT_FALSE(the_sea().occupants.contains("Robert"));
  EXPECT_EQ(stage.shown(account, in_sea), "");
  EXPECT_EQ(server.accounts[account], before);
  stage.records->each_room([](const Jid&, const RoomRecord& r) { ADD_FAILURE() << r.room.str(); });
}

TEST_P(AccountsRoomsTest, who_is_there_is_a_number_and_a_list_and_nobodys_presence) {
  in_the_sea();
  presence("from='sea@rooms.corp.example/dave'",
           "<item affiliation='admin' role='moderator' jid='dave@corp.example/x'/>");
  stage.expect_no_publishes();
  stage.time(6 * second);
  stage.expect_shown(account, in_sea, R"({"occupants":3})");
  room_request("room.occupants", sea);
  stage.expect_publish(account, "in/res/-",
                       R"({"ok":true,"result":{"occupants":[{"nick":"Robert"},{"nick":"alice","affiliation":"member"},
                                           {"nick":"dave","role":"moderator","jid":"dave@corp.example/x"}]}})");
  presence("type='unavailable' from='sea@rooms.corp.example/dave'", "<item role='none' nick='d'/><status code='303'/>");
  presence("from='sea@rooms.corp.example/d'", "<item affiliation='admin' role='moderator'/>");
  stage.time(6 * second);
  stage.expect_shown(account, in_sea, R"({"occupants":3})");
  EXPECT_EQ(stage.shown(account, "in/contact/sea@rooms.corp.example/presence"), "");
  EXPECT_EQ(stage.shown(account, "in/contact/sea@rooms.corp.example"), "");
}

TEST_P(AccountsRoomsTest, a_resumed_session_is_still_there) {
  in_the_sea();
  server.lose(account);
  server.come_up(account, true);
  EXPECT_TRUE(server.sent.empty());
  say("Hello", "c1");
  EXPECT_EQ(said("c1"), 1U);
}

TEST_P(AccountsRoomsTest, a_name_that_is_taken_gets_a_stroke) {
  the_sea().occupants["Robert"] = "";
  dual();
  stage.expect_shown(account, in_sea, R"({"state":"joined","nick":"Robert_"})");
  the_sea().occupants["Robert_"] = the_sea().occupants["Robert__"] = the_sea().occupants["Robert___"] = "";
  server.lose(account);
  server.come_up(account);
  stage.expect_shown(account, in_sea, R"({"state":"failed","error":{"condition":"conflict","retry":false}})");
  server.sent.clear();
  stage.time(3'600 * second);
  EXPECT_TRUE(server.sent.empty());
}

TEST_P(AccountsRoomsTest, a_room_that_refuses_is_shown_and_not_asked_again) {
  for (const char* condition : {"not-authorized", "forbidden", "registration-required", "not-allowed"}) {
    the_sea().refuses = condition;
    room_request("room.join", sea);
    if (state() != "dual") dual();
    room_request("room.join", sea);
    stage.expect_shown(account, in_sea,
                       R"({"state":"failed","error":{"retry":false,"condition":")" + std::string(condition) + "\"}}");
    server.sent.clear();
    stage.time(3'600 * second);
    EXPECT_TRUE(server.sent.empty()) << condition;
  }
  say("Hello", "c1");
  stage.expect_publish(account, "in/receipt", R"({"id":"c1","state":"failed"})");
}

TEST_P(AccountsRoomsTest, a_room_that_is_full_is_asked_again_later_and_later) {
  the_sea().refuses = "service-unavailable";
  dual();
  stage.expect_shown(account, in_sea, R"({"state":"failed","error":{"condition":"service-unavailable","retry":true}})");
  say("Hello", "c1");
  stage.expect_publish(account, "in/receipt", R"({"id":"c1","state":"accepted"})");
  server.sent.clear();
  std::size_t asked = 0;
  for (int minute = 0; minute < 60; ++minute) stage.time(60 * second);
  asked = server.sent.size();
  EXPECT_GE(asked, 4U);
  EXPECT_LE(asked, 7U);
  the_sea().refuses.clear();
  for (int minute = 0; minute < 60; ++minute) stage.time(60 * second);
  stage.expect_shown(account, in_sea, R"({"state":"joined"})");
  EXPECT_EQ(said("c1"), 1U);
}

TEST_P(AccountsRoomsTest, who_was_put_out_stays_out_until_they_ask) {
  const std::pair<const char*, const char*> cases[] = {
      {"<status code='307'/>", "not-allowed"},
      {"<status code='301'/>", "forbidden"},
      {"<status code='321'/>", "registration-required"},
      {"<destroy jid='new@rooms.corp.example'/>", "gone"},
  };
  dual();
  for (const auto& [x, condition] : cases) {
    room_request("room.join", sea);
    stage.expect_shown(account, in_sea, R"({"state":"joined"})");
    server.rooms.ends(sea, "Robert", x);
    stage.expect_shown(account, in_sea,
                       R"({"state":"failed","error":{"retry":false,"condition":")" + std::string(condition) + "\"}}");
    server.sent.clear();
    stage.time(3'600 * second);
    server.lose(account);
    server.come_up(account);
    EXPECT_FALSE(the_sea().occupants.contains("Robert")) << x;
    stage.expect_shown(account, in_sea, R"({"state":"failed"})");
  }
  room_request("room.join", sea);
  EXPECT_TRUE(the_sea().occupants.contains("Robert"));
}

TEST_P(AccountsRoomsTest, a_service_that_stops_is_come_back_to) {
  in_the_sea();
  server.rooms.ends(sea, "Robert", "<status code='332'/>");
  stage.expect_shown(account, in_sea, R"({"state":"failed","error":{"retry":true}})");
  stage.time(61 * second);
  stage.expect_shown(account, in_sea, R"({"state":"joined"})");
}

TEST_P(AccountsRoomsTest, one_who_goes_offline_stays_in_the_room) {
  in_the_sea();
  stage.offline(account, "phone");
  EXPECT_TRUE(the_sea().occupants.contains("Robert"));
  server.rooms.says(sea, "alice", "<body>Still there?</body>");
  EXPECT_EQ(heard("Still there?"), 1U);
  stage.expect_shown(account, in_sea, R"({"state":"joined"})");
}

TEST_P(AccountsRoomsTest, by_request_and_for_good) {
  in_the_sea();
  room_request("room.join", ops, R"(,"nick":"Captain","password":"ahoy-secret")");
  stage.expect_publish(account, "in/res/-", R"({"ok":true,"result":{"jid":"ops@rooms.corp.example"}})");
  stage.expect_shown(account, in_ops, R"({"state":"joined","nick":"Captain"})");
  server.rooms.rooms[ops].password = "ahoy-secret";
  die();
  server.come_up(account);
  stage.expect_shown(account, in_ops, R"({"state":"joined","nick":"Captain"})");
  room_request("room.leave", ops);
  good();
  EXPECT_EQ(stage.shown(account, in_ops), "");
  EXPECT_FALSE(server.rooms.rooms[ops].occupants.contains("Captain"));
  room_request("room.leave", sea);
  good();
  EXPECT_EQ(stage.shown(account, in_sea), "");
  die();
  server.come_up(account);
  EXPECT_FALSE(the_sea().occupants.contains("Robert")) << "left, whatever the bookmark says";
  EXPECT_EQ(stage.shown(account, in_sea), "");
  room_request("room.join", sea);
  stage.expect_shown(account, in_sea, R"({"state":"joined","nick":"Robert"})");
  for (const std::string& line : stage.log) EXPECT_EQ(line.find("ahoy-secret"), std::string::npos);
  for (const auto& [topic, payload] : stage.retained) EXPECT_EQ(payload.find("ahoy-secret"), std::string::npos);
}

TEST_P(AccountsRoomsTest, requests_that_are_wrong) {
  in_the_sea();
  for (const char* room : {"corp.example", "sea@rooms.corp.example/alice"}) {
    room_request("room.join", room);
    bad("bad-request");
  }
  room_request("room.leave", ops);
  bad("item-not-found");
  room_request("room.occupants", ops);
  bad("not-acceptable");
  room_request("room.join", sea, R"(,"nick":"")");
  bad("bad-request");
}

TEST_P(AccountsRoomsTest, a_bookmark_that_is_taken_away_takes_the_room_along) {
  in_the_sea();
  server.accounts[account].published.clear();
  server.lose(account);
  server.come_up(account);
  EXPECT_EQ(stage.shown(account, in_sea), "");
  EXPECT_FALSE(the_sea().occupants.contains("Robert"));
}

TEST_P(AccountsRoomsTest, bookmarks_that_cannot_be_read_change_nothing) {
  in_the_sea();
  server.lose(account);
  server.answers = false;
  server.come_up(account);
  stage.time(31 * second);
  stage.expect_shown(account, in_sea, R"({"state":"joined","nick":"Robert"})");
}

TEST_P(AccountsRoomsTest, invitations_wait_until_they_are_answered) {
  in_the_sea();
  server.deliver(account,
                 "<message from='ops@rooms.corp.example'><x xmlns='http://jabber.org/protocol/muc#user'>"
                 "<invite from='carol@corp.example/x'><reason>Help!</reason></invite><password>pw-secret</password></x>"
                 "<body>Carol invites you</body></message>");
  stage.expect_shown(account, in_ops, R"({"state":"invited","by":"carol@corp.example/x","text":"Help!"})");
  EXPECT_EQ(heard("Carol invites you"), 0U);
  EXPECT_EQ(stage.shown(account, in_ops).find("pw-secret"), std::string::npos);
  server.rooms.rooms[ops].password = "pw-secret";
  room_request("room.join", ops);
  stage.expect_shown(account, in_ops, R"({"state":"joined","nick":"bob"})");
  server.deliver(account,
                 "<message from='alice@corp.example/x'><x xmlns='jabber:x:conference' jid='new@rooms.corp.example' "
                 "reason='Come'/></message>");
  stage.expect_shown(account, "in/room/new@rooms.corp.example",
                     R"({"state":"invited","by":"alice@corp.example","text":"Come"})");
  room_request("room.leave", "new@rooms.corp.example");
  EXPECT_EQ(stage.shown(account, "in/room/new@rooms.corp.example"), "");
}

TEST_P(AccountsRoomsTest, too_many_rooms_are_refused) {
  for (std::size_t n = 0; n < Rooms::max_rooms; ++n)
    bookmark("r" + std::to_string(n) + "@rooms.corp.example", "autojoin='true'");
  dual();
  EXPECT_EQ(stage.counter("rooms_refused"), 2U) << "one, at each of the two log-ins of a move";
  room_request("room.join", "one.more@rooms.corp.example");
  bad("resource-constraint");
}

TEST_P(AccountsRoomsTest, verify_names_the_room_that_could_not_be_joined) {
  const auto losses = [&] {
    ask(R"({"command":"migrate.verify","cohort":"pilot"})");
    const std::string shown = ask(R"({"command":"migrate.show","jid":"bob@corp.example"})");
    return shown.substr(shown.find(R"("losses")"));
  };
  in_the_sea();
  EXPECT_EQ(losses().find("room"), std::string::npos) << losses();
  server.rooms.ends(sea, "Robert", "<status code='301'/>");
  EXPECT_NE(losses().find(R"("peer":"sea@rooms.corp.example")"), std::string::npos) << losses();
}

TEST_P(AccountsRoomsTest, the_broker_is_told_anew) {
  in_the_sea();
  stage.broker_down();
  stage.retained.clear();
  stage.broker_up(false);
  stage.settle();
  stage.expect_shown(account, in_sea, R"({"state":"joined"})");
}

TEST_P(AccountsRoomsTest, a_silent_room_that_has_forgotten_us_is_joined_again) {
  in_the_sea();
  stage.time(Rooms::silence - 60 * second);
  server.rooms.says(sea, "alice", "<body>aye</body>");
  stage.time(60 * second);
  EXPECT_EQ(server.rooms.pings, 0) << "it was not silent";
  the_sea().occupants.erase("Robert");  // and nobody says so
  server.rooms.says(sea, "alice", "<body>where is Robert?</body>");
  stage.time(Rooms::silence);
  EXPECT_EQ(server.rooms.pings, 1);
  EXPECT_TRUE(the_sea().occupants.contains("Robert"));
  EXPECT_EQ(heard("where is Robert?"), 1u);
  EXPECT_EQ(stage.counter("rooms_lost"), 1u);
  stage.expect_shown(account, in_sea, R"({"state":"joined","nick":"Robert"})");
  stage.time(Rooms::silence);
  EXPECT_EQ(server.rooms.pings, 2);
  EXPECT_EQ(stage.counter("rooms_lost"), 1u);
}

TEST_P(AccountsRoomsTest, an_answer_that_says_nothing_ends_no_membership) {
  in_the_sea();
  const auto asked = stage.counter("rooms_asked");
  for (const char* condition : {"service-unavailable", "feature-not-implemented", "item-not-found",
                                "remote-server-not-found", "remote-server-timeout"}) {
    server.rooms.ping_error = condition;
    stage.time(Rooms::silence);
  }
  EXPECT_EQ(server.rooms.pings, 5);
  EXPECT_EQ(stage.counter("rooms_lost"), 0u);
  EXPECT_EQ(stage.counter("rooms_asked"), asked);
}

}  // namespace accounts_rooms_test
}  // namespace ferry
