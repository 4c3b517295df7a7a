// An account's session and its owner's MQTT subtree: messages both ways, each once; presence; the roster; requests.
#include "gateway/brain/session_bridge.h"
#include "tests/brain/account_stage.h"

namespace ferry {
namespace accounts_session_test {

using Source = Brain::SessionSource;

class AccountsSessionTest : public AccountConversation {
 protected:
  void SetUp() override { dual(); }
  void hear(const std::string& inside, const std::string& id = "m1", Source source = Source::live,
            const std::string& archive_id = "", const std::string& from = "alice@corp.example/spark",
            const std::string& to = account) {
    server.deliver(account,
                   "<message type='chat' id='" + id + "' from='" + from + "' to='" + to + "'>" + inside + "</message>",
                   source, archive_id);
  }
  std::size_t messages() {
    return static_cast<std::size_t>(std::count_if(stage.publishes.begin(), stage.publishes.end(), [](const auto& p) {
      return p.topic == Stage::topic(account, "in/msg");
    }));
  }
};
FERRY_CONVERSATIONS(AccountsSessionTest);

TEST_P(AccountsSessionTest, a_message_arrives_with_its_receipts) {
  hear("<body>Hi</body><request xmlns='urn:xmpp:receipts'/>");
  const std::string json = stage.expect_publish(
      account, "in/msg", R"({"from":"alice@corp.example/spark","to":"bob@corp.example","body":"Hi","kind":"chat"})");
  stage.mqtt(account, "out/receipt",
             R"({"id":")" + Stage::field(json, "id") + R"(","to":"alice@corp.example","state":"delivered"})");
  const Element e =
      sent("<message to='alice@corp.example/spark'><received xmlns='urn:xmpp:receipts' id='m1'/></message>");
  EXPECT_EQ(e.attr("from"), nullptr);
}

// Nobody may have had it: who has it first answers.
TEST_P(AccountsSessionTest, what_waited_in_the_archive_is_answered_unless_another_client_has) {
  const std::string request = "<request xmlns='urn:xmpp:receipts'/>";
  hear("<body>One</body>" + request, "m1", Source::archive, "a1");
  hear("<body>Two</body>" + request, "m2", Source::archive, "a2");
  hear("<body>Three</body>" + request, "m3", Source::carbon_received, "a3");
  for (const bool archived : {true, false})
    hear("<received xmlns='urn:xmpp:receipts' id='m2'/>", archived ? "r1" : "r2",
         archived ? Source::archive : Source::carbon_sent, archived ? "a4" : "a5", "bob@corp.example/desk",
         "alice@corp.example/spark");
  for (const char* body : {"One", "Two", "Three"}) {
    const std::string json = stage.expect_publish(account, "in/msg", R"({"body":")" + std::string(body) + R"("})");
    stage.mqtt(account, "out/receipt",
               R"({"id":")" + Stage::field(json, "id") + R"(","to":"alice@corp.example","state":"delivered"})");
  }
  sent("<message to='alice@corp.example/spark'><received xmlns='urn:xmpp:receipts' id='m1'/></message>");
  for (const auto& [who, e] : server.sent) EXPECT_NE(e.name, "message") << to_xml(e, ns::client);
}

// A broker that comes back empty, beside a component link that has just come up: everybody's probes are waited for.
TEST_P(AccountsSessionTest, the_broker_is_told_the_presence_of_contacts_anew) {
  server.deliver(account, "<presence from='alice@corp.example/spark'><show>dnd</show></presence>");
  stage.expect_shown(account, "in/contact/alice@corp.example/presence", R"({"state":"dnd"})");
  stage.broker_down();
  stage.retained.clear();
  stage.broker_up(false);
  stage.settle();
  stage.expect_shown(account, "in/contact/alice@corp.example/presence", R"({"state":"dnd"})");
}

TEST_P(AccountsSessionTest, ids_that_the_accounts_own_server_gave_are_no_forgeries) {
  stage.log.clear();
  hear("<body>Hi</body><stanza-id xmlns='urn:xmpp:sid:0' id='s1' by='bob@corp.example'/>");
  stage.expect_publish(account, "in/msg", R"({"stanzaIds":[{"id":"s1","by":"bob@corp.example"}]})");
  for (const std::string& line : stage.log) EXPECT_EQ(line.find("forged"), std::string::npos) << line;
}

TEST_P(AccountsSessionTest, a_message_goes_out_by_the_session_and_is_forwarded_when_the_server_has_it) {
  server.acknowledges = false;
  stage.mqtt(account, "out/msg", R"({"id":"c1","to":"alice@corp.example","kind":"chat","body":"Hello"})");
  const Element e = sent(
      "<message type='chat' id='c1' to='alice@corp.example'><body>Hello</body>"
      "<origin-id xmlns='urn:xmpp:sid:0' id='c1'/></message>");
  EXPECT_EQ(e.attr("from"), nullptr);
  stage.expect_no_stanza();  // not by the component
  stage.expect_publish(account, "in/receipt", R"({"id":"c1","state":"accepted"})");
  for (const Publish& p : stage.publishes) EXPECT_EQ(p.payload.find("forwarded"), std::string::npos);
  server.acknowledges = true;
  server.lose(account);
  server.come_up(account);  // not resumed: once more, the same id
  sent("<message type='chat' id='c1' to='alice@corp.example'><body>Hello</body></message>");
  stage.expect_publish(account, "in/receipt", R"({"id":"c1","state":"forwarded"})");
}

TEST_P(AccountsSessionTest, a_resumed_session_repeats_nothing) {
  server.acknowledges = false;
  stage.mqtt(account, "out/msg", R"({"id":"c1","to":"alice@corp.example","kind":"chat","body":"Hello"})");
  server.sent.clear();
  server.lose(account);
  server.come_up(account, true);
  EXPECT_TRUE(server.sent.empty());
}

TEST_P(AccountsSessionTest, messages_wait_for_the_session_in_their_order) {
  server.lose(account);
  for (const char* id : {"c1", "c2", "c3"})
    stage.mqtt(account, "out/msg",
               R"({"id":")" + std::string(id) + R"(","to":"alice@corp.example","kind":"chat","body":"Hello"})");
  EXPECT_TRUE(server.sent.empty());
  server.come_up(account);
  ASSERT_EQ(server.sent.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(server.sent[i].second.attr_or("id"), "c" + std::to_string(i + 1));
}

TEST_P(AccountsSessionTest, what_waits_survives_a_restart_and_never_takes_the_component) {
  server.lose(account);
  server.reachable = false;
  stage.mqtt(account, "out/msg", R"({"id":"c1","to":"alice@corp.example","kind":"chat","body":"Hello"})");
  server.gateway_died();
  stage.restart();
  stage.links_up();
  stage.expect_no_stanza();
  server.reachable = true;
  server.come_up(account);
  sent("<message type='chat' id='c1' to='alice@corp.example'/>");
  server.sent.clear();
  stage.time(100);
  EXPECT_TRUE(server.sent.empty());
}

TEST_P(AccountsSessionTest, a_message_comes_once_by_whatever_way) {
  hear("<body>Hi</body>", "m1", Source::live, "a1");
  EXPECT_EQ(messages(), 1U);
  hear("<body>Hi</body>", "m1", Source::archive, "a1");
  hear("<body>Hi</body>", "m1", Source::carbon_received, "a1");
  EXPECT_EQ(messages(), 1U);
  server.gateway_died();
  stage.restart();
  stage.links_up();
  stage.online(account, "phone");
  stage.forget_effects();
  hear("<body>Hi</body>", "m1", Source::archive, "a1");
  hear("<body>Hi</body><delay xmlns='urn:xmpp:delay' stamp='2026-11-20T10:00:00Z'/>", "m1");
  EXPECT_EQ(messages(), 0U);
}

// Its id is older than another's that the archive had before (account_session.h).
TEST_P(AccountsSessionTest, what_the_archive_has_late_is_not_passed_over_by_the_next_log_in) {
  hear("<body>0</body>", "m1", Source::live, "a1");
  stage.time(SessionBridge::late_time);
  hear("<body>2</body>", "m3", Source::live, "a3");
  EXPECT_EQ(messages(), 2U);
  server.gateway_died();
  stage.restart();
  stage.links_up();
  EXPECT_EQ(server.places[account], "a1");
  stage.online(account, "phone");
  stage.time(3 * second);  // what the broker has forgotten is known
  stage.forget_effects();
  hear("<body>1</body>", "m2", Source::archive, "a2");
  hear("<body>2</body>", "m3", Source::archive, "a3");
  stage.expect_publish(account, "in/msg", R"({"body":"1"})");
  EXPECT_EQ(messages(), 0U) << "the other was there before";
}

// A client that comes after two weeks is not shown again what it had.
TEST_P(AccountsSessionTest, the_latest_place_in_the_archive_is_kept_though_nothing_follows) {
  for (const char* id : {"a1", "a2", "a3"}) {
    hear("<body>x</body>", "m" + std::string(id), Source::live, id);
    stage.time(second);
  }
  stage.time(SessionBridge::late_time);
  stage.time(SessionBridge::late_time);
  server.gateway_died();
  stage.restart();
  stage.links_up();
  EXPECT_EQ(server.places[account], "a3");
}

// ejabberd's ids are times.
TEST_P(AccountsSessionTest, two_messages_that_came_at_once_have_one_id_in_the_archive) {
  for (const bool again : {false, true}) {
    hear("<body>One</body>", "m1", again ? Source::archive : Source::live, "a1");
    hear("<body>Two</body>", "m1", again ? Source::archive : Source::live, "a1", "carol@corp.example/c");
    EXPECT_EQ(messages(), 2U);
  }
}

TEST_P(AccountsSessionTest, what_the_archive_did_not_give_is_asked_for_at_the_next_log_in) {
  const auto place = [&] {
    for (auto it = stage.sessions.rbegin(); it != stage.sessions.rend(); ++it)
      if (it->what == SessionEffect::What::archive) return it->text;
    return std::string();
  };
  stage.after_tick = [] {};  // nobody takes what the session link is told
  stage.session_caught_up(account, "a3");
  hear("<body>1</body>", "m4", Source::live, "a4");
  EXPECT_EQ(place(), "") << "older ones may still come into it";
  stage.time(SessionBridge::late_time);
  EXPECT_EQ(place(), "a3");
  stage.time(SessionBridge::late_time);
  EXPECT_EQ(place(), "a4");
  stage.session_caught_up(account, "a5", false);
  stage.in_order = false;
  hear("<body>2</body>", "m9", Source::live, "a9");
  stage.time(2 * SessionBridge::late_time);
  EXPECT_EQ(place(), "a5") << "from a6 to a8 nobody has seen";
  EXPECT_EQ(messages(), 2U);
}

TEST_P(AccountsSessionTest, what_the_server_took_before_a_crash_is_found_in_its_archive_and_not_sent_twice) {
  server.acknowledges = false;
  for (const std::string n : {"1", "2"})
    stage.mqtt(account, "out/msg",
               R"({"id":"c)" + n + R"(","to":"alice@corp.example","kind":"chat","body":")" + n + "\"}");
  sent("<message id='c1'/>");
  sent("<message id='c2'/>");
  hear("<body>Hi</body>", "m1", Source::live, "a9");  // its place in the archive is after c1, which is in doubt
  server.reachable = false;
  server.gateway_died();
  stage.restart();
  stage.links_up();
  server.sent.clear();
  server.reachable = true;
  server.up.insert(account);
  stage.session_up(account, false);
  stage.forget_effects();
  EXPECT_TRUE(server.sent.empty()) << "the archive comes first";
  hear("<body>1</body>", "c1", Source::archive, "a7", "bob@corp.example/ferry", "alice@corp.example");
  hear("<body>other</body>", "c2", Source::archive, "a8", "bob@corp.example/spark", "alice@corp.example");
  stage.expect_publish(account, "in/receipt", R"({"id":"c1","state":"forwarded"})");
  stage.session_caught_up(account, "a9");
  sent("<message id='c2'><body>2</body></message>");
  for (const auto& [who, stanza] : server.sent) EXPECT_NE(stanza.attr_or("id"), "c1");
}

// While it is read, messages go out; one that is in there was no news then, and is in doubt once the session is lost.
TEST_P(AccountsSessionTest, what_the_archive_gave_while_it_was_under_way_is_not_sent_twice) {
  server.acknowledges = false;
  stage.mqtt(account, "out/msg", R"({"id":"c1","to":"alice@corp.example","kind":"chat","body":"Hello"})");
  sent("<message id='c1'/>");
  server.catch_up = [&](const std::string&) {
    hear("<body>Hello</body>", "c1", Source::archive, "a7", "bob@corp.example/ferry", "alice@corp.example");
    stage.session_caught_up(account, "a7");
  };
  server.catch_up(account);
  server.lose(account);
  stage.forget_effects();
  server.come_up(account);
  EXPECT_TRUE(server.sent.empty());
  stage.expect_publish(account, "in/receipt", R"({"id":"c1","state":"forwarded"})");
}

TEST_P(AccountsSessionTest, nor_where_the_process_ended_meanwhile) {
  server.acknowledges = false;
  for (const std::string n : {"1", "2"})
    stage.mqtt(account, "out/msg",
               R"({"id":"c)" + n + R"(","to":"alice@corp.example","kind":"chat","body":")" + n + "\"}");
  server.sent.clear();
  server.catch_up = [&](const std::string&) {
    hear("<body>1</body>", "c1", Source::archive, "a7", "bob@corp.example/ferry", "alice@corp.example");
    stage.session_caught_up(account, "a7");
  };
  server.catch_up(account);
  server.gateway_died();
  stage.restart();
  stage.forget_effects();
  stage.links_up();
  sent("<message id='c2'><body>2</body></message>");
  EXPECT_TRUE(server.sent.empty());
  stage.expect_publish(account, "in/receipt", R"({"id":"c1","state":"forwarded"})");
}

TEST_P(AccountsSessionTest, equal_messages_are_two_messages) {
  stage.time(120 * second);
  hear("<body>ok</body>", "1");
  hear("<body>ok</body>", "1");
  EXPECT_EQ(messages(), 2U);
}

TEST_P(AccountsSessionTest, what_another_client_sent_is_shown_as_ones_own) {
  hear("<body>From Spark</body>", "s1", Source::carbon_sent, "", "bob@corp.example/spark", "alice@corp.example");
  stage.expect_publish(account, "in/msg",
                       R"({"from":"bob@corp.example","to":"alice@corp.example","device":"spark","body":"From Spark"})");
  EXPECT_TRUE(server.sent.empty());
}

TEST_P(AccountsSessionTest, ones_own_message_does_not_come_back_by_the_archive) {
  stage.mqtt(account, "out/msg", R"({"id":"c1","to":"alice@corp.example","kind":"chat","body":"Hello"})");
  stage.forget_effects();
  hear("<body>Hello</body>", "c1", Source::archive, "a7", "bob@corp.example/ferry", "alice@corp.example");
  EXPECT_EQ(messages(), 0U);
}

TEST_P(AccountsSessionTest, a_carbon_asks_for_no_receipt) {
  hear("<body>Hi</body><request xmlns='urn:xmpp:receipts'/>", "m1", Source::carbon_received);
  const std::string json = stage.expect_publish(account, "in/msg", R"({"body":"Hi"})");
  stage.mqtt(account, "out/receipt",
             R"({"id":")" + Stage::field(json, "id") + R"(","to":"alice@corp.example","state":"delivered"})");
  EXPECT_TRUE(server.sent.empty());
}

TEST_P(AccountsSessionTest, receipts_of_contacts_reach_the_device) {
  stage.mqtt(account, "out/msg",
             R"({"id":"c1","to":"alice@corp.example","kind":"chat","body":"Hello","want":["delivered"]})");
  hear("<received xmlns='urn:xmpp:receipts' id='c1'/>", "r1");
  stage.expect_publish(account, "in/receipt", R"({"id":"c1","state":"delivered"})");
}

TEST_P(AccountsSessionTest, typing_goes_both_ways) {
  hear("<composing xmlns='http://jabber.org/protocol/chatstates'/>", "t");
  stage.expect_publish(account, "in/act", R"({"from":"alice@corp.example/spark","state":"composing"})");
  stage.mqtt(account, "out/act", R"({"to":"alice@corp.example","state":"paused"})");
  sent("<message to='alice@corp.example'><paused xmlns='http://jabber.org/protocol/chatstates'/></message>");
}

TEST_P(AccountsSessionTest, people_of_our_own_domain_are_reached_through_the_server) {
  stage.mqtt(account, "out/msg", R"({"id":"c1","to":"anna@mqtt.corp.example","kind":"chat","body":"Hello"})");
  const Element e = sent("<message to='anna@mqtt.corp.example' id='c1'><body>Hello</body></message>");
  std::string xml = to_xml(e, ns::client);
  xml.replace(0, 8, "<message from='bob@corp.example/ferry'");
  stage.xmpp(xml);  // the server routes it to the component
  stage.expect_publish("anna", "in/msg", R"({"body":"Hello","from":"bob@corp.example/ferry"})");
  stage.mqtt("anna", "out/msg", R"({"id":"d1","to":"bob@corp.example","kind":"chat","body":"And you?"})");
  const Element back = stage.expect_stanza("<message to='bob@corp.example' from='anna@mqtt.corp.example'/>");
  server.deliver(account, to_xml(back, ns::client));
  stage.expect_publish(account, "in/msg", R"({"body":"And you?"})");
}

TEST_P(AccountsSessionTest, the_devices_are_the_sessions_presence) {
  EXPECT_EQ(server.presences[account], "<presence/>");
  stage.mqtt(account, "out/dev/tablet/presence", R"({"state":"dnd","epoch":"t","priority":7,"status":"Busy"})");
  EXPECT_NE(server.presences[account].find("<priority>7</priority>"), std::string::npos) << server.presences[account];
  EXPECT_NE(server.presences[account].find("<show>dnd</show>"), std::string::npos);
  stage.offline(account, "tablet", "t");
  EXPECT_EQ(server.presences[account], "<presence/>");
  stage.offline(account, "phone");
  EXPECT_EQ(server.presences[account], "<presence type='unavailable'/>");
  stage.expect_no_stanza();  // the component has no part in it
}

TEST_P(AccountsSessionTest, contacts_presence_is_shown_and_ends_with_the_session) {
  server.deliver(account, "<presence from='alice@corp.example/spark'><show>away</show></presence>");
  stage.expect_shown(account, "in/contact/alice@corp.example/presence", R"({"state":"away"})");
  server.lose(account);
  stage.expect_shown(account, "in/contact/alice@corp.example/presence", R"({"state":"away"})");
  stage.expect_shown(account, "in/state", R"({"links":{"xmpp":"down"}})");
  server.reachable = false;
  stage.time(4 * second);
  stage.expect_shown(account, "in/contact/alice@corp.example/presence", R"({"state":"offline"})");
}

TEST_P(AccountsSessionTest, the_components_end_is_not_the_sessions) {
  server.deliver(account, "<presence from='alice@corp.example/spark'/>");
  stage.component_down();
  stage.time(10 * second);
  stage.expect_shown(account, "in/contact/alice@corp.example/presence", R"({"state":"online"})");
  stage.component_up();
  for (const Element& e : stage.stanzas) EXPECT_NE(e.attr_or("from"), account);
  EXPECT_TRUE(server.sent.empty());
}

TEST_P(AccountsSessionTest, presence_that_is_not_repeated_after_a_new_session_is_over) {
  server.deliver(account, "<presence from='alice@corp.example/spark'/>");
  server.lose(account);
  server.come_up(account);
  stage.time(6 * second);
  stage.expect_shown(account, "in/contact/alice@corp.example/presence", R"({"state":"offline"})");
}

TEST_P(AccountsSessionTest, roster_pushes_become_contacts_and_go) {
  const auto push = [&](const std::string& item) {
    server.deliver(account, "<iq type='set' id='p'><query xmlns='jabber:iq:roster'>" + item + "</query></iq>");
  };
  push("<item jid='eve@corp.example' name='Eve' subscription='to'><group>New</group></item>");
  stage.expect_shown(account, "in/contact/eve@corp.example", R"({"name":"Eve","subscription":"to"})");
  push("<item jid='eve@corp.example' subscription='remove'/>");
  EXPECT_EQ(stage.shown(account, "in/contact/eve@corp.example"), "");
  EXPECT_TRUE(server.sent.empty());  // nobody is told: the server has done it
}

TEST_P(AccountsSessionTest, a_forged_roster_push_is_ignored) {
  server.deliver(account,
                 "<iq type='set' id='p' from='mallory@corp.example/x'><query xmlns='jabber:iq:roster'>"
                 "<item jid='eve@corp.example' subscription='both'/></query></iq>");
  EXPECT_EQ(stage.shown(account, "in/contact/eve@corp.example"), "");
}

TEST_P(AccountsSessionTest, what_went_while_the_session_was_away_goes) {
  server.lose(account);
  server.accounts[account].roster.erase("carol@corp.example");
  server.come_up(account);
  EXPECT_EQ(stage.shown(account, "in/contact/carol@corp.example"), "");
}

TEST_P(AccountsSessionTest, a_wish_is_shown_and_answered) {
  server.accounts[account].pending.insert("eve@corp.example");
  server.deliver(account, "<presence type='subscribe' from='eve@corp.example'><status>Me!</status></presence>");
  stage.expect_shown(account, "in/contact/eve@corp.example", R"({"request":true})");
  request("approve", "eve@corp.example");
  good();
  sent("<presence type='subscribed' to='eve@corp.example'/>");
  stage.expect_shown(account, "in/contact/eve@corp.example", R"({"subscription":"from"})");
}

TEST_P(AccountsSessionTest, a_wish_that_was_answered_elsewhere_goes_after_a_new_session) {
  server.deliver(account, "<presence type='subscribe' from='eve@corp.example'/>");
  server.lose(account);
  server.come_up(account);
  stage.time(6 * second);
  EXPECT_EQ(stage.shown(account, "in/contact/eve@corp.example"), "");
}

TEST_P(AccountsSessionTest, roster_requests_are_the_servers_to_answer) {
  request("roster.add", "eve@corp.example", R"(,"name":"Eve","groups":["New"])");
  good();
  EXPECT_EQ(server.accounts[account].roster["eve@corp.example"].name, "Eve");
  stage.expect_shown(account, "in/contact/eve@corp.example", R"({"name":"Eve","groups":["New"]})");
  request("roster.remove", "eve@corp.example");
  good();
  EXPECT_FALSE(server.accounts[account].roster.contains("eve@corp.example"));
  request("roster.remove", "eve@corp.example", R"(,"this":"is no repeat")");
  bad("item-not-found");
}

TEST_P(AccountsSessionTest, requests_without_a_session_say_so) {
  server.lose(account);
  request("roster.add", "eve@corp.example");
  bad("remote-server-timeout");
}

TEST_P(AccountsSessionTest, a_server_that_does_not_answer_is_told) {
  server.answers = false;
  request("roster.add", "eve@corp.example");
  stage.time(31 * second);
  bad("remote-server-timeout");
}

TEST_P(AccountsSessionTest, while_nothing_has_come_the_archive_is_read_from_where_the_move_began) {
  const Instant there = stage.now;
  stage.time(3600 * second);
  start("moved");
  server.gateway_died();
  stage.restart();
  stage.links_up();
  EXPECT_GT(server.since[account], 0);
  EXPECT_LE(server.since[account], there);
  server.deliver(account, "<message type='chat' id='m' from='alice@corp.example/spark'><body>Hi</body></message>",
                 Brain::SessionSource::live, "a1");
  stage.time(SessionBridge::late_time);
  server.gateway_died();
  stage.restart();
  stage.links_up();
  EXPECT_EQ(server.places[account], "a1");
  EXPECT_LE(server.since[account], there) << "should the archive have forgotten the place";
  EXPECT_GT(server.since[account], 0);
  back();
  ASSERT_EQ(state(), "legacy");
  stage.time(3600 * second);
  const Instant again = stage.now;
  start("dual");
  ASSERT_EQ(state(), "dual");
  EXPECT_GE(server.since[account], again) << "what came while it was away is nobody's business";
}

TEST_P(AccountsSessionTest, blocking_is_the_servers) {
  request("block", "mallory@corp.example");
  good();
  EXPECT_TRUE(server.accounts[account].blocked.contains("mallory@corp.example"));
  request("unblock", "mallory@corp.example");
  EXPECT_TRUE(server.accounts[account].blocked.empty());
}

TEST_P(AccountsSessionTest, questions_of_others_are_answered) {
  server.deliver(account,
                 "<iq type='get' id='v' from='alice@corp.example/spark'><query xmlns='jabber:iq:version'/></iq>");
  sent("<iq type='error' id='v' to='alice@corp.example/spark'/>");
}

TEST_P(AccountsSessionTest, who_is_missed_most_logs_in_first) {
  const std::string cohort = R"("cohort":"rest","go":true,)",
                    rest = R"("jids":["aaron@corp.example","zoe@corp.example"])";
  ask(R"({"command":"migrate.plan",)" + cohort + rest + "}");
  ask(R"({"command":"migrate.start",)" + cohort + R"("to":"shadow"})");
  run();
  server.reachable = false;
  server.lose("zoe@corp.example");
  ask(R"({"command":"migrate.start","jids":["zoe@corp.example"],"go":true,"to":"dual"})");
  server.gateway_died();
  server.wants.clear();
  stage.restart();
  stage.links_up();
  EXPECT_EQ(server.wants, (std::vector<std::string>{"zoe@corp.example", account, "aaron@corp.example"}));
}

}  // namespace accounts_session_test
}  // namespace ferry
