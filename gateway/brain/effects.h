// What the brain wants done. It only says so; the tick commits first, and then the links do it, in this order.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace ferry {

// One publish to the broker.
struct Publish {
  std::string topic, payload;
  int qos = 1;
  bool retain = false;
  std::int64_t token = 0;       // comes back with the PUBACK; 0: nobody waits for it
  std::uint32_t expiry = 0;     // s, MQTT 5 message expiry; 0: none
  std::string correlation;      // MQTT 5 correlation data, echoed
  std::string id, kind;         // MQTT 5 user properties
  std::string via = {};         // likewise: the gateways that carried it (translators/via.h)
  bool cbor = false;            // content type
  bool ends_with_link = false;  // what is not acknowledged when the link breaks: the brain publishes it again, in order
};

struct Subscribe {
  std::string filter;
  bool no_local = false;             // feeds: what we publish there must not come back
  bool retain_as_published = false;  // out/#: a retained publish must be seen as one
};

struct LogLine {
  enum class Level { debug, info, warning, error } level;
  std::string text;  // "event=… key=value …"; never a body or a secret
};

// What the session link is to do for one account of the legacy server (a bare JID).
struct SessionEffect {
  enum class What {
    want,  // keep it logged in; text: where its archive's catch-up begins, since: without that; presence: to begin with
    unwant,    // log it out
    send,      // text: one stanza; token comes back when the server has it, 0: nobody waits
    presence,  // text: its presence from now on
    archive,   // text: the archive id up to which everything is on disk
  } what;
  std::string account, text, presence;
  std::int64_t token = 0, since = 0;
  bool offline_first = false;  // want: what the server has kept for who is offline comes first
};

struct Effects {
  std::vector<std::string> stanzas;  // serialised, checked; for the component link, in this order
  std::vector<Publish> publishes;
  std::vector<Subscribe> subscribes;
  std::vector<std::string> unsubscribes;
  std::vector<LogLine> log;
  std::vector<SessionEffect> sessions;  // for the session link, in this order
  bool reconnect_component = false;     // it does not answer: start over

  bool empty() const {
    return stanzas.empty() && publishes.empty() && subscribes.empty() && unsubscribes.empty() && log.empty() &&
           sessions.empty() && !reconnect_component;
  }
};

// One publish from the broker.
struct InPublish {
  std::string topic, payload;
  int qos = 0;
  bool retain = false;
  int packet_id = 0;
  std::string response_topic, correlation;  // MQTT 5, else empty
  bool cbor = false;                        // content type application/cbor
  std::string via = {};                     // MQTT 5 user property: the gateways that carried it
};

}  // namespace ferry
