// Where everything that an import finds ends: counted, and handed on as records.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/ferry-replay/import_parts.h"
#include "translators/values/xml.h"

namespace ferry::intake {

// One instance is one import.
class Sink {
 public:
  struct Counts {
    std::uint64_t stanzas = 0, publishes = 0, opens = 0, closes = 0, streams = 0;
    std::uint64_t damages = 0, damaged_bytes = 0;
    std::uint64_t duplicates = 0;     // of what was there before (Openfire's INT lines)
    std::uint64_t other_lines = 0;    // of a log: no traffic
    std::uint64_t opaque_bytes = 0;   // after STARTTLS or compression
    std::uint64_t other_packets = 0;  // of a pcap: no XMPP, no MQTT
  };

  // read: what a stanza's text has been read as, until out returns; nullptr of what is no stanza.
  using Out = std::function<void(Record&& record, const Element* read)>;

  explicit Sink(Out out) : out_(std::move(out)) {}
  void begin(std::string source) { source_ = std::move(source); }  // a file, by its name

  void record(Record&& record, const Element* read = nullptr);
  // stream: of the record, or empty. text: what was expected; never content.
  void damage(std::string_view stream, std::int64_t time, const Place& place, std::uint64_t bytes,
              std::string_view text);

  Counts counts;
  const std::vector<std::string>& damage_lines() const { return damage_lines_; }  // the first ones, for people

 private:
  Out out_;
  std::string source_;
  std::vector<std::string> damage_lines_;
};

}  // namespace ferry::intake
