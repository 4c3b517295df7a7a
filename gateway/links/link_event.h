// What the links hand to the tick. A link converts and enqueues; it never decides.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "gateway/brain/effects.h"
#include "gateway/brain/log_value.h"
#include "gateway/links/poller.h"
#include "translators/values/xml_reader.h"

namespace ferry {

struct ComponentUp {};
struct ComponentDown {
  std::string reason;
};
struct BrokerUp {
  bool session_present = false, mqtt5 = true;
};
struct BrokerDown {
  std::string reason;
};
struct Published {  // PUBACK of a publish that had a token
  std::int64_t token = 0;
  int reason = 0;  // MQTT 5 reason code; 0 in 3.1.1
};
struct Command {  // one line of a control client
  std::uint64_t client = 0;
  std::string line;
};
struct Fatal {  // the process cannot go on: exit 1
  std::string text;
};

using LinkEvent = std::variant<ComponentUp, ComponentDown, Element, Refused, BrokerUp, BrokerDown, InPublish, Published,
                               Command, Fatal>;

// A link as people want to know it.
struct LinkReport {
  std::string_view name;  // component, broker
  std::string address;
  bool up = false;
  Steady since = 0;            // up or down
  std::string reason, advice;  // down: why, as far as known
  std::optional<Steady> next;  // down: the next attempt
};

// What came in since the last tick, in order, and what is to be logged.
struct Inbox {
  std::vector<LinkEvent> events;
  std::vector<LogLine> log;
  void say(LogLine::Level level, std::string text) { log.push_back({level, std::move(text)}); }
};

}  // namespace ferry
