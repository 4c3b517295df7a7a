// Presence both ways: devices towards watchers, contacts towards users, probes, directed presence.
#include "tests/brain/stage.h"

namespace ferry {
namespace presence_test {

class PresenceTest : public Conversation {
 protected:
  static constexpr const char* topic = "in/contact/alice@corp.example/presence";
  void alice(const std::string& resource, const std::string& inside = "", const std::string& type = "") {
    stage.xmpp("<presence from='alice@corp.example" + (resource.empty() ? "" : "/" + resource) +
               "' to='bob@mqtt.corp.example'" + (type.empty() ? "" : " type='" + type + "'") + ">" + inside +
               "</presence>");
  }
  Element to_alice(const std::string& device, const std::string& inside = "", const std::string& type = "") {
    return stage.expect_stanza("<presence from='bob@mqtt.corp.example" + (device.empty() ? "" : "/" + device) +
                               "' to='alice@corp.example'" + (type.empty() ? "" : " type='" + type + "'") + ">" +
                               inside + "</presence>");
  }
};
FERRY_CONVERSATIONS(PresenceTest);

TEST_P(PresenceTest, a_device_is_a_resource_with_a_presence_of_its_own) {
  stage.befriend();
  stage.mqtt("bob", "out/dev/phone/presence", R"({"state":"away","status":"Lunch","priority":5,"epoch":"1"})");
  to_alice("phone", "<show>away</show><status>Lunch</status><priority>5</priority>");
  stage.mqtt("bob", "out/dev/laptop/presence", R"({"state":"online","epoch":"1"})");
  const Element e = to_alice("laptop");
  EXPECT_EQ(e.attr("type"), nullptr);
  EXPECT_EQ(e.child("show", ns::client), nullptr);
  stage.expect_no_stanza();
}

TEST_P(PresenceTest, only_changes_travel) {
  stage.befriend();
  stage.online("bob", "phone");
  stage.forget_effects();
  stage.online("bob", "phone");
  stage.expect_no_stanza();
}

TEST_P(PresenceTest, only_watchers_see_it) {
  stage.mqtt("bob", "out/req", R"({"id":"q","request":"roster.add","contact":"alice@corp.example"})");
  stage.online("bob", "phone");
  stage.expect_no_stanza();
}

TEST_P(PresenceTest, offline_ends_one_device_alone) {
  stage.befriend();
  stage.online("bob", "phone");
  stage.online("bob", "laptop");
  stage.forget_effects();
  stage.offline("bob", "phone");
  to_alice("phone", "", "unavailable");
  stage.expect_no_stanza();
}

TEST_P(PresenceTest, a_late_will_does_not_end_the_newer_connection) {
  stage.befriend();
  stage.online("bob", "phone", "old");
  stage.online("bob", "phone", "new");
  stage.forget_effects();
  stage.offline("bob", "phone", "old");
  stage.expect_no_stanza();
  EXPECT_EQ(stage.counter("wills_ignored"), 1u);
  stage.offline("bob", "phone", "new");
  to_alice("phone", "", "unavailable");
}

TEST_P(PresenceTest, an_empty_presence_takes_the_device_back) {
  stage.befriend();
  stage.online("bob", "phone");
  stage.forget_effects();
  stage.mqtt("bob", "out/dev/phone/presence", "");
  to_alice("phone", "", "unavailable");
}

TEST_P(PresenceTest, malformed_presence_is_refused_with_a_reason) {
  for (const char* payload :
       {"{", "[]", "{}", R"({"state":"sleepy"})", R"({"state":"online","priority":1000})", R"({"state":1})"}) {
    stage.mqtt("bob", "out/dev/phone/presence", payload);
    stage.expect_publish(
        "bob", "in/receipt",
        R"({"id":"-","state":"failed","topic":"out/dev/phone/presence","reason":{"condition":"bad-request"}})");
  }
  stage.mqtt("bob", "out/dev/=zz/presence", R"({"state":"online"})");
  stage.expect_publish("bob", "in/receipt", R"({"id":"-","state":"failed"})");
}

TEST_P(PresenceTest, too_many_devices_are_refused_but_gone_ones_make_room) {
  stage.options.limits.user_devices = 2;
  stage.online("bob", "one");
  stage.online("bob", "two");
  stage.forget_effects();
  stage.online("bob", "three");
  stage.expect_publish("bob", "in/receipt", R"({"state":"failed","reason":{"condition":"resource-constraint"}})");
  stage.offline("bob", "one");
  stage.online("bob", "three");
  stage.expect_no_publish("bob", "in/receipt");
  stage.mqtt("bob", "out/req", R"({"id":"q","request":"who"})");
  stage.expect_publish(
      "bob", "in/res/-",
      R"({"result":{"devices":[{"device":"three","state":"online"},{"device":"two","state":"online"}]}})");
}

TEST_P(PresenceTest, a_contacts_resources_add_up) {
  stage.befriend();
  alice("spark", "<show>away</show><priority>1</priority>");
  stage.expect_publish("bob", topic, R"({"state":"away","devices":[{"device":"spark","state":"away"}]})");
  EXPECT_TRUE(stage.last.retain);
  alice("phone", "<status>Here</status><priority>2</priority>");
  stage.expect_publish("bob", topic,
                       R"({"state":"online","status":"Here","devices":[{"device":"phone"},{"device":"spark"}]})");
  alice("phone", "", "unavailable");
  stage.expect_publish("bob", topic, R"({"state":"away"})");
  alice("spark", "", "unavailable");
  stage.expect_publish("bob", topic, R"({"state":"offline"})");
  stage.expect_quiet();
}

TEST_P(PresenceTest, the_same_presence_again_is_not_published_again) {
  stage.befriend();
  alice("spark");
  stage.forget_effects();
  stage.time(1 * second);
  alice("spark");
  stage.expect_quiet();
}

TEST_P(PresenceTest, unavailable_from_the_bare_jid_ends_all_resources) {
  stage.befriend();
  alice("spark");
  alice("phone");
  stage.forget_effects();
  alice("", "", "unavailable");
  stage.expect_publish("bob", topic, R"({"state":"offline"})");
}

TEST_P(PresenceTest, an_error_instead_of_presence_means_offline) {
  stage.befriend();
  alice("spark");
  stage.forget_effects();
  stage.xmpp(
      "<presence from='alice@corp.example' to='bob@mqtt.corp.example' type='error'><error "
      "type='cancel'><remote-server-not-found "
      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></presence>");
  stage.expect_publish("bob", topic, R"({"state":"offline"})");
  stage.expect_no_stanza();
}

TEST_P(PresenceTest, a_probe_of_a_watcher_is_answered_for_each_device) {
  stage.befriend();
  stage.online("bob", "phone");
  stage.mqtt("bob", "out/dev/pc/presence", R"({"state":"dnd","epoch":"1"})");
  stage.forget_effects();
  stage.xmpp("<presence type='probe' from='alice@corp.example/spark' to='bob@mqtt.corp.example'/>");
  stage.expect_stanza("<presence from='bob@mqtt.corp.example/phone' to='alice@corp.example/spark'/>");
  stage.expect_stanza(
      "<presence from='bob@mqtt.corp.example/pc' to='alice@corp.example/spark'><show>dnd</show></presence>");
  stage.expect_quiet();
}

TEST_P(PresenceTest, a_probe_while_away_is_answered_unavailable) {
  stage.befriend();
  stage.xmpp("<presence type='probe' from='alice@corp.example' to='bob@mqtt.corp.example'/>");
  to_alice("", "", "unavailable");
}

TEST_P(PresenceTest, a_probe_without_a_subscription_is_refused) {
  stage.online("bob", "phone");
  stage.xmpp("<presence type='probe' from='carol@corp.example' to='bob@mqtt.corp.example'/>");
  stage.expect_stanza("<presence type='unsubscribed' from='bob@mqtt.corp.example' to='carol@corp.example'/>");
  stage.expect_no_stanza();
}

TEST_P(PresenceTest, a_probe_of_nobody_is_not_answered) {
  stage.xmpp("<presence type='probe' from='carol@corp.example' to='nobody@mqtt.corp.example'/>");
  stage.expect_quiet();
}

TEST_P(PresenceTest, directed_presence_from_a_stranger_is_shown_and_cleared) {
  stage.online("bob", "phone");
  stage.forget_effects();
  alice("spark", "<show>chat</show>");
  stage.expect_publish("bob", topic, R"({"state":"chat"})");
  alice("spark", "", "unavailable");
  stage.expect_cleared("bob", topic);
  stage.expect_quiet();
}

TEST_P(PresenceTest, a_stranger_who_asks_and_leaves_is_not_shown_for_ever) {
  stage.online("bob", "phone");
  alice("spark");
  stage.xmpp("<presence type='subscribe' from='alice@corp.example' to='bob@mqtt.corp.example'/>");
  alice("spark", "", "unavailable");
  const std::string shown = stage.shown("bob", topic);
  EXPECT_TRUE(shown.empty() || Stage::field(shown, "state") == "offline") << shown;
}

TEST_P(PresenceTest, directed_presence_of_a_contact_without_subscription_ends_with_the_link) {
  stage.online("bob", "phone");
  stage.mqtt("bob", "out/req", R"({"id":"q","request":"roster.add","contact":"alice@corp.example"})");
  stage.forget_effects();
  alice("spark");
  stage.expect_publish("bob", topic, R"({"state":"online"})");
  stage.component_down();
  stage.time(4 * second);
  stage.expect_cleared("bob", topic);
}

TEST_P(PresenceTest, directed_presence_is_not_retained_as_nobody_may_be_left_to_take_it_back) {
  stage.online("bob", "phone");
  stage.mqtt("bob", "out/req", R"({"id":"q","request":"roster.add","contact":"carol@corp.example"})");
  alice("spark");
  stage.xmpp("<presence from='carol@corp.example/a' to='bob@mqtt.corp.example'/>");
  EXPECT_EQ(stage.shown("bob", topic), "");
  EXPECT_EQ(stage.shown("bob", "in/contact/carol@corp.example/presence"), "");
  stage.mqtt("bob", "out/req", R"({"id":"s","request":"subscribe","contact":"carol@corp.example"})");
  stage.xmpp("<presence type='subscribed' from='carol@corp.example' to='bob@mqtt.corp.example'/>");
  stage.xmpp("<presence from='carol@corp.example/a' to='bob@mqtt.corp.example'/>");
  stage.expect_shown("bob", "in/contact/carol@corp.example/presence", R"({"state":"online"})");
}

TEST_P(PresenceTest, a_device_directs_its_presence_and_takes_it_back) {
  stage.online("bob", "phone");
  stage.forget_effects();
  const auto direct = [&](const std::string& state) {
    stage.mqtt(
        "bob", "out/req",
        R"({"id":"q","request":"presence.send","contact":"room@conference.corp.example/bob","device":"phone","state":")" +
            state + "\"}");
    stage.expect_publish("bob", "in/res/phone", R"({"ok":true})");
  };
  direct("away");
  stage.expect_stanza(
      "<presence from='bob@mqtt.corp.example/phone' "
      "to='room@conference.corp.example/bob'><show>away</show></presence>");
  stage.offline("bob", "phone");
  stage.expect_stanza(
      "<presence type='unavailable' from='bob@mqtt.corp.example/phone' to='room@conference.corp.example/bob'/>");
  stage.online("bob", "phone");
  stage.offline("bob", "phone");  // whom it was directed to in an earlier session hears nothing of this one
  stage.expect_no_stanza();
  stage.online("bob", "phone");
  direct("online");
  direct("offline");
  stage.forget_effects();
  stage.offline("bob", "phone");
  stage.expect_no_stanza();
}

TEST_P(PresenceTest, only_a_device_that_is_online_directs_presence) {
  stage.mqtt(
      "bob", "out/req",
      R"({"id":"q","request":"presence.send","contact":"carol@corp.example","device":"phone","state":"online"})");
  stage.expect_publish("bob", "in/res/phone", R"({"ok":false,"error":{"condition":"unexpected-request"}})");
}

TEST_P(PresenceTest, late_presence_of_a_removed_contact_is_not_shown) {
  stage.befriend();
  stage.online("bob", "phone");
  stage.mqtt("bob", "out/req", R"({"id":"q","request":"roster.remove","contact":"alice@corp.example"})");
  stage.forget_effects();
  alice("spark", "<show>away</show>");  // on its way before her server heard of the removal
  alice("spark", "", "unavailable");
  stage.expect_quiet();
  stage.time(11 * second);
  alice("spark", "<show>chat</show>");
  stage.expect_publish("bob", topic, R"({"state":"chat"})");
}

TEST_P(PresenceTest, presence_to_nobody_is_ignored) {
  stage.xmpp("<presence from='alice@corp.example/spark' to='nobody@mqtt.corp.example'/>");
  stage.xmpp("<presence type='unavailable' from='alice@corp.example/spark' to='nobody@mqtt.corp.example'/>");
  stage.expect_quiet();
  stage.xmpp("<presence type='subscribe' from='alice@corp.example' to='nobody@mqtt.corp.example'/>");
  stage.expect_stanza("<presence type='unsubscribed' from='nobody@mqtt.corp.example' to='alice@corp.example'/>");
}

TEST_P(PresenceTest, one_contact_floods_resources_and_is_bounded) {
  stage.befriend();
  for (int i = 0; i < 200; ++i) alice("r" + std::to_string(i));
  EXPECT_GT(stage.counter("presences_refused"), 0u);
}

}  // namespace presence_test
}  // namespace ferry
