// A stage for conversations with the brain: an event, what follows from it, the next event.
//
// One instance is one gateway between a pretended XMPP server (corp.example, where alice and carol live) and a
// pretended broker (where bob and anna of mqtt.corp.example live). Each verb is one tick: the event, end_of_batch,
// take_effects. The server answers the barrier's pings and the broker acknowledges at once, unless a test says
// otherwise. What is expected is taken off the stage; expect_quiet() says that nothing else happened. Time passes by
// argument.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gateway/brain/brain.h"
#include "gateway/store/store.h"
#include "tests/brain/doors.h"
#include "tests/brain/invariants.h"
#include "tests/brain/matching.h"
#include "tests/brain/memory_records.h"

namespace ferry {

enum class Where { memory, store };

class Stage : public Doors {
 public:
  static constexpr Instant begin = 1'795'000'000'000;
  struct Setup {
    std::vector<std::string> rows = {"user *@mqtt.corp.example {root}/u/{uid}"};
    std::function<void(Options&)> options = [](Options&) {};
    bool started = true;  // and both links up, and all that follows from it over
  };

  explicit Stage(Where where) : Stage(where, Setup{}) {}
  Stage(Where where, const Setup& setup) : table("im/v1", "ferry") {
    options.component.domain = "mqtt.corp.example";
    options.component.server = "corp.example";
    options.session.host = "corp.example";
    auto& l = options.limits;
    l.user_rate = l.presence_rate = l.request_rate = l.subscription_rate = l.peer_rate = l.domain_rate = 0;
    setup.options(options);
    std::vector<Row> rows;
    for (const std::string& text : setup.rows) {
      auto row = parse_row(text);
      EXPECT_TRUE(row.ok()) << text;
      if (row) rows.push_back(std::move(*row));
    }
    EXPECT_TRUE(table.set_rows(std::move(rows)).empty());
    if (where == Where::memory) {
      records = std::make_unique<MemoryRecords>();
    } else {
      auto opened = Store::open(":memory:", Durability::normal);
      if (!opened) throw std::runtime_error(opened.error().text);
      store_ = opened->get();
      records = std::move(*opened);
    }
    for (const char* user : {"bob", "anna"}) records->add_user(*Jid::parse(jid(user)));
    restart();
    if (!setup.started) return;
    links_up();
    settle();
    forget_effects();
  }

  // ---- the process
  // A new process over the same records; the links are down. The broker keeps what is retained.
  void restart() {
    brain.reset();
    brain = std::make_unique<Brain>(options, table, *records, std::array<std::uint64_t, 2>{1, ++seed_}, "0.1");
    tick([&] { brain->start(now); });
  }
  void links_up() {
    broker_up(true);
    component_up();
  }
  void settle() {  // the broker is asked, the probes have their time
    time(2 * second);
    time(5 * second);
    time(5 * second);
  }
  void component_up() {
    tick([&] { brain->on_component_up(now); });
  }
  void component_down() override {
    tick([&] { brain->on_component_down(now); });
  }
  void broker_up(bool session_present, bool mqtt5 = true) {
    tick([&] { brain->on_broker_up({session_present, mqtt5}, now); });
  }
  void broker_down() {
    tick([&] { brain->on_broker_down(now); });
  }
  void shut_down() {
    tick([&] { brain->shut_down(now); });
  }
  void time(Duration passes) {
    now += passes;
    tick([&] { brain->on_time(now); });
  }

