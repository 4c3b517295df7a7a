// out/req across the end of the process, of the broker and of links: what was asked is answered, and done once.
#include "tests/brain/stage.h"

namespace ferry {
namespace requests_kept_test {

constexpr Duration soon = 6 * second;  // after the broker came up: what it sends again has come

class RequestsKeptTest : public Conversation {
 protected:
  void ask(const std::string& id, const std::string& members, const std::string& device = "phone") {
    stage.mqtt("bob", "out/req", R"({"id":")" + id + R"(","device":")" + device + "\"," + members + "}");
  }
  void add(const std::string& id, const std::string& name, const std::string& request = "roster.add") {
    ask(id, R"("request":")" + request + R"(","contact":"alice@corp.example","name":")" + name + "\"");
  }
  void rename(const std::string& id, const std::string& name) { add(id, name, "roster.update"); }
  void ask_profile(const std::string& id) { ask(id, R"("request":"profile.get","contact":"alice@corp.example")"); }
  void good(const std::string& id, const std::string& device = "phone") {
    stage.expect_publish("bob", "in/res/" + device, R"({"id":")" + id + R"(","ok":true})");
  }
  void bad(const std::string& id, const std::string& condition) {
    stage.expect_publish("bob", "in/res/phone",
                         R"({"id":")" + id + R"(","ok":false,"error":{"condition":")" + condition + "\"}}");
  }
  // About alice, with the id 1, as a client says it that names its answer's topic itself.
  static InPublish with_mqtt5(const std::string& request, const std::string& device, const std::string& correlation) {
    const std::string payload = R"({"id":"1","request":")" + request + R"(","contact":"alice@corp.example"})";
    return {Stage::topic("bob", "out/req"),          payload,     1,    false, 1,
            Stage::topic("bob", "in/res/" + device), correlation, false};
  }
  void unanswered() { stage.expect_no_publish("bob", "in/res/phone"); }
  void is_named(const std::string& name) {
    stage.expect_shown("bob", "in/contact/alice@corp.example", R"({"name":")" + name + "\"}");
  }
  void crash() {
    stage.restart();
    stage.unacknowledged.clear();
    stage.forget_effects();
    stage.puback = 0;
  }
  void up() {
    stage.links_up();
    stage.time(soon);
  }
  void broker_again() {
    stage.broker_down();
    stage.time(1 * second);
    stage.broker_up(true);
  }
  std::size_t kept() const {
    std::size_t n = 0;
    stage.records->each_request([&](const RequestRecord&) { ++n; });
    return n;
  }
};
FERRY_CONVERSATIONS(RequestsKeptTest);

// ---- unanswered

TEST_P(RequestsKeptTest, what_waits_for_the_xmpp_server_is_answered_at_a_clean_stop) {
  ask_profile("1");
  const std::string id(stage.expect_stanza("<iq type='get'/>").attr_or("id"));
  unanswered();
  stage.shut_down();
  bad("1", "remote-server-timeout");
  stage.xmpp(
      "<iq type='result' id='" + id +
      "' from='alice@corp.example' to='bob@mqtt.corp.example'><vCard xmlns='vcard-temp'><FN>A</FN></vCard></iq>");
  unanswered();
  ask_profile("2");  // while the process is ending
  bad("2", "remote-server-timeout");
  crash();
  up();
  unanswered();
  EXPECT_EQ(kept(), 0u);
}

TEST_P(RequestsKeptTest, what_waits_for_an_xmpp_server_that_goes_away_is_answered_at_once) {
  ask_profile("1");
  stage.expect_stanza("<iq type='get'/>");
  stage.component_down();
  bad("1", "remote-server-timeout");
  stage.component_up();
  stage.forget_effects();
  ask_profile("1");  // it was a question: asked anew
  const std::string id(stage.expect_stanza("<iq type='get'/>").attr_or("id"));
  stage.xmpp("<iq type='result' id='" + id +
             "' from='alice@corp.example' to='bob@mqtt.corp.example'><vCard "
             "xmlns='vcard-temp'><FN>A</FN></vCard></iq>");
  good("1");
}

TEST_P(RequestsKeptTest, what_waits_for_the_xmpp_server_is_answered_after_a_crash) {
  InPublish p = with_mqtt5("profile.get", "tablet", "corr");
  stage.publish(p);
  crash();
  up();
  stage.expect_publish("bob", "in/res/tablet",
                       R"({"id":"1","ok":false,"error":{"condition":"remote-server-timeout","retry":true}})");
  EXPECT_EQ(stage.last.correlation, "corr");
  crash();
  up();
  stage.expect_no_publish("bob", "in/res/tablet");
  EXPECT_EQ(kept(), 0u);
}

