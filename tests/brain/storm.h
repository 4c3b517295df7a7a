// Random events for a Brain, and what must hold after each: the storm test and the fuzz target share it.
//
// One instance is one storm: it draws from a source of numbers (a generator, or the bytes of a fuzzer), lets the brain
// live through restarts and crashes over the same records, and asks tests/brain/watch.h after each event.
#pragma once

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/brain/brain.h"
#include "tests/brain/memory_records.h"
#include "tests/brain/outside.h"
#include "tests/brain/storm_words.h"
#include "tests/brain/watch.h"

namespace ferry {

class Storm {
 public:
  Storm(Draw draw, std::unique_ptr<Records> given)
      : draw_(std::move(draw)),
        words_(draw_),
        records_(std::move(given)),
        table_(storm_table()),
        watch_(options_, table_, *records_, outside_) {
    options_.component.domain = "mqtt.corp.example";
    options_.component.server = "corp.example";
    options_.limits.user_devices = 4;
    options_.limits.roster_items = 8;
    options_.limits.user_outbox_rows = 20;
    options_.limits.outbox_rows = 50;
    options_.limits.dead_letters = 10;
    options_.limits.message_ttl = 600;
    options_.limits.user_rate = 20;
    options_.limits.presence_rate = 1;
    options_.limits.presence_burst = 4;
    options_.limits.peer_rate = 3;
    options_.limits.peer_burst = 30;
    start();
    link_server();
    link_broker();
  }

  // One event. The first broken rule, empty if none is.
  std::string step() {
    Happening said;
    now_ += static_cast<Duration>(draw_(64));
    if (draw_(32) == 0) outside_.busy = !outside_.busy;
    tell_waiting();
    switch (draw_(32)) {
      case 0:
        link_server();
        break;
      case 1:
        brain_->on_component_down(now_);
        outside_.server_down();
        break;
      case 2:
        link_broker();
        break;
      case 3:
        unlink_broker();
        break;
      case 4:
        if (draw_(4) == 0) return restart();
        break;
      case 5:
      case 6:
        now_ += static_cast<Duration>(draw_(8) * draw_(8) * draw_(8)) * 300;
        brain_->on_time(now_);
        break;
      case 7:
      case 8:
      case 9:
        acknowledge();
        break;
      case 10:
      case 11:
        answer();
        break;
      case 12:
        if (std::string wrong = command(); !wrong.empty()) return wrong;
        break;
      case 13:
      case 14:
      case 15:
      case 16:
      case 17:
      case 18:
      case 19:
        stanza(said);
        break;
      default:
        publish(said);
        break;
    }
    return finish(said);
  }

  // The end of a storm: both links are up and answer, time passes, people are there. Nothing may be left over.
  std::string settle() {
    outside_.busy = false;
    tell_waiting();
    link_server();
    link_broker();
    std::string wrong = finish({});
    for (int n = 0; n < 40 && wrong.empty(); ++n) {
      now_ += second;
      brain_->on_time(now_);
      for (const std::int64_t token : std::exchange(outside_.tokens, {})) brain_->on_published(token, 0, now_);
      for (const Element& iq : std::exchange(outside_.asked, {})) reply(iq, "result", iq.attr_or("to"));
      if (n == 5)  // a sign of life of everyone: what waited comes
        for (const char* user : {"bob@mqtt.corp.example", "anna@mqtt.corp.example", "cb", "new@mqtt.corp.example",
                                 "moved", "nobody@mqtt.corp.example"})
          brain_->on_publish(act_of(user), now_);
      wrong = finish({});
    }
    return wrong.empty() ? watch_.at_rest(now_) : wrong;
  }

  bool traced = false;  // print what happens, for people

 private:
  static MappingTable storm_table() {
    static const std::vector<Row> rows = [] {
      std::vector<Row> all;
      for (const char* text :
           {"user *@mqtt.corp.example {root}/u/{uid}", "user cb@mqtt.corp.example {root}/u/cb format=cbor",
            "feed alarm@mqtt.corp.example factory/alarm", "feed lamp@mqtt.corp.example home/lamp write=corp.example"})
        all.push_back(*parse_row(text));
      return all;
    }();
    MappingTable table("im/v1", "ferry");
    table.set_rows(rows);
    return table;
  }

