// Availability: what one endpoint (a device, a resource) says of itself, and what several add up to.
//
// Maps: <presence/> with show, status, priority <-> {"state","status","priority"}; type unavailable <-> offline.
// Loses: statuses in further languages; capabilities, avatars' hashes and other extensions of a presence.
// Spec: RFC 6121 section 4.
// Example: <presence><show>away</show><status>Lunch</status></presence> <-> {"state":"away","status":"Lunch"}
#pragma once

#include <map>
#include <string>

#include "translators/event.h"
#include "translators/values/json.h"

namespace ferry::presence {

// One endpoint. state: online, chat, away, xa, dnd or offline.
struct Availability {
  std::string state = "offline";
  std::string status;
  int priority = 0;
  Instant since = 0;  // when it began to be so
  bool available() const { return state != "offline"; }
  bool shows_as(const Availability& o) const {
    return state == o.state && status == o.status && priority == o.priority;
  }
};

// The payload of out/dev/{device}/presence.
struct DevicePresence {
  Availability availability;
  std::string epoch;
  std::string since_id;  // "since": the last message id that the device has
};
Result<DevicePresence> from_device_json(JsonView payload, Instant now);

Availability from_presence(const Presence& presence, Instant now);  // type unavailable or error: offline
Presence to_presence(const Availability& availability);             // without addresses

// Devices by name, or resources by resourcepart. The one that speaks for all: available first, then the highest
// priority, then the most reachable state (chat, online, dnd, away, xa), then the latest. Empty: offline.
using Endpoints = std::map<std::string, Availability>;
Availability aggregate(const Endpoints& endpoints);

std::string contact_presence_json(const Endpoints& endpoints);  // in/contact/{peer}/presence

}  // namespace ferry::presence