TEST_P(RequestsKeptTest, an_answer_that_the_broker_has_not_taken_is_published_again_after_a_crash) {
  stage.puback = -1;
  ask("1", R"("request":"who")");
  add("2", "Alice");
  good("1");
  good("2");
  crash();
  stage.links_up();
  unanswered();  // the broker may send the request again
  stage.time(soon);
  stage.expect_publish("bob", "in/res/phone", R"({"id":"1","ok":true,"result":{"jid":"bob@mqtt.corp.example"}})");
  good("2");
  crash();
  up();
  unanswered();
  EXPECT_EQ(kept(), 1u);  // what changed something
}

TEST_P(RequestsKeptTest, what_the_broker_sends_again_after_a_crash_is_answered_once) {
  stage.puback = -1;
  ask_profile("1");
  rename("2", "none");
  crash();
  stage.links_up();
  ask_profile("1");
  const std::string id(stage.expect_stanza("<iq type='get'/>").attr_or("id"));
  rename("2", "none");
  bad("2", "item-not-found");
  stage.time(soon);
  unanswered();
  stage.xmpp(
      "<iq type='result' id='" + id +
      "' from='alice@corp.example' to='bob@mqtt.corp.example'><vCard xmlns='vcard-temp'><FN>A</FN></vCard></iq>");
  good("1");
  unanswered();
}

TEST_P(RequestsKeptTest, a_large_answer_is_asked_for_again) {
  stage.puback = -1;
  for (int i = 0; i < 60; ++i)
    ask("a" + std::to_string(i),
        R"("request":"roster.add","contact":"c)" + std::to_string(i) + R"(@corp.example","name":"C")");
  stage.acknowledge_all(0);
  stage.forget_effects();
  ask("1", R"("request":"roster.get")");
  good("1");
  crash();
  up();
  bad("1", "remote-server-timeout");
}

TEST_P(RequestsKeptTest, an_answer_that_waits_for_the_broker_outlives_its_link) {
  stage.puback = -1;
  ask("1", R"("request":"who")");
  good("1");
  EXPECT_NE(stage.last.token, 0);
  EXPECT_FALSE(stage.last.ends_with_link);
  stage.acknowledge_all(0);
  EXPECT_EQ(kept(), 0u);
}

// ---- done once

TEST_P(RequestsKeptTest, a_broker_that_comes_back_older_does_not_undo_what_came_later) {
  add("0", "FIRST");
  rename("old", "OLD");
  rename("new", "NEW");
  stage.time(20 * 60 * second);
  stage.forget_effects();
  broker_again();
  rename("old", "OLD");
  good("old");
  is_named("NEW");
  EXPECT_EQ(stage.counter("requests_repeated"), 1u);
  crash();
  up();
  rename("old", "OLD");
  good("old");
  is_named("NEW");
  rename("newest", "OLD");
  is_named("OLD");
}

TEST_P(RequestsKeptTest, an_old_unsubscribe_does_not_undo_a_newer_subscribe) {
  stage.befriend();
  ask("u", R"("request":"unsubscribe","contact":"alice@corp.example")");
  ask("s", R"("request":"subscribe","contact":"alice@corp.example")");
  stage.forget_effects();
  broker_again();
  stage.forget_effects();
  ask("u", R"("request":"unsubscribe","contact":"alice@corp.example")");
  good("u");
  stage.expect_no_stanza();
  stage.expect_shown("bob", "in/contact/alice@corp.example", R"({"ask":"subscribe"})");
}

TEST_P(RequestsKeptTest, a_refusal_is_remembered_unless_trying_again_can_help) {
  rename("1", "EARLY");
  bad("1", "item-not-found");
  add("2", "LATE");
  rename("1", "EARLY");
  bad("1", "item-not-found");
  is_named("LATE");
  stage.component_down();
  ask_profile("3");
  bad("3", "remote-server-timeout");
  stage.component_up();
  ask_profile("3");
  stage.expect_stanza("<iq type='get'><vCard xmlns='vcard-temp'/></iq>");
}

