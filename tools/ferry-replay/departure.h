// What leaves the gateway in a replay: one publish or one stanza, and which line of the capture caused it.
//
// As text it is one JSON line, the output of `ferry-replay run`:
//
//   {"time":"2026-11-20T10:00:00.000Z","line":17,"publish":{"topic":"im/v1/u/…/in/msg","qos":1,"payload":{…}}}
//   {"time":"2026-11-20T10:00:00.000Z","line":18,"copy":2,"stanza":"<message …"}
//   {"time":"2026-11-20T10:00:00.000Z","line":18,"session":"bob@corp.example","stanza":"<message …"}   by his session
//   {"time":"2026-11-20T10:00:01.000Z","after":18,"publish":…}     time passed; nothing was played
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/brain/effects.h"
#include "translators/values/instant.h"
#include "translators/values/json.h"

namespace ferry::replay {

struct Departure {
  Instant at = 0;          // virtual time
  std::uint64_t line = 0;  // of the capture: the cause, or (timer) what was played last. 0: before anything was
  std::uint32_t copy = 0;  // --users: which of the renamed ones
  bool timer = false;      // caused by time that passed
  bool is_stanza = false;
  std::string topic;    // publish
  std::string session;  // stanza: the account whose session says it; empty: the component
  std::string text;     // the stanza; or the payload: JSON (also of CBOR), or whatever text it is
  int qos = 1;
  bool retain = false, cbor = false;
  std::uint32_t expiry = 0;  // s

  std::string title() const;  // for people: the topic, or "stanza to …"
};

// Where a sequence of departures belongs: one topic, or one recipient's stanzas.
std::string channel_of(const Departure& departure);
std::string channel_of_stanza(std::string_view stanza, std::string_view session = {});

Departure departure_of(Publish publish);  // line, copy, timer and at are the caller's to set
Departure departure_of_stanza(std::string stanza);

// The payload of a publish as text: of CBOR, the JSON that it says.
std::string payload_text(const std::string& payload, bool cbor);

std::string compact(JsonView value);  // as the gateway writes JSON

std::string to_line(const Departure& departure);
std::optional<Departure> from_line(std::string_view line);  // nothing: it is no such line

}  // namespace ferry::replay
