// Random events for a Brain whose accounts stay on a legacy server while their owners move: sessions, rooms, archives,
// contact lists, the administrator's commands. The storm test and the fuzz target share it.
//
// One instance is one storm over the pretended servers of the conversations, which answer when it is their turn: it
// draws from a source of numbers (a generator, or the bytes of a fuzzer), lets the brain live through restarts and
// crashes over the same records, and asks tests/brain/account_watch.h after each event.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/brain/brain.h"
#include "tests/brain/account_storm_words.h"
#include "tests/brain/account_watch.h"
#include "tests/brain/memory_records.h"
#include "tests/brain/old_lists.h"
#include "tests/brain/old_server.h"
#include "tests/brain/outside.h"

namespace ferry {

class AccountStorm : public Doors {
 public:
  AccountStorm(AccountWords::Draw draw, std::unique_ptr<Records> given)
      : draw_(std::move(draw)), words_(draw_), records_(std::move(given)), watch_(options_, *records_) {
    options_.component.domain = "mqtt.corp.example";
    options_.component.server = "corp.example";
    options_.limits.message_ttl = 30 * 24 * 3600;
    auto& l = options_.limits;
    l.user_rate = l.presence_rate = l.request_rate = l.subscription_rate = l.peer_rate = l.domain_rate = 0;
    table_.set_rows({*parse_row("user *@mqtt.corp.example {root}/u/{uid}")});
    records_->add_user(*Jid::parse("zed@mqtt.corp.example"));
    people_of_the_server();
    server_.catch_up = [this](const std::string& account) { catch_up(account); };
    server_.took = [this](const std::string& account, const Element& e) { took(account, e); };
    start();
    brain_up();
    const std::size_t begun = draw_(8);
    if (begun == 0) return;
    if (draw_(2)) xmpp(privilege);
    command(plan_of_all);
    command(begun < 5 ? start_of("dual") : begun < 7 ? start_of("moved") : start_of("shadow"));
    for (int n = 0; n < 12; ++n) pass(200);
  }

  // One event. The first broken rule, empty if none is.
  std::string step() {
    now += static_cast<Duration>(draw_(64));
    switch (draw_(24)) {
      case 0:
        happens_to_the_links();
        break;
      case 1:
        if (draw_(4) == 0) restart();
        break;
      case 2:
      case 3:
        pass(draw_(32) == 0 ? 16 * 60 * second : static_cast<Duration>(draw_(8) * draw_(8) * draw_(8)) * 300);
        break;
      case 4:
      case 5:
        acknowledge();
        break;
      case 6:
        command(words_.command());
        break;
      case 7:
        happens_to_the_server();
        break;
      case 8:
      case 9:
        contact_says();
        break;
      case 10:
        in_a_room();
        break;
      case 11:
      case 12: {
        const std::string account = words_.pick(AccountWords::accounts);
        if (server_.up.contains(account)) session_stanza(account, words_.session_stanza(account), source(), "");
        changed_.insert(account);
        break;
      }
      case 13:
        if (outside_.server) xmpp(words_.component_stanza());
        break;
      case 14:
      case 15:
      case 16:
        turn_of_the_server();
        break;
      default:
        publish();
        break;
    }
    return wrong_;
  }

  // The end of a storm: everything answers, time passes, people are there. Nothing may be left over; and after the way
  // back of all, nothing of the gateway's may be anywhere.
  std::string settle() {
    calm();
    if (wrong_.empty()) wrong_ = watch_.at_rest();
    for (int tries = 0; tries < 3; ++tries) {
      command(R"({"command":"migrate.back","cohort":"pilot","go":true})");
      command(R"({"command":"migrate.back","cohort":"other","go":true})");
      calm();
    }
    records_->each_account([&](const AccountRecord& r) {
      if (wrong_.empty() && r.state != AccountState::legacy)
        wrong_ = r.jid.str() + " does not come back: " + std::string(account_state_name(r.state)) + " " + r.trouble;
    });
    for (const auto& [topic, payload] : outside_.retained)
      if (wrong_.empty() && topic.find("@corp.example/in/") != std::string::npos && topic.starts_with("im/v1/u/") &&
          !topic.substr(8, topic.find('/', 8) - 8).ends_with("@mqtt.corp.example"))
        wrong_ = "still shown: " + topic + " " + payload;
    for (const auto& [account, before] : before_)
      if (wrong_.empty() && !changed_.contains(account) && server_.accounts[account] != before)
        wrong_ = "the server's account is not what it was: " + account + " " + server_.roster_of(account);
    return wrong_;
  }