TEST_P(RequestsKeptTest, the_repeat_says_where_its_answer_goes) {
  InPublish p = with_mqtt5("roster.add", "phone", "first");
  stage.publish(p);
  good("1");
  EXPECT_EQ(stage.last.correlation, "first");
  p.correlation = "second";
  stage.publish(p);
  good("1");
  EXPECT_EQ(stage.last.correlation, "second");
  EXPECT_EQ(stage.counter("requests_repeated"), 1u);
}

TEST_P(RequestsKeptTest, a_repeat_of_what_is_being_answered_waits_for_that_answer) {
  ask_profile("1");
  const std::string id(stage.expect_stanza("<iq type='get'/>").attr_or("id"));
  ask_profile("1");
  stage.expect_quiet();
  stage.xmpp(
      "<iq type='result' id='" + id +
      "' from='alice@corp.example' to='bob@mqtt.corp.example'><vCard xmlns='vcard-temp'><FN>A</FN></vCard></iq>");
  good("1");
  unanswered();
}

TEST_P(RequestsKeptTest, what_only_asks_is_asked_again) {
  ask("1", R"("request":"roster.get")");
  stage.expect_publish("bob", "in/res/phone", R"({"id":"1","result":{"contacts":[]}})");
  add("2", "Alice");
  ask("1", R"("request":"roster.get")");
  stage.expect_publish("bob", "in/res/phone", R"({"id":"1","result":{"contacts":[{"name":"Alice"}]}})");
}

// ---- clients whose ids come again

TEST_P(RequestsKeptTest, an_id_that_meant_something_else_is_no_repeat) {
  add("1", "A");
  rename("1", "B");
  is_named("B");
  add("1", "A");
  is_named("A");
  rename("2", "C");
  ask("1", R"("request":"who")");
  add("1", "A");
  is_named("A");
}

TEST_P(RequestsKeptTest, nor_is_one_of_another_device_or_person_or_none) {
  const std::string alice = R"("contact":"alice@corp.example","request":"roster.add","name":)";
  ask("1", alice + "\"A\"");
  rename("2", "B");
  ask("1", alice + "\"A\"", "tablet");
  is_named("A");
  stage.mqtt("anna", "out/req", R"({"id":"1","device":"phone",)" + alice + "\"A\"}");
  stage.expect_shown("anna", "in/contact/alice@corp.example", R"({"name":"A"})");
  for (const char* name : {"C", "D", "C"}) {
    stage.mqtt("bob", "out/req", "{" + alice + "\"" + name + "\"}");
    is_named(name);
  }
}

TEST_P(RequestsKeptTest, nor_is_what_comes_much_later_while_nothing_happened_to_the_link) {
  rename("1", "x");
  add("1", "A");
  rename("2", "B");
  stage.time(9 * 60 * second);
  add("1", "A");
  is_named("B");
  stage.time(2 * 60 * second);
  add("1", "A");
  is_named("A");
}

// ---- bounds

TEST_P(RequestsKeptTest, an_hour_is_remembered_and_however_long_the_broker_is_away) {
  add("0", "FIRST");
  rename("old", "OLD");
  rename("new", "NEW");
  stage.broker_down();
  stage.time(5 * 3600 * second);
  stage.broker_up(true);
  stage.time(60 * second);
  rename("old", "OLD");
  is_named("NEW");
  stage.time(2 * 3600 * second);
  stage.time(1 * second);
  EXPECT_EQ(kept(), 0u);
}

TEST_P(RequestsKeptTest, of_one_person_the_latest_are_remembered) {
  for (int i = 0; i < 600; ++i)
    add("a" + std::to_string(i), "N" + std::to_string(i), i == 0 ? "roster.add" : "roster.update");
  EXPECT_EQ(kept(), 512u);
  stage.forget_effects();
  crash();
  up();
  rename("a599", "N599");
  rename("a88", "N88");
  is_named("N599");
  rename("a87", "N87");
  is_named("N87");
}

TEST_P(RequestsKeptTest, who_is_removed_takes_them_along) {
  add("1", "A");
  EXPECT_EQ(kept(), 1u);
  stage.command(R"({"command":"user.remove","jid":"bob@mqtt.corp.example"})");
  EXPECT_EQ(kept(), 0u);
  crash();
  up();
}

TEST_P(RequestsKeptTest, who_is_over_the_rate_is_not_remembered) {
  stage.options.limits.request_rate = stage.options.limits.request_burst = 1;
  stage.puback = -1;
  ask("0", R"("request":"who")");
  ask("1", R"("request":"who")");
  bad("1", "resource-constraint");
  EXPECT_EQ(kept(), 1u);
}

}  // namespace requests_kept_test
}  // namespace ferry