  void start() {
    brain_ = std::make_unique<Brain>(options_, table_, *records_, std::array<std::uint64_t, 2>{7, ++starts_}, "0.1");
    brain_->start(now_);
  }
  void tell_waiting() { brain_->on_waiting({outside_.busy ? 100'000U : 0U, 0, 0}); }
  void link_server() {
    watch_.stream_began();
    outside_.server_down();
    outside_.server = true;
    brain_->on_component_up(now_);
  }
  void unlink_broker() {
    brain_->on_broker_down(now_);
    outside_.broker_down();
  }
  // A broker that forgot its session may have forgotten what it kept as well.
  void link_broker() {
    const bool session = draw_(4) != 0;
    if (outside_.broker) unlink_broker();
    outside_.broker_up(!session && draw_(2));
    brain_->on_broker_up({session, draw_(4) != 0}, now_);
  }
  // The process ends: as asked, or killed right after a commit, before anything of it went out.
  std::string restart() {
    if (draw_(2)) {
      brain_->shut_down(now_);
      if (std::string wrong = finish({}); !wrong.empty()) return wrong;
    } else {
      Happening said;
      publish(said);
      brain_->end_of_batch(now_);
      brain_->take_effects();
    }
    outside_.process_ended();
    watch_.process_ended();
    start();
    return finish({});
  }

  void stanza(Happening& said) {
    Element e = words_.stanza(said);
    if (draw_(32) == 0) {
      e.children.clear();
      said.text.clear();
      brain_->on_refused({std::move(e), error(Condition::policy_violation, "limit")}, now_);
    } else {
      brain_->on_stanza(std::move(e), now_);
    }
  }
  void publish(Happening& said) {
    const InPublish p = words_.publish(said);
    if (const auto match = table_.by_topic(p.topic); match && *match) said.actor = (*match)->jid.str();
    if (said.actor.empty()) said.answer = false;
    brain_->on_publish(p, now_);
  }
  InPublish act_of(const std::string& user) const {
    InPublish p;
    p.topic = "im/v1/u/" + user + "/out/act";
    p.payload = R"({"to":"alice@corp.example","state":"active"})";
    if (user == "cb") p.payload = *json_to_cbor(p.payload);
    p.qos = 1;
    p.packet_id = 1;
    return p;
  }
  void acknowledge() {
    constexpr std::array<int, 8> reasons{0, 0, 0, 0, 0, 0x10, 0x10, 0x97};
    for (std::size_t n = draw_(4) + 1; n > 0 && !outside_.tokens.empty(); --n) {
      const std::size_t at = draw_(4) ? 0 : draw_(outside_.tokens.size());
      const std::int64_t token = outside_.tokens[at];
      outside_.tokens.erase(outside_.tokens.begin() + static_cast<std::ptrdiff_t>(at));
      brain_->on_published(token, reasons[draw_(reasons.size())], now_);
    }
  }
  void answer() {
    if (outside_.asked.empty()) return;
    const std::size_t at = draw_(4) ? 0 : draw_(outside_.asked.size());
    const Element iq = std::move(outside_.asked[at]);
    outside_.asked.erase(outside_.asked.begin() + static_cast<std::ptrdiff_t>(at));
    reply(iq, draw_(4) ? "result" : "error", draw_(8) ? iq.attr_or("to") : "evil.example");
  }
  void reply(const Element& iq, std::string_view type, std::string_view from) {
    Element e(iq.name);
    if (iq.name == "iq" || type == "error") e.set("type", type);
    e.set("id", iq.attr_or("id")).set("from", from).set("to", iq.attr_or("from"));
    constexpr std::string_view user_ns = "http://jabber.org/protocol/muc#user";
    if (iq.name == "presence") e.add(Element("x", user_ns)).add(Element("status", user_ns)).set("code", "110");
    if (const Element* asked = iq.first_child(); asked && asked->name == "vCard")
      e.add(Element("vCard", asked->ns)).add(Element("FN", asked->ns)).add_text("Alice");
    brain_->on_stanza(std::move(e), now_);
  }
  std::string command() {
    const std::string text = words_.command(some_seqs());
    const auto document = JsonDocument::parse(text);
    if (!document) return "a storm's own fault: no JSON";
    if (!JsonDocument::parse(brain_->on_command(document->root(), now_))) return "a command was not answered in JSON";
    watch_.people_changed();
    if (text.find("requeue") != std::string::npos) watch_.requeued();
    return {};
  }

  std::string finish(const Happening& said) {
    const Effects at_once = brain_->take_effects();
    std::string wrong = watch_.after_event(said, at_once, now_);
    if (traced) trace(said, at_once);
    take(at_once);
    brain_->end_of_batch(now_);
    const Effects later = brain_->take_effects();
    if (wrong.empty()) wrong = watch_.after_tick(later, now_);
    if (traced) trace({}, later);
    take(later);
    if (wrong.empty() && !outside_.busy) wrong = watch_.agrees();
    return wrong.empty() && draw_(8) == 0 ? counts_agree() : wrong;
  }
  // Of a shelf, so that they are there now and then.
  std::string some_seqs() {
    std::string text;
    const Shelf shelf = std::array{Shelf::dead, Shelf::dead, Shelf::to_xmpp, Shelf::to_mqtt, Shelf::waiting}[draw_(5)];
    for (const MessageRecord& row : records_->shelf(shelf, 0, 0, draw_(4)))
      text += (text.empty() ? "" : ",") + std::to_string(row.seq);
    return text;
  }
  // What the brain has counted is what the records have.
  std::string counts_agree() {
    Load xmpp, mqtt;
    records_->each_queued([&](const QueuedRecord& q) {
      Load& load = q.way == Way::to_xmpp ? xmpp : mqtt;
      load.rows += q.rows;
      load.bytes += q.bytes;
    });
    const Gauges g = brain_->gauges();
    const auto numbers = [](const Load& load) { return std::to_string(load.rows) + "/" + std::to_string(load.bytes); };
    if (numbers(xmpp) != numbers(g.to_xmpp)) return "to XMPP " + numbers(xmpp) + " counted as " + numbers(g.to_xmpp);
    if (numbers(mqtt) != numbers(g.to_mqtt)) return "to MQTT " + numbers(mqtt) + " counted as " + numbers(g.to_mqtt);
    if (records_->count_dead() != g.dead_letters)
      return std::to_string(records_->count_dead()) + " dead letters counted as " + std::to_string(g.dead_letters);
    return g.dead_letters > static_cast<std::int64_t>(options_.limits.dead_letters) ? "too many dead letters" : "";
  }
  void trace(const Happening& said, const Effects& effects) const {
    std::printf("%lld %s -> %s %s %s %s %s\n", static_cast<long long>(now_ % 10'000'000), said.actor.c_str(),
                said.addressed.c_str(), said.name.c_str(), said.type.c_str(), said.id.c_str(), said.text.c_str());
    for (const std::string& text : effects.stanzas) std::printf("    > %s\n", text.c_str());
    for (const Publish& p : effects.publishes)
      std::printf("    %c %s %lld %s\n", p.retain ? '=' : '-', p.topic.c_str(), static_cast<long long>(p.token),
                  p.payload.c_str());
    for (const LogLine& line : effects.log) std::printf("    # %s\n", line.text.c_str());
  }
  void take(const Effects& effects) {
    outside_.take(effects);
    for (const Publish& p : effects.publishes)
      if (!p.id.empty()) words_.heard(p.id);
  }

  Draw draw_;
  StormWords words_;
  std::unique_ptr<Records> records_;
  Options options_;
  MappingTable table_;
  Outside outside_;
  Watch watch_;
  std::unique_ptr<Brain> brain_;
  Instant now_ = 1'795'000'000'000;
  std::uint64_t starts_ = 0;
};

}  // namespace ferry