  bool traced = false;  // print what happens, for people

  // ---- Doors
  void session_up(const std::string& account, bool resumed, bool collected) override {
    Brain::SessionUp up{*Jid::parse(account + "/ferry")};
    up.resumed = resumed;
    up.collected = collected;
    up.archive = up.carbons = true;
    up.blocking = !account.starts_with("dora");
    tick("session up " + account, [&] { brain_->on_session_up(up, now); });
  }
  void session_caught_up(const std::string& account, const std::string& archive_id, bool complete) override {
    tick("caught up " + account + " " + archive_id,
         [&] { brain_->on_session_caught_up(*Jid::parse(account), archive_id, complete, now); });
  }
  void session_down(const std::string& account, bool credentials) override {
    tick("session down " + account, [&] { brain_->on_session_down({*Jid::parse(account), credentials, ""}, now); });
  }
  void session_stanza(const std::string& account, const std::string& xml, Brain::SessionSource from,
                      const std::string& archive_id) override {
    entry(account, {archive_id, xml, std::nullopt}, from);
  }
  void session_sent(const std::string& account, std::int64_t token) override {
    tick("sent " + account + " " + std::to_string(token),
         [&] { brain_->on_session_sent(*Jid::parse(account), token, now); });
  }
  void xmpp(std::string_view xml) override {
    auto stanza = parse_xml(xml);
    if (!stanza) return fault("no XML: " + std::string(xml));
    tick("< " + std::string(xml), [&] { brain_->on_stanza(std::move(*stanza), now); });
  }
  void component_down() override {
    tick("component down", [&] { brain_->on_component_down(now); });
    outside_.server_down();
    stanzas.clear();
  }

 private:
  static constexpr const char* plan_of_all =
      R"({"command":"migrate.plan","cohort":"pilot","go":true,)"
      R"("jids":["bob@corp.example","dora@corp.example","ann@corp.example ann@mqtt.corp.example"]})";
  static constexpr std::string_view privilege =
      "<message from='corp.example' to='mqtt.corp.example'><privilege xmlns='urn:xmpp:privilege:2'>"
      "<perm access='roster' type='both'/></privilege></message>";
  static std::string start_of(const std::string& to) {
    return R"({"command":"migrate.start","cohort":"pilot","go":true,"rate":1000,"to":")" + to + "\"}";
  }
  struct Entry {  // of an account's archive
    std::string id, xml;
    std::optional<Instant> stamp;
  };

  void people_of_the_server() {
    for (const char* account : {"bob@corp.example", "dora@corp.example", "ann@corp.example"}) {
      OldAccount& a = server_.accounts[account];
      a.roster["alice@corp.example"] = {"Alice", {"Friends"}, true, true, false};
      a.roster["carol@corp.example"] = {"", {}, false, true, false};
      a.roster["dave@corp.example"] = {"Dave", {"Work", "Friends"}, false, false, true};
      a.card = "<vCard xmlns='vcard-temp'><FN>Bob</FN><TITLE>Boss</TITLE></vCard>";
      a.published =
          "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:bookmarks:1'>"
          "<item id='sea@rooms.corp.example'><conference xmlns='urn:xmpp:bookmarks:1' name='Sea' autojoin='true'/>"
          "</item></items></pubsub>";
      before_[account] = a;
    }
    server_.accounts["alice@corp.example"].roster["ann@corp.example"] = {"Ann", {"Pals"}, true, true, false};
    server_.rooms.rooms["sea@rooms.corp.example"].occupants["alice"] = "";
    server_.rooms.rooms["ops@rooms.corp.example"].password = "secret";
  }

  void start() {
    brain_ = std::make_unique<Brain>(options_, table_, *records_, std::array<std::uint64_t, 2>{7, ++starts_}, "0.1");
    tick("start", [&] { brain_->start(now); });
  }
  void brain_up() {
    link_server();
    link_broker(true);
  }
  void link_server() {
    if (outside_.server) component_down();
    outside_.server = true;
    tick("component up", [&] { brain_->on_component_up(now); });
  }
  void link_broker(bool remembers) {
    if (outside_.broker) unlink_broker();
    outside_.broker_up(!remembers && draw_(2));
    tick("broker up", [&] { brain_->on_broker_up({remembers, draw_(4) != 0}, now); });
  }
  void unlink_broker() {
    tick("broker down", [&] { brain_->on_broker_down(now); });
    outside_.broker_down();
  }
  void happens_to_the_links();
  void restart();