  // ---- events
  void xmpp(std::string_view xml) override {
    auto stanza = parse_xml(xml);
    ASSERT_TRUE(stanza.ok()) << xml;
    tick([&] { brain->on_stanza(std::move(*stanza), now); });
  }
  void mqtt(std::string_view user, std::string_view leaf, std::string payload) {
    InPublish p;
    p.topic = topic(user, leaf);
    p.payload = std::move(payload);
    p.qos = 1;
    p.packet_id = ++packet_id_;
    p.retain = leaf.ends_with("/presence");
    publish(p);
  }
  void publish(const InPublish& p) {
    if (p.retain) retain(p.topic, p.payload);
    tick([&] { brain->on_publish(p, now); });
  }
  void online(std::string_view user, std::string_view device, std::string epoch = "e1") {
    mqtt(user, "out/dev/" + std::string(device) + "/presence", R"({"state":"online","epoch":")" + epoch + "\"}");
  }
  void offline(std::string_view user, std::string_view device, std::string epoch = "e1") {
    mqtt(user, "out/dev/" + std::string(device) + "/presence", R"({"state":"offline","epoch":")" + epoch + "\"}");
  }
  // ---- accounts' sessions
  void session_up(const std::string& account, bool resumed, bool collected = false) override {
    tick([&] {
      Brain::SessionUp up{*Jid::parse(account + "/ferry")};
      up.resumed = resumed;
      up.collected = collected;
      up.archive = true;
      brain->on_session_up(up, now);
    });
  }
  void session_caught_up(const std::string& account, const std::string& archive_id, bool complete = true) override {
    tick([&] { brain->on_session_caught_up(*Jid::parse(account), archive_id, complete, now); });
  }
  void session_down(const std::string& account, bool credentials) override {
    session_down({*Jid::parse(account), credentials, credentials ? "not-authorized" : ""});
  }
  void session_down(const Brain::SessionDown& down) {
    tick([&] { brain->on_session_down(down, now); });
  }
  void session_stanza(const std::string& account, const std::string& xml, Brain::SessionSource source,
                      const std::string& archive_id) override {
    auto stanza = parse_xml(xml);
    ASSERT_TRUE(stanza.ok()) << xml;
    tick([&] {
      brain->on_session_stanza(
          {*Jid::parse(account), std::move(*stanza), source, archive_id, std::nullopt, in_order && !archive_id.empty()},
          now);
    });
  }
  void session_sent(const std::string& account, std::int64_t token) override {
    tick([&] { brain->on_session_sent(*Jid::parse(account), token, now); });
  }
  void session_waiting(const std::string& account, const std::string& from, bool group) {
    tick([&] { brain->on_session_waiting(*Jid::parse(account), *Jid::parse(from), group, now); });
  }
  void acknowledge(std::int64_t token, int reason) {
    tick([&] { brain->on_published(token, reason, now); });
  }
  void acknowledge_all(int reason) {
    while (!unacknowledged.empty()) {
      const std::int64_t token = unacknowledged.front();
      unacknowledged.erase(unacknowledged.begin());
      acknowledge(token, reason);
    }
  }
  void answer_ping(std::string_view id, std::string_view from = "corp.example", std::string_view type = "result") {
    xmpp("<iq type='" + std::string(type) + "' id='" + std::string(id) + "' from='" + std::string(from) +
         "' to='mqtt.corp.example'/>");
  }
  void answer_pings() {
    const auto asked = std::exchange(pings, {});
    for (const std::string& id : asked) answer_ping(id);
  }
  std::string command(const std::string& json) {
    const auto document = JsonDocument::parse(json);
    EXPECT_TRUE(document.ok()) << json;
    std::string answer;
    if (document) tick([&] { answer = brain->on_command(document->root(), now); });
    return answer;
  }
  // alice and bob see each other, bob's phone is online
  void befriend(std::string_view user = "bob", std::string_view contact = "alice@corp.example") {
    const std::string me = jid(user), other(contact);
    mqtt(user, "out/req", R"({"id":"s","request":"subscribe","contact":")" + other + "\"}");
    xmpp("<presence type='subscribed' from='" + other + "' to='" + me + "'/>");
    xmpp("<presence type='subscribe' from='" + other + "' to='" + me + "'/>");
    mqtt(user, "out/req", R"({"id":"a","request":"approve","contact":")" + other + "\"}");
    forget_effects();
  }

  // ---- what follows
  std::string expect_publish(std::string_view user, std::string_view leaf, std::string_view json = "{}") {
    return expect_publish_on(topic(user, leaf), json);
  }
  std::string expect_publish_on(const std::string& topic, std::string_view json) {
    const auto expected = JsonDocument::parse(json);
    EXPECT_TRUE(expected.ok()) << json;
    for (auto it = publishes.begin(); it != publishes.end(); ++it) {
      if (it->topic != topic) continue;
      const auto actual = JsonDocument::parse(it->payload);
      if (!actual || !matching::contains(actual->root(), expected->root())) continue;
      std::string payload = it->payload;
      last = *it;
      publishes.erase(it);
      return payload;
    }
    ADD_FAILURE() << "no publish on " << topic << " with " << json << "\n" << all();
    return "{}";
  }
  void expect_no_publish(std::string_view user, std::string_view leaf) {
    for (const Publish& p : publishes) EXPECT_NE(p.topic, topic(user, leaf)) << p.payload;
  }
  void expect_cleared(std::string_view user, std::string_view leaf) {
    for (auto it = publishes.begin(); it != publishes.end(); ++it)
      if (it->topic == topic(user, leaf) && it->retain && it->payload.empty()) {
        publishes.erase(it);
        return;
      }
    ADD_FAILURE() << topic(user, leaf) << " was not cleared\n" << all();
  }
  Element expect_stanza(std::string_view xml) {
    const auto expected = parse_xml(xml);
    EXPECT_TRUE(expected.ok()) << xml;
    for (auto it = stanzas.begin(); it != stanzas.end(); ++it)
      if (matching::contains(*it, *expected)) {
        Element found = std::move(*it);
        stanzas.erase(it);
        return found;
      }
    ADD_FAILURE() << "no stanza " << xml << "\n" << all();
    return Element();
  }
  void expect_no_stanza() { EXPECT_TRUE(stanzas.empty()) << all(); }
  void expect_no_publishes() { EXPECT_TRUE(publishes.empty()) << all(); }
  void expect_quiet() { EXPECT_TRUE(stanzas.empty() && publishes.empty()) << all(); }
  void forget_effects() {
    stanzas.clear();
    publishes.clear();
    log.clear();
    subscribes.clear();
    unsubscribes.clear();
  }
  // What the broker keeps; empty: nothing.
  std::string shown(std::string_view user, std::string_view leaf) const {
    const auto it = retained.find(topic(user, leaf));
    return it == retained.end() ? std::string() : it->second;
  }
  void expect_shown(std::string_view user, std::string_view leaf, std::string_view json) {
    const std::string text = shown(user, leaf);
    const auto actual = JsonDocument::parse(text), expected = JsonDocument::parse(json);
    EXPECT_TRUE(actual.ok() && expected.ok() && matching::contains(actual->root(), expected->root()))
        << topic(user, leaf) << " shows " << text << ", not " << json;
  }
  // One line, and no other of the same event.
  void expect_logged(std::string_view text) {
    const std::string_view event = text.substr(0, text.find(' '));
    const auto of_event = [&](const std::string& line) { return line.starts_with(std::string(event) + " "); };
    EXPECT_EQ(std::count_if(log.begin(), log.end(), of_event), 1) << text << all();
    EXPECT_TRUE(std::any_of(log.begin(), log.end(), [&](const auto& line) { return line.starts_with(text); }))
        << text << all();
    std::erase_if(log, of_event);
  }
  std::uint64_t counter(std::string_view name) const {
    for (const auto& [counter, value] : brain->counters())
      if (counter == name) return value;
    return 0;
  }
  static std::string field(const std::string& json, std::string_view key) {
    const auto document = JsonDocument::parse(json);
    return document ? std::string(document->root()[key].string().value_or("")) : std::string();
  }
  static std::string jid(std::string_view user) {
    return std::string(user) + (user.find('@') == std::string_view::npos ? "@mqtt.corp.example" : "");
  }
  static std::string topic(std::string_view user, std::string_view leaf) {
    return "im/v1/u/" + jid(user) + "/" + std::string(leaf);
  }
  std::string all() const {
    std::string text = "on the stage:";
    for (const Element& e : stanzas) text += "\n  " + to_xml(e, ns::client);
    for (const Publish& p : publishes) text += "\n  " + p.topic + (p.retain ? " (retained) " : " ") + p.payload;
    for (const std::string& line : log) text += "\n  " + line;
    return text;
  }

  Options options;
  MappingTable table;
  std::unique_ptr<Records> records;
  std::unique_ptr<Brain> brain;
  bool server_answers = true;  // the barrier's pings, at once
  bool marks_return = true;    // gw/mark, when everything before it is here
  int puback = 0;              // the reason of every acknowledgement; -1: they stay in `unacknowledged`
  bool reconnect_component = false;
  Brain::Waiting waiting;             // in the links
  bool broker_takes_nothing = false;  // then publishes add to it
  std::vector<std::string> pings;     // of the barrier, unanswered
  bool in_order = true;               // what a session is given misses nothing before it
  std::vector<Publish> publishes;
  std::vector<std::int64_t> unacknowledged;
  std::vector<Subscribe> subscribes;
  std::vector<std::string> unsubscribes;
  std::map<std::string, std::string> retained;
  std::vector<std::string> log;
  Publish last;  // what expect_publish() took
  struct Crash {};
  int crash_in = 0;                  // ticks; then the process is no more: Crash is thrown. 0: never
  bool crash_before_commit = false;  // with a store

 protected:
  void retain(const std::string& name, const std::string& payload) {
    if (payload.empty())
      retained.erase(name);
    else
      retained[name] = payload;
  }
  void tick(const std::function<void()>& event) {
    brain->on_waiting(waiting);
    if (store_) store_->begin();
    event();
    brain->end_of_batch(now);
    const bool crash = crash_in > 0 && --crash_in == 0;
    if (crash && crash_before_commit && store_) {
      store_->rollback();
      throw Crash{};
    }
    if (store_) store_->commit();
    if (crash) throw Crash{};
    Effects effects = brain->take_effects();
    EXPECT_EQ(broken_rule(effects, options), "");
    reconnect_component |= effects.reconnect_component;
    for (LogLine& line : effects.log) log.push_back(std::move(line.text));
    for (const std::string& text : effects.stanzas) {
      auto stanza = parse_xml(text);
      ASSERT_TRUE(stanza.ok()) << text;
      const std::string_view id = stanza->attr_or("id");
      if (id.starts_with("ferry-barrier-"))
        pings.emplace_back(id);
      else
        stanzas.push_back(std::move(*stanza));
    }
    for (Subscribe& s : effects.subscribes) subscribes.push_back(std::move(s));
    for (std::string& s : effects.unsubscribes) unsubscribes.push_back(std::move(s));
    for (Publish& p : effects.publishes) {
      if (broker_takes_nothing) {
        ++waiting.publishes;
        waiting.publish_bytes += p.topic.size() + p.payload.size();
      }
      if (p.retain) retain(p.topic, p.payload);
      if (p.token != 0) unacknowledged.push_back(p.token);
      if (p.token != -1) {
        publishes.push_back(std::move(p));
      } else if (marks_return) {  // gw/mark is the sentinel's own
        came_round_.push_back({p.topic, p.payload, 1, false, 0, {}, {}, false});
      }
    }
    for (SessionEffect& e : effects.sessions) sessions.push_back(std::move(e));
    after_tick();
    for (const InPublish& mark : std::exchange(came_round_, {})) publish(mark);
    if (server_answers && !pings.empty()) answer_pings();
    if (puback >= 0 && !unacknowledged.empty()) acknowledge_all(puback);
  }

  Store* store_ = nullptr;
  std::vector<InPublish> came_round_;
  std::uint64_t seed_ = 0;
  int packet_id_ = 0;
};

// Every conversation is played over both kinds of records.
class Conversation : public testing::TestWithParam<Where> {
 protected:
  Stage stage{GetParam()};
};
inline std::string where_name(const testing::TestParamInfo<Where>& info) {
  return info.param == Where::memory ? "memory" : "store";
}
#define FERRY_CONVERSATIONS(suite) \
  INSTANTIATE_TEST_SUITE_P(Over, suite, testing::Values(Where::memory, Where::store), where_name)

}  // namespace ferry
