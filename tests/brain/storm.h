// Random events for a Brain, and what must hold after each: the storm test and the fuzz target share it.
//
// One instance is one storm: it draws from a source of numbers (a generator, or the bytes of a fuzzer) and keeps what
// the pretended links have to know: tokens to acknowledge, pings and requests to answer, iqs that must be answered.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gateway/brain/brain.h"
#include "tests/brain/invariants.h"
#include "tests/brain/memory_records.h"

namespace ferry {

class Storm {
 public:
  using Draw = std::function<std::size_t(std::size_t below)>;

  Storm(Draw draw, std::unique_ptr<Records> given)
      : draw_(std::move(draw)), records_(std::move(given)), table_("im/v1", "ferry") {
    options_.component.domain = "mqtt.corp.example";
    options_.component.server = "corp.example";
    options_.limits.user_devices = 4;
    options_.limits.roster_items = 8;
    options_.limits.user_outbox_rows = 20;
    options_.limits.outbox_rows = 50;
    options_.limits.message_ttl = 600;
    options_.limits.user_rate = 20;
    std::vector<Row> rows;
    for (const char* text :
         {"user *@mqtt.corp.example {root}/u/{uid}", "user cb@mqtt.corp.example {root}/u/cb format=cbor",
          "feed alarm@mqtt.corp.example factory/alarm", "feed lamp@mqtt.corp.example home/lamp write=corp.example"})
      rows.push_back(*parse_row(text));
    table_.set_rows(std::move(rows));
    restart();
  }

  // One event. The first broken rule, empty if none is.
  std::string step() {
    wrong_.clear();
    switch (draw_(24)) {
      case 0:
        brain_->on_component_up(now_);
        up_ = true;
        break;
      case 1:
        brain_->on_component_down(now_);
        up_ = false;
        break;
      case 2:
        brain_->on_broker_up({draw_(2) == 0, draw_(4) != 0}, now_);
        break;
      case 3:
        brain_->on_broker_down(now_);
        break;
      case 4:
        if (draw_(20) == 0) restart();
        break;
      case 5:
        now_ += static_cast<Duration>(draw_(8) * draw_(8) * draw_(8)) * 300;
        brain_->on_time(now_);
        break;
      case 6:
      case 7:
        acknowledge();
        break;
      case 8:
      case 9:
        answer();
        break;
      case 10:
        command();
        break;
      case 11:
      case 12:
      case 13:
      case 14:
      case 15:
      case 16:
        stanza();
        break;
      default:
        publish();
        break;
    }
    now_ += static_cast<Duration>(draw_(100));
    brain_->end_of_batch(now_);
    take();
    return wrong_;
  }

  const Brain& brain() const { return *brain_; }

 private:
  using Words = std::vector<std::string>;
  const std::string& pick(const Words& words) { return words[draw_(words.size())]; }

  void restart() {
    if (brain_ && draw_(2)) brain_->shut_down(now_);
    if (brain_) take();
    brain_ = std::make_unique<Brain>(options_, table_, *records_, std::array<std::uint64_t, 2>{7, ++starts_}, "0.1");
    brain_->start(now_);
    tokens_.clear();
    pings_.clear();
    up_ = false;
  }
  std::string person() {
    static const Words people{"bob@mqtt.corp.example",  "anna@mqtt.corp.example",
                              "cb@mqtt.corp.example",   "new@mqtt.corp.example",
                              "alice@corp.example",     "carol@corp.example/spark",
                              "alice@corp.example/a",   "corp.example",
                              "mqtt.corp.example",      "alarm@mqtt.corp.example",
                              "lamp@mqtt.corp.example", "bob@mqtt.corp.example/phone",
                              "x@elsewhere.example",    "@",
                              "bob@mqtt.corp.example/"};
    return pick(people);
  }
  std::string id() { return "m" + std::to_string(draw_(30)); }
  std::string known_id() { return ids_.empty() || draw_(3) == 0 ? id() : ids_[draw_(ids_.size())]; }

