// The capture format of ours: JSON lines, one record a line, the first line the capture's header
// (config/schema/capture.json). Written by `ferry-replay import` and by ferryd's [capture] tap; read by `ferry-replay
// run`, `serve` and `report`.
//
// A Record is one thing that was seen: a stanza, a publish, the beginning or end of a stream, or damage.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

namespace ferry {

inline constexpr int capture_version = 1;

// Which way it went, seen from the server (for publishes: from the broker).
enum class Direction { unknown, received, sent };

// What a stream is between. client: c2s; component: XEP-0114; server: s2s; broker: MQTT.
enum class StreamKind { unknown, client, component, server, broker };

// One stanza, as XML text, with the namespace declarations it needs to be read alone.
struct CapturedStanza {
  std::string xml;
};

// One publish.
struct CapturedPublish {
  std::string topic, payload;  // payload: bytes (in the file as "payload" where UTF-8, else "payload64")
  int qos = 0;
  bool retain = false;
  bool cbor = false;  // content type application/cbor
  std::string response_topic = {}, correlation = {};
};

// A stream's beginning: what its header said; or its end.
struct CapturedOpen {
  std::string from, to;  // as in the header; may be empty
};
struct CapturedClose {
  std::string reason;  // "end", "starttls", "lost", a stream error's condition …
};

// What could not be read: where, and how much was passed over.
struct CapturedDamage {
  std::string source;        // file, or "-"
  std::uint64_t offset = 0;  // byte in it (decompressed)
  std::uint64_t line = 0;    // from 1; 0: the source has no lines
  std::uint64_t bytes = 0;   // passed over
  std::string text;          // what was expected
};

struct Record {
  std::int64_t time = 0;  // µs since the epoch, UTC; 0: unknown (a reader gives it its predecessor's)
  std::string stream;     // opaque, one for each connection; never empty
  StreamKind kind = StreamKind::unknown;
  Direction direction = Direction::unknown;
  std::string local, remote;  // "address:port" of the server's and the peer's end, where known
  std::string jid;            // the account or component of the stream, where known
  std::variant<CapturedStanza, CapturedPublish, CapturedOpen, CapturedClose, CapturedDamage> what;
};

}  // namespace ferry
