// Conversations about what waits and what has failed: the administrator's commands, and counts that must be true.
#pragma once

#include "tests/brain/stage.h"

namespace ferry {

class OutboxConversation : public Conversation {
 protected:
  void send(const std::string& id, const std::string& to = "alice@corp.example", const std::string& user = "bob") {
    stage.mqtt(user, "out/msg", R"({"id":")" + id + R"(","to":")" + to + R"(","body":")" + id + "\"}");
  }
  void from_alice(const std::string& id, const std::string& body = "Hi") {
    stage.xmpp("<message type='chat' from='alice@corp.example/spark' to='bob@mqtt.corp.example' id='" + id +
               "'><body>" + body + "</body></message>");
  }
  void bounce(const std::string& id) {
    stage.xmpp("<message type='error' from='alice@corp.example' to='bob@mqtt.corp.example' id='" + id +
               "'><error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/><text "
               "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>no room</text></error></message>");
  }
  void receipt(const std::string& id, const std::string& state, const std::string& condition = "") {
    stage.expect_publish("bob", "in/receipt",
                         R"({"id":")" + id + R"(","state":")" + state + "\"" +
                             (condition.empty() ? "" : R"(,"reason":{"condition":")" + condition + "\"}") + "}");
  }
  void expect_error(const std::string& id, const std::string& condition) {
    stage.expect_stanza("<message type='error' id='" + id +
                        "' from='bob@mqtt.corp.example' to='alice@corp.example/spark'><error><" + condition +
                        " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></message>");
  }
  JsonDocument ask(const std::string& json) {
    auto answer = JsonDocument::parse(stage.command(json));
    EXPECT_TRUE(answer.ok());
    return *std::move(answer);
  }
  // "ID:STATE:CONDITION …"
  std::string list(const std::string& shelf, const std::string& more = "") {
    const auto answer = ask(R"({"command":"outbox.list","shelf":")" + shelf + "\"" + more + "}");
    EXPECT_TRUE(answer.root()["ok"].boolean().value_or(false)) << answer.root()["error"].string().value_or("");
    std::string text;
    answer.root()["messages"].each([&](JsonView m) {
      const auto field = [&](JsonView v, const char* key) { return std::string(v[key].string().value_or("")); };
      text += field(m, "id") + ":" + field(m, "state") + ":" + field(m["reason"], "condition") + " ";
      seq = m["seq"].integer().value_or(0);
      EXPECT_FALSE(m["payload"].string() || m["body"].string());
    });
    return text;
  }
  std::string act(const std::string& command, const std::string& shelf = "dead") {
    const auto answer = ask(R"({"command":"outbox.)" + command + R"(","shelf":")" + shelf + R"(","seqs":[)" +
                            std::to_string(seq) + "]}");
    std::string text = std::to_string(answer.root()["done"].integer().value_or(-1));
    answer.root()["problems"].each([&](JsonView p) { text += " " + std::string(p["error"].string().value_or("")); });
    return text;
  }
  // "xmpp ACCEPTED mqtt ACCEPTED+WAITING dead N"; and what the counts say of bytes is true
  std::string counts() {
    const auto answer = ask(R"({"command":"outbox.counts"})");
    std::string text;
    answer.root()["links"].each([&](JsonView l) {
      const bool xmpp = l["link"].string() == "to-xmpp";
      const auto number = [&](const char* key) { return l[key].integer().value_or(-1); };
      std::int64_t rows = 0, bytes = 0;
      stage.records->each_queued([&](const QueuedRecord& q) {
        if ((q.way == Way::to_xmpp) == xmpp) rows += q.rows, bytes += q.bytes;
      });
      EXPECT_EQ(number("accepted") + number("waiting"), rows);
      EXPECT_EQ(number("bytes"), bytes);
      text += (xmpp ? "xmpp " : "mqtt ") + std::to_string(number("accepted")) +
              (xmpp ? " " : "+" + std::to_string(number("waiting")) + " ");
    });
    EXPECT_EQ(answer.root()["dead"].integer().value_or(-1), stage.records->count_dead());
    return text + "dead " + std::to_string(stage.records->count_dead());
  }
  void pass(Duration time) {  // in steps, as the tick would
    stage.time(time);
    for (int i = 0; i < 4; ++i) stage.time(11 * second);
  }
  static constexpr Duration ttl = 7 * 24 * 3600 * second;
  Seq seq = 0;  // of what list() found last
};

}  // namespace ferry