  void stanza() {
    static const Words presence{
        "", "", "unavailable", "subscribe", "subscribed", "unsubscribe", "unsubscribed", "probe", "error", "odd"};
    static const Words parts{"<show>away</show>", "<status>Lunch</status>", "<priority>5</priority>",
                             "<show>odd</show>"};
    static const Words message{"chat", "", "normal", "headline", "groupchat", "error"};
    static const Words iq{"get", "set", "result", "error", "odd"};
    static const Words payload{"<ping xmlns='urn:xmpp:ping'/>",
                               "<query xmlns='http://jabber.org/protocol/disco#info'/>",
                               "<vCard xmlns='vcard-temp'><FN>A</FN></vCard>",
                               "<query xmlns='jabber:iq:last'/>",
                               "<x/>",
                               ""};
    const std::string from = person(), to = person();
    const auto open = [&](const std::string& name, const std::string& type, const std::string& stanza_id) {
      return "<" + name + " from='" + from + "' to='" + to + "' id='" + stanza_id + "'" +
             (type.empty() ? "" : " type='" + type + "'") + ">";
    };
    std::string xml, asked;
    switch (draw_(3)) {
      case 0:
        xml = open("presence", pick(presence), id()) + pick(parts) + "</presence>";
        break;
      case 1:
        xml = open("message", pick(message), id()) + contents() + contents() + "</message>";
        break;
      default: {
        const std::string type = pick(iq), inside = pick(payload), iq_id = "iq" + std::to_string(++iqs_);
        xml = open("iq", type, iq_id) + inside + "</iq>";
        // Answered exactly once, if it can be: the link is up, both addresses are good, the asker is of another domain.
        const auto f = Jid::parse(from), t = Jid::parse(to);
        if (f && t && (type == "get" || type == "set") && t->domainpart() == "mqtt.corp.example" &&
            f->domainpart() != "mqtt.corp.example")
          asked = iq_id;
      }
    }
    auto element = parse_xml(xml);
    if (!element) return;
    if (draw_(30) == 0)
      brain_->on_refused({std::move(*element), error(Condition::policy_violation, "limit")}, now_);
    else
      brain_->on_stanza(std::move(*element), now_);
    awaited_ = asked;
  }
  std::string contents() {
    switch (draw_(9)) {
      case 0:
        return "<received xmlns='urn:xmpp:receipts' id='" + known_id() + "'/>";
      case 1:
        return "<displayed xmlns='urn:xmpp:chat-markers:0' id='" + known_id() + "'/>";
      case 2:
        return "<composing xmlns='http://jabber.org/protocol/chatstates'/>";
      case 3:
        return "<replace xmlns='urn:xmpp:message-correct:0' id='" + known_id() + "'/>";
      case 4:
        return "<no-store xmlns='urn:xmpp:hints'/>";
      case 5:
        return "<request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/>";
      case 6:
        return "<error type='wait'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
      case 7:
        return "<body>?</body>";
      default:
        return "<body>Hi &lt;there&gt; \u00e9</body>";
    }
  }
  void publish() {
    static const Words users{"bob@mqtt.corp.example", "anna@mqtt.corp.example", "cb", "new@mqtt.corp.example",
                             "odd=zz@mqtt.corp.example"};
    static const Words leaves{"msg",
                              "msg",
                              "msg",
                              "receipt",
                              "act",
                              "req",
                              "req",
                              "req",
                              "dev/phone/presence",
                              "dev/tablet/presence",
                              "dev/pc/presence",
                              "text/alice@corp.example",
                              "text/anna@mqtt.corp.example",
                              "odd",
                              "dev/phone"};
    static const Words states{"online", "away", "offline", "offline", "dnd", "odd"};
    static const Words requests{
        "roster.get", "roster.add",  "roster.update", "roster.remove", "subscribe", "unsubscribe", "approve",
        "deny",       "profile.get", "profile.set",   "presence.send", "feed.last", "who",         "odd"};
    InPublish p;
    const std::string user = pick(users), leaf = pick(leaves);
    p.topic = "im/v1/u/" + user + "/out/" + leaf;
    p.qos = 1;
    p.packet_id = static_cast<int>(draw_(20)) + 1;
    p.retain = leaf.starts_with("dev/") || draw_(20) == 0;
    if (draw_(12) == 0)
      p.topic = pick({"factory/alarm", "home/lamp", "im/v1/gw/mark", "$SYS/broker/uptime", "im/v1/gw/status", "x"});
    const std::string to = person();
    const auto field = [](const std::string& key, const std::string& value) {
      return "\"" + key + "\":\"" + value + "\",";
    };
    std::string json = "{" + (draw_(10) ? field("id", leaf == "receipt" ? known_id() : id()) : "");
    if (leaf == "receipt")
      json += field("state", pick({"delivered", "displayed", "odd"}));
    else if (leaf == "act")
      json += field("to", to) + field("state", pick({"composing", "gone", "odd"}));
    else if (leaf == "req")
      json += field("request", pick(requests)) + field("contact", to) + field("state", pick(states)) +
              (draw_(2) ? field("device", "phone") : "");
    else if (leaf.starts_with("dev/"))
      json += field("state", pick(states)) + field("epoch", "e" + std::to_string(draw_(3))) +
              (draw_(3) ? "" : field("since", known_id()));
    else
      json += field("to", to) + (draw_(8) ? field("body", "Hi") : "") +
              (draw_(4) ? "" : field("replaces", known_id())) + (draw_(6) ? "" : field("device", "phone")) +
              (draw_(3) ? "" : "\"want\":[\"delivered\",\"displayed\"],");
    json.back() = '}';
    p.payload = json.size() == 1 ? "{}" : json;
    switch (draw_(16)) {
      case 0:
        p.payload.clear();
        break;
      case 1:
        p.payload.resize(draw_(p.payload.size() + 1));
        break;
      case 2:
        p.payload = std::to_string(draw_(1'000));
        break;
      case 3:
        p.payload.insert(draw_(p.payload.size() + 1), 1, static_cast<char>(draw_(256)));
        break;
      case 4:
        p.response_topic =
            pick({"im/v1/u/bob@mqtt.corp.example/in/res/phone", "im/v1/u/anna@mqtt.corp.example/in/msg", "#"});
        break;
      default:
        break;
    }
    if (user == "cb" && draw_(4))
      if (auto bytes = json_to_cbor(p.payload)) p.payload = std::move(*bytes);
    brain_->on_publish(p, now_);
  }
  void acknowledge() {
    for (std::size_t n = draw_(4) + 1; n > 0 && !tokens_.empty(); --n) {
      const std::size_t at = draw_(tokens_.size());
      const std::int64_t token = tokens_[at];
      tokens_.erase(tokens_.begin() + static_cast<std::ptrdiff_t>(at));
      constexpr std::array<int, 6> reasons{0, 0, 0, 0x10, 0x10, 0x97};
      brain_->on_published(token, reasons[draw_(reasons.size())], now_);
    }
  }
  void answer() {
    if (pings_.empty()) return;
    const std::size_t at = draw_(pings_.size());
    Element e("iq");
    e.set("type", draw_(4) ? "result" : "error")
        .set("id", pings_[at])
        .set("from", draw_(8) ? "corp.example" : "evil.example")
        .set("to", "mqtt.corp.example");
    pings_.erase(pings_.begin() + static_cast<std::ptrdiff_t>(at));
    brain_->on_stanza(std::move(e), now_);
  }
  void command() {
    const std::string jid =
        pick({"bob@mqtt.corp.example", "anna@mqtt.corp.example", "x@mqtt.corp.example", "lamp@mqtt.corp.example"});
    const std::string name = pick({"user.add", "user.remove", "user.show", "user.list", "status", "map.list",
                                   "map.check", "map.add", "map.remove", "odd"});
    const std::string row =
        pick({"user bob@mqtt.corp.example {root}/u/moved", "feed f@mqtt.corp.example x/f", "nonsense"});
    const auto document =
        JsonDocument::parse(R"({"command":")" + name + R"(","jid":")" + jid + R"(","row":")" + row + "\"}");
    if (!JsonDocument::parse(brain_->on_command(document->root(), now_))) wrong_ = "a command was not answered in JSON";
  }

  void take() {
    const Effects effects = brain_->take_effects();
    if (wrong_.empty()) wrong_ = broken_rule(effects, options_);
    std::size_t answers = 0;
    for (const std::string& text : effects.stanzas) {
      const auto stanza = parse_xml(text);
      if (!stanza) continue;
      const std::string stanza_id(stanza->attr_or("id"));
      const bool answer = stanza->attr_or("type") == "result" || stanza->attr_or("type") == "error";
      if (stanza->name == "iq" && !answer) pings_.push_back(stanza_id);
      if (stanza->name == "iq" && answer && stanza_id == awaited_) ++answers;
    }
    if (wrong_.empty() && answers > 1)
      wrong_ = "iq " + awaited_ + " was answered " + std::to_string(answers) + " times";
    if (wrong_.empty() && !awaited_.empty() && up_ && answers == 0) wrong_ = "iq " + awaited_ + " was not answered";
    awaited_.clear();
    for (const Publish& p : effects.publishes) {
      if (p.token != 0) tokens_.push_back(p.token);
      if (!p.id.empty()) ids_.push_back(p.id);
      if (ids_.size() > 40) ids_.erase(ids_.begin());
    }
    if (wrong_.empty()) check_rosters();
  }
  // What may stand in a roster (RFC 6121 appendix A.1 and ours).
  void check_rosters() {
    records_->each_contact([&](UserKey, ContactRecord c) {
      if (c.ask && c.to) wrong_ = "asks for what it has: " + c.jid.str();
      if (c.request && c.from) wrong_ = "is asked for what it gave: " + c.jid.str();
      if ((c.to || c.from || c.ask || c.approved) && !c.listed) wrong_ = "subscribed and not listed: " + c.jid.str();
      if (c.denied && (c.from || c.request || c.approved)) wrong_ = "denied and yet not: " + c.jid.str();
    });
  }

  Draw draw_;
  std::unique_ptr<Records> records_;
  Options options_;
  MappingTable table_;
  std::unique_ptr<Brain> brain_;
  Instant now_ = 1'795'000'000'000;
  std::uint64_t starts_ = 0, iqs_ = 0;
  std::vector<std::int64_t> tokens_;
  bool up_ = false;  // the component link
  Words pings_, ids_;
  std::string awaited_, wrong_;
};

}  // namespace ferry
