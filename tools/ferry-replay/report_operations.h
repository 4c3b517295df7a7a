// Ten operations of daily life, byte for byte: what XMPP clients and servers write for them, and what MQTT ones do.
// Of no capture: the stanzas are those of a Conversations-like client and a server with SCRAM, stream management,
// carbons and capabilities; the publishes are the gateway's, made by its translators.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "tools/ferry-replay/report_mqtt.h"
#include "tools/ferry-replay/report_topics.h"

namespace ferry::report {

// One write on one link between a client and its server or broker.
struct Write {
  int link = 0;  // 0: the user's own; from 1: others'
  bool from_client = false;
  std::string bytes;
};

// Where MQTT's bytes are.
struct Anatomy {
  std::int64_t topics = 0, payloads = 0, properties = 0, acknowledgements = 0, framing = 0;
  std::int64_t all() const { return topics + payloads + properties + acknowledgements + framing; }
};

struct Sent {
  int link = 0;
  bool from_client = false;
  Publish publish;
};

struct Operation {
  std::string title, note;
  std::vector<Write> xmpp = {}, json = {}, cbor = {};
  Anatomy json_anatomy = {}, cbor_anatomy = {};
  std::vector<Sent> publishes = {};  // in JSON
  std::int64_t packets = 0;          // bytes of those that are no publishes

  void stanza(int link, bool from_client, std::string xml) { xmpp.push_back({link, from_client, std::move(xml)}); }
  void publish(int link, bool from_client, const Publish& publish);   // and its PUBACK
  void packet(int link, bool from_client, const std::string& bytes);  // the same in JSON and CBOR: framing
};

std::vector<Operation> ten_operations();

// What the same operations would take if the gateway, the broker or the clients did something else.
struct Savings {
  bool aliases = false;        // MQTT 5 topic aliases, both ways: a topic is written once on each link
  bool roster_answer = false;  // the roster as the answer to roster.get, not as retained topics
  bool bare = false;           // no content type, and no id beside the payload's
};
std::int64_t bytes_with(const std::vector<Operation>& operations, const Savings& savings, bool cbor);

}  // namespace ferry::report
