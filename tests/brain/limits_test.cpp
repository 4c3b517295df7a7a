// Who floods is limited, hears so, and nobody else feels it; presence ends true all the same.
#include "gateway/brain/limits.h"

#include "gateway/brain/held_presences.h"
#include "gateway/brain/log_limit.h"
#include "gateway/brain/sentinel.h"
#include "tests/brain/stage.h"

namespace ferry {
namespace limits_test {

class LimitsTest : public Conversation {
 protected:
  std::size_t published(std::string_view user, std::string_view leaf, std::string_view part = "") {
    std::size_t n = 0;
    for (const Publish& p : stage.publishes)
      n += p.topic == Stage::topic(user, leaf) && p.payload.find(part) != std::string::npos;
    return n;
  }
  std::size_t stanzas(std::string_view name, std::string_view type, std::string_view to = "") {
    std::size_t n = 0;
    for (const Element& e : stage.stanzas)
      n += e.name == name && e.attr_or("type") == type && (to.empty() || e.attr_or("to") == to);
    return n;
  }
  void alice_is(const std::string& show, const std::string& to = "bob@mqtt.corp.example") {
    stage.xmpp("<presence from='alice@corp.example/spark' to='" + to + "'><show>" + show + "</show></presence>");
  }
};
FERRY_CONVERSATIONS(LimitsTest);

TEST_P(LimitsTest, of_presence_that_comes_too_fast_the_latest_counts) {
  stage.befriend();
  auto& l = stage.options.limits;
  l.presence_rate = 2;
  l.presence_burst = 4;
  for (int i = 0; i < 50; ++i) stage.online("bob", "phone", "e" + std::to_string(i));
  for (int i = 0; i < 50; ++i)
    stage.mqtt("bob", "out/dev/phone/presence",
               R"({"state":"away","status":")" + std::to_string(i) + R"(","epoch":"z"})");
  EXPECT_EQ(published("bob", "in/receipt", "resource-constraint"), 1u) << stage.all();
  EXPECT_EQ(published("bob", "in/receipt", R"("topic":"out/dev/phone/presence")"), 1u);
  EXPECT_EQ(stage.counter("presences_deferred"), 96u);
  stage.forget_effects();
  stage.time(1 * second);
  EXPECT_EQ(stanzas("presence", "", "alice@corp.example"), 1u) << stage.all();
  stage.expect_stanza("<presence from='bob@mqtt.corp.example/phone'><show>away</show><status>49</status></presence>");
  stage.time(60 * second);
  stage.expect_no_stanza();
}

TEST_P(LimitsTest, no_device_starves_another) {
  stage.befriend();
  auto& l = stage.options.limits;
  l.presence_rate = 1;
  l.presence_burst = 1;
  stage.online("bob", "a");
  for (int i = 0; i < 100; ++i) {
    stage.mqtt("bob", "out/dev/a/presence", R"({"state":"away","status":")" + std::to_string(i) + R"(","epoch":"1"})");
    if (i == 50) stage.online("bob", "z");
    stage.time(100);
  }
  stage.expect_stanza("<presence from='bob@mqtt.corp.example/z'/>");
}

TEST_P(LimitsTest, typing_too_fast_is_dropped) {
  auto& l = stage.options.limits;
  l.presence_rate = 1;
  l.presence_burst = 3;
  for (int i = 0; i < 10; ++i) stage.mqtt("bob", "out/act", R"({"to":"alice@corp.example","state":"composing"})");
  EXPECT_EQ(stage.stanzas.size(), 3u);
  EXPECT_EQ(stage.counter("acts_dropped"), 7u);
  stage.expect_no_publishes();
}

TEST_P(LimitsTest, requests_too_fast_hear_so) {
  auto& l = stage.options.limits;
  l.request_rate = 1;
  l.request_burst = 3;
  const auto ask = [&] { stage.mqtt("bob", "out/req", R"({"id":"q","request":"who"})"); };
  for (int i = 0; i < 200; ++i) ask();
  EXPECT_EQ(published("bob", "in/res/-", R"("ok":true)"), 3u);
  EXPECT_EQ(published("bob", "in/res/-", "resource-constraint"), 3u * UserRates::answered_refusals);
  EXPECT_EQ(stage.counter("requests_over_rate"), 197u);
  EXPECT_EQ(stage.counter("refusals_unanswered"), 197u - 3u * UserRates::answered_refusals);
  stage.expect_publish("bob", "in/res/-",
                       R"({"id":"q","ok":false,"error":{"condition":"resource-constraint","retry":true}})");
  stage.mqtt("anna", "out/req", R"({"id":"q","request":"who"})");
  stage.expect_publish("anna", "in/res/-", R"({"ok":true})");
  stage.time(2 * second);
  stage.forget_effects();
  ask();
  stage.expect_publish("bob", "in/res/-", R"({"ok":true})");
}

TEST_P(LimitsTest, changes_of_contacts_have_a_rate_of_their_own) {
  auto& l = stage.options.limits;
  l.subscription_rate = 1;
  l.subscription_burst = 2;
  for (int i = 0; i < 5; ++i)
    stage.mqtt("bob", "out/req",
               R"({"id":"q","request":"subscribe","contact":"c)" + std::to_string(i) + R"(@corp.example"})");
  EXPECT_EQ(stanzas("presence", "subscribe"), 2u);
  EXPECT_EQ(published("bob", "in/res/-", "resource-constraint"), 3u);
  stage.mqtt("bob", "out/req", R"({"id":"q","request":"who"})");
  stage.expect_publish("bob", "in/res/-", R"({"ok":true})");
}

TEST_P(LimitsTest, refused_messages_with_an_id_hear_so_up_to_a_bound) {
  auto& l = stage.options.limits;
  l.user_rate = 1;
  l.user_burst = 2;
  const std::size_t told = std::size_t{2} * UserRates::answered_refusals;
  for (int i = 0; i < 100; ++i)
    stage.mqtt("bob", "out/msg", R"({"id":"m)" + std::to_string(i) + R"(","to":"alice@corp.example","body":"x"})");
  EXPECT_EQ(published("bob", "in/receipt", "accepted"), 2u);
  EXPECT_EQ(published("bob", "in/receipt", "failed"), told);
  EXPECT_EQ(stage.counter("refusals_unanswered"), 98 - told);
  EXPECT_EQ(stage.counter("publishes_refused"), 98u);
  stage.forget_effects();
  for (int i = 0; i < 10; ++i) stage.mqtt("bob", "out/msg", "{");
  EXPECT_EQ(published("bob", "in/receipt", R"("id":"-")"), 2u);
  stage.forget_effects();
  stage.mqtt("bob", "out/msg", R"({"id":"m0","to":"alice@corp.example","body":"x"})");  // known: not refused
  stage.expect_publish("bob", "in/receipt", R"({"id":"m0","state":"forwarded"})");
}

TEST_P(LimitsTest, messages_of_one_sender_are_refused_and_others_pass) {
  auto& l = stage.options.limits;
  l.peer_rate = 1;
  l.peer_burst = 3;
  const auto say = [&](const std::string& from, const std::string& type = "chat") {
    stage.xmpp("<message type='" + type + "' from='" + from +
               "' to='bob@mqtt.corp.example' id='i'><body>x</body></message>");
  };
  for (int i = 0; i < 10; ++i) say("alice@corp.example/r" + std::to_string(i));
  EXPECT_EQ(published("bob", "in/msg"), 3u);
  EXPECT_EQ(stanzas("message", "error"), 7u);
  EXPECT_EQ(stage.counter("stanzas_over_rate"), 7u);
  stage.expect_stanza(
      "<message type='error' to='alice@corp.example/r9'><error type='wait'><resource-constraint "
      "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
  stage.forget_effects();
  stage.xmpp(
      "<iq type='get' id='p' from='alice@corp.example/x' to='mqtt.corp.example'><ping xmlns='urn:xmpp:ping'/></iq>");
  stage.expect_stanza("<iq type='error' id='p'/>");
  say("alice@corp.example/x", "error");  // never answered
  stage.expect_no_stanza();
  say("carol@corp.example/x");
  EXPECT_EQ(published("bob", "in/msg"), 1u);
  stage.time(2 * second);
  say("alice@corp.example/x");
  EXPECT_EQ(published("bob", "in/msg"), 2u);
}

TEST_P(LimitsTest, a_bounce_is_heard_however_many_there_are) {
  auto& l = stage.options.limits;
  l.peer_rate = 1;
  l.peer_burst = 2;
  for (int i = 0; i < 6; ++i)
    stage.mqtt("bob", "out/msg", R"({"id":"m)" + std::to_string(i) + R"(","to":"alice@corp.example","body":"x"})");
  stage.forget_effects();
  for (int i = 0; i < 6; ++i)
    stage.xmpp("<message type='error' from='alice@corp.example' to='bob@mqtt.corp.example' id='m" + std::to_string(i) +
               "'><error type='cancel'><service-unavailable "
               "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
  EXPECT_EQ(published("bob", "in/receipt", "failed"), 6u);
}

TEST_P(LimitsTest, a_receipt_is_heard_once_however_many_there_are) {
  auto& l = stage.options.limits;
  l.peer_rate = 1;
  l.peer_burst = 2;
  for (int i = 0; i < 6; ++i)
    stage.mqtt("bob", "out/msg",
               R"({"id":"m)" + std::to_string(i) + R"(","to":"alice@corp.example","body":"x","want":["delivered"]})");
  stage.forget_effects();
  const auto confirm = [&](const std::string& id, const std::string& from = "alice@corp.example/x",
                           const std::string& more = "") {
    stage.xmpp("<message from='" + from + "' to='bob@mqtt.corp.example' id='r" + id +
               "'><received xmlns='urn:xmpp:receipts' id='" + id + "'/>" + more + "</message>");
  };
  for (int i = 0; i < 6; ++i) confirm("m" + std::to_string(i));
  EXPECT_EQ(published("bob", "in/receipt", "delivered"), 6u) << stage.all();
  EXPECT_EQ(stage.counter("stanzas_over_rate"), 0u);
  confirm("m0");  // it was heard
  confirm("m9");  // there is none
  confirm("m1", "alice@corp.example/x", "<body>x</body>");
  EXPECT_EQ(stage.counter("stanzas_over_rate"), 3u);
  for (int i = 0; i < 4; ++i) confirm("m2", "carol@corp.example/x");  // not hers
  EXPECT_EQ(stage.counter("stanzas_over_rate"), 5u);
}

TEST_P(LimitsTest, what_the_broker_kept_meanwhile_came_late_and_not_fast) {
  auto& l = stage.options.limits;
  l.user_rate = l.request_rate = 1;
  l.user_burst = l.request_burst = 2;
  int n = 0;
  const auto say = [&](int times) {
    for (; times > 0; --times, ++n) {
      stage.mqtt("bob", "out/msg", R"({"id":"m)" + std::to_string(n) + R"(","to":"alice@corp.example","body":"x"})");
      stage.mqtt("bob", "out/req", R"({"id":"q)" + std::to_string(n) + R"(","request":"who"})");
    }
  };
  stage.marks_return = false;
  stage.broker_down();
  stage.broker_up(true);
  say(20);
  stage.settle();  // the mark is on its way, behind the rest
  say(20);
  EXPECT_EQ(published("bob", "in/receipt", "failed"), 0u);
  EXPECT_EQ(published("bob", "in/res/-", "resource-constraint"), 0u);
  const std::string mark = stage.retained.at("im/v1/gw/mark");
  stage.publish({"im/v1/gw/mark", std::to_string(std::stoi(mark) - 1), 1, false, 0, {}, {}, false});  // an older one
  say(5);
  EXPECT_EQ(published("bob", "in/receipt", "failed"), 0u);
  stage.publish({"im/v1/gw/mark", mark, 1, false, 0, {}, {}, false});
  say(5);
  EXPECT_EQ(published("bob", "in/receipt", "failed"), 3u);
  EXPECT_EQ(published("bob", "in/res/-", "resource-constraint"), 3u);
}

TEST_P(LimitsTest, a_mark_that_never_comes_lifts_no_limit_for_ever) {
  auto& l = stage.options.limits;
  l.user_rate = 1;
  l.user_burst = 2;
  stage.marks_return = false;
  stage.broker_down();
  stage.broker_up(true);
  stage.time(Sentinel::longest_catching_up);
  stage.forget_effects();
  for (int i = 0; i < 5; ++i)
    stage.mqtt("bob", "out/msg", R"({"id":"m)" + std::to_string(i) + R"(","to":"alice@corp.example","body":"x"})");
  EXPECT_EQ(published("bob", "in/receipt", "failed"), 3u);
}

TEST_P(LimitsTest, presence_of_one_sender_ends_true) {
  stage.befriend();
  auto& l = stage.options.limits;
  l.peer_rate = 1;
  l.peer_burst = 2;
  for (int i = 0; i < 100; ++i) alice_is(i % 2 ? "away" : "dnd");
  alice_is("xa");
  EXPECT_LE(published("bob", "in/contact/alice@corp.example/presence"), 2u);
  EXPECT_EQ(stanzas("presence", "error"), 0u);
  stage.time(1 * second);
  stage.expect_shown("bob", "in/contact/alice@corp.example/presence", R"({"state":"xa"})");
  for (int i = 0; i < 20; ++i) alice_is("dnd");
  stage.xmpp("<presence type='unavailable' from='alice@corp.example' to='bob@mqtt.corp.example'/>");
  alice_is("chat");
  stage.xmpp("<presence type='unavailable' from='alice@corp.example/spark' to='bob@mqtt.corp.example'/>");
  stage.time(1 * second);
  stage.expect_shown("bob", "in/contact/alice@corp.example/presence", R"({"state":"offline"})");
}

TEST_P(LimitsTest, a_probe_over_the_rate_is_answered_later) {
  stage.befriend();
  stage.online("bob", "phone");
  auto& l = stage.options.limits;
  l.peer_rate = 1;
  l.peer_burst = 1;
  alice_is("dnd");
  stage.forget_effects();
  stage.xmpp("<presence type='probe' from='alice@corp.example' to='bob@mqtt.corp.example'/>");
  stage.expect_no_stanza();
  stage.time(1 * second);
  stage.expect_stanza("<presence from='bob@mqtt.corp.example/phone' to='alice@corp.example'/>");
}

TEST_P(LimitsTest, wishes_of_one_sender_are_bounded) {
  auto& l = stage.options.limits;
  l.subscription_rate = 1;
  l.subscription_burst = 1;
  for (const char* to : {"bob", "anna"})
    stage.xmpp("<presence type='subscribe' from='alice@corp.example' to='" + Stage::jid(to) + "'/>");
  EXPECT_EQ(published("bob", "in/contact/alice@corp.example"), 1u);
  EXPECT_EQ(published("anna", "in/contact/alice@corp.example"), 0u);
  stage.expect_stanza("<presence type='error' to='alice@corp.example' from='anna@mqtt.corp.example'/>");
}

TEST_P(LimitsTest, a_foreign_domain_is_bounded_and_the_servers_own_is_not) {
  auto& l = stage.options.limits;
  l.domain_rate = 1;
  l.domain_burst = 5;
  for (const char* domain : {"corp.example", "elsewhere.example", "other.example"})
    for (int i = 0; i < 10; ++i)
      stage.xmpp("<message type='chat' from='u" + std::to_string(i) + "@" + domain +
                 "/r' to='bob@mqtt.corp.example' id='i'><body>" + domain + "</body></message>");
  EXPECT_EQ(published("bob", "in/msg", R"("body":"corp.example")"), 10u);
  EXPECT_EQ(published("bob", "in/msg", R"("body":"elsewhere.example")"), 5u);
  EXPECT_EQ(published("bob", "in/msg", R"("body":"other.example")"), 5u);
}

TEST_P(LimitsTest, the_servers_answers_always_pass) {
  auto& l = stage.options.limits;
  l.peer_rate = 1;
  l.peer_burst = 1;
  for (int i = 0; i < 20; ++i)
    stage.mqtt("bob", "out/msg", R"({"id":"m)" + std::to_string(i) + R"(","to":"alice@corp.example","body":"x"})");
  EXPECT_EQ(published("bob", "in/receipt", "forwarded"), 20u);
}

TEST_P(LimitsTest, lines_about_one_user_are_bounded_and_say_how_many_were_left_out) {
  const auto lines = [&](std::string_view event) {
    return static_cast<std::uint64_t>(std::count_if(stage.log.begin(), stage.log.end(), [&](const std::string& line) {
      return line.starts_with("event=" + std::string(event) + " ");
    }));
  };
  for (int i = 0; i < 300; ++i) stage.mqtt("bob", "out/msg", "{");
  EXPECT_EQ(lines("publish.refused"), LogLimit::burst);
  EXPECT_EQ(stage.counter("publishes_refused"), 300u);
  EXPECT_EQ(stage.counter("log_lines_left_out"), 300u - LogLimit::burst);
  stage.mqtt("anna", "out/msg", "{");
  EXPECT_EQ(lines("publish.refused"), LogLimit::burst + 1u);
  stage.time(LogLimit::tell_interval);
  stage.expect_logged("event=log.left-out lines=" + std::to_string(300 - LogLimit::burst) +
                      " user=bob@mqtt.corp.example");
  stage.forget_effects();
  stage.time(60 * second);
  EXPECT_EQ(lines("log.left-out"), 0u);
}

TEST_P(LimitsTest, lines_about_forgeries_are_bounded_too) {
  for (int i = 0; i < 300; ++i)
    stage.xmpp(
        "<message from='alice@corp.example/x' to='bob@mqtt.corp.example'><received id='none' "
        "xmlns='urn:xmpp:receipts'/></message>");
  EXPECT_LE(stage.log.size(), LogLimit::burst + 0u);
  EXPECT_EQ(stage.counter("receipts_ignored"), 300u);
  stage.time(LogLimit::tell_interval);
  stage.expect_logged("event=log.left-out lines=" + std::to_string(300 - LogLimit::burst));
}

TEST_P(LimitsTest, a_device_of_a_removed_user_comes_to_nothing_later) {
  auto& l = stage.options.limits;
  l.presence_rate = l.presence_burst = 1;
  stage.befriend();
  stage.online("bob", "phone");
  stage.mqtt("bob", "out/dev/phone/presence", R"({"state":"dnd","epoch":"e1"})");
  stage.command(R"({"command":"user.remove","jid":"bob@mqtt.corp.example"})");
  stage.forget_effects();
  stage.time(10 * second);
  stage.expect_no_stanza();
}

TEST(Senders, are_bounded) {
  Senders senders;
  Options::Limits limits;
  limits.peer_rate = limits.peer_burst = 1;
  const Instant now = 1'795'000'000'000;
  for (std::size_t i = 0; i < 3 * Senders::generation; ++i)
    EXPECT_TRUE(senders.take(*Jid::parse("u" + std::to_string(i) + "@a.example"), false, false, now, limits));
  EXPECT_LE(senders.size(), 2 * Senders::generation);
  EXPECT_FALSE(senders.take(*Jid::parse("u149999@a.example"), false, false, now, limits));
}

TEST(LogLimit, says_what_it_left_out) {
  LogLimit log;
  const Instant now = 1'795'000'000'000;
  std::size_t lines = 0;
  for (int i = 0; i < 300; ++i) lines += log.take(7, now);
  EXPECT_EQ(lines, LogLimit::burst);
  EXPECT_TRUE(log.take(8, now));
  ASSERT_TRUE(log.next_deadline());
  const auto left_out = log.left_out(*log.next_deadline());
  ASSERT_EQ(left_out.size(), 1u);
  EXPECT_EQ(left_out[0], (std::pair<std::int64_t, std::uint64_t>{7, 300 - LogLimit::burst}));
  while (const auto next = log.next_deadline()) EXPECT_TRUE(log.left_out(*next).empty());
}

TEST(HeldPresences, are_bounded_and_whole) {
  HeldPresences held;
  const auto said = [](const std::string& from, std::string state, std::size_t status = 0) {
    return HeldPresences::Said{*Jid::parse(from), false, {std::move(state), std::string(status, 'x'), 0, 0}};
  };
  EXPECT_TRUE(held.put(1, said("a@b/x", "away")));
  EXPECT_TRUE(held.put(1, said("a@b/y", "away")));
  EXPECT_TRUE(held.put(2, said("a@b/x", "away")));
  EXPECT_TRUE(held.put(1, said("a@b/x", "dnd")));
  EXPECT_EQ(held.size(), 3u);
  auto pair = held.take();
  ASSERT_TRUE(pair && pair->user == 1 && pair->said.size() == 2);
  EXPECT_EQ(pair->said[1].availability.state, "dnd");
  EXPECT_TRUE(held.put(2, said("a@b", "offline")));
  pair = held.take();
  ASSERT_TRUE(pair && pair->user == 2 && pair->said.size() == 1);
  EXPECT_TRUE(held.empty());
  std::size_t n = 0;
  while (held.put(static_cast<UserKey>(n), said("a@b/x", "away", 1'000))) ++n;
  EXPECT_LE(n, HeldPresences::max_bytes / 1'000);
  EXPECT_GT(n, 10'000u);
  held.clear();
  EXPECT_TRUE(held.put(1, said("a@b/x", "away")));
}

}  // namespace limits_test
}  // namespace ferry