  void happens_to_the_server();
  void comes_up(const std::string& account);
  void turn_of_the_server();
  void took(const std::string& account, const Element& e);

  void contact_says();
  Brain::SessionSource source(bool received = false) {
    using Source = Brain::SessionSource;
    const std::size_t n = draw_(8);
    return n == 0 ? Source::carbon_received : n == 1 && !received ? Source::carbon_sent : Source::live;
  }
  void entry(const std::string& account, const Entry& e, Brain::SessionSource from) {
    auto stanza = parse_xml(e.xml);
    if (!stanza) return fault("no XML: " + e.xml);
    const bool in_order = !e.id.empty() && (from == Brain::SessionSource::archive || !gaps_.contains(account));
    tick(account + " < " + e.id + " " + e.xml, [&] {
      brain_->on_session_stanza({*Jid::parse(account), std::move(*stanza), from, e.id, e.stamp, in_order}, now);
    });
  }
  void catch_up(const std::string& account);
  void forget_archive(const std::string& account);
  void in_a_room();

  void publish();
  void acknowledge();
  void command(const std::string& text);
  void pass(Duration passes) {
    now += passes;
    tick("time", [&] { brain_->on_time(now); });
    turn_of_the_server();
  }
  void calm();

  void fault(const std::string& text) {
    if (wrong_.empty()) wrong_ = text;
  }
  template <class Event>
  void tick(const std::string& what, const Event& event) {
    if (!wrong_.empty()) return;
    if (traced) std::printf("%lld %s\n", static_cast<long long>(now % 100'000'000), what.c_str());
    brain_->on_waiting({});
    event();
    brain_->end_of_batch(now);
    Effects effects = brain_->take_effects();
    if (traced) trace(effects);
    if (std::string wrong = watch_.after(effects); !wrong.empty()) fault(wrong);
    outside_.take(effects);
    for (const std::string& text : effects.stanzas)
      if (auto stanza = parse_xml(text); stanza && outside_.server) stanzas.push_back(std::move(*stanza));
    for (const Publish& p : effects.publishes)
      if (!p.id.empty()) words_.heard(p.id);
    for (SessionEffect& e : effects.sessions) {
      if (const std::size_t at = e.text.find("<iq "); at == 0)
        if (const auto iq = parse_xml(e.text)) words_.asked(std::string(iq->attr_or("id")));
      sessions.push_back(std::move(e));
    }
  }
  static void trace(const Effects& effects) {
    for (const std::string& text : effects.stanzas) std::printf("    > %s\n", text.c_str());
    for (const SessionEffect& e : effects.sessions)
      std::printf("    %d %s %lld %s\n", static_cast<int>(e.what), e.account.c_str(), static_cast<long long>(e.token),
                  e.text.c_str());
    for (const Publish& p : effects.publishes)
      std::printf("    %c %s %lld %s\n", p.retain ? '=' : '-', p.topic.c_str(), static_cast<long long>(p.token),
                  p.payload.c_str());
    for (const LogLine& line : effects.log) std::printf("    # %s\n", line.text.c_str());
  }

  AccountWords::Draw draw_;
  AccountWords words_;
  std::unique_ptr<Records> records_;
  Options options_;
  MappingTable table_{"im/v1", "ferry"};
  AccountWatch watch_;
  Outside outside_;
  OldServer server_{*this};
  OldLists lists_{*this, server_};
  std::unique_ptr<Brain> brain_;
  std::map<std::string, std::vector<Entry>> archive_;
  std::map<std::string, std::size_t> missed_;  // of the archive, since the session was lost; it may be resumed
  // Their archive was not read to its end: what is live is not said to be in order, as by the link, until it is.
  std::set<std::string> gaps_;
  std::map<std::string, OldAccount> before_;
  std::set<std::string> changed_;  // accounts that others than the gateway have changed, or for good
  bool calm_ = false;
  std::string wrong_;
  std::uint64_t starts_ = 0;
  int entries_ = 0;
};

}  // namespace ferry
#include "tests/brain/account_storm_events.h"
