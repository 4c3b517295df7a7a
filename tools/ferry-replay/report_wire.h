// Bytes between a client and its server, of the same traffic: as XMPP, and as MQTT with JSON and with CBOR.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "tools/ferry-replay/report_counts.h"
#include "tools/ferry-replay/report_deflate.h"
#include "tools/ferry-replay/report_mqtt.h"
#include "tools/ferry-replay/report_topics.h"
#include "tools/ferry-replay/report_verdict.h"

namespace ferry::report {

// What a stanza is for; the rows of the table.
enum class Purport { message, receipt, typing, presence, subscription, roster, profile, ping, service, refused };
inline constexpr std::size_t purports = 10;
std::string_view purport_title(Purport purport);

// The MQTT packets in place of one stanza. Each publish of QoS 1 has its PUBACK.
struct Packets {
  Purport purport = Purport::service;
  std::vector<Publish> from_client, to_client;
  int pings = 0;  // PINGREQ or PINGRESP
};

// user: who has the client, bare. from_client: which way the stanza went. asked: as judge()'s.
Packets packets_of(const Tree& tree, const Stanza& stanza, const Judgement& judgement, std::string_view user,
                   bool from_client, std::string_view asked, Instant now);

enum class Wire { xmpp, json, cbor };
inline constexpr std::size_t wires = 3;

// Bytes and how they were written; the overhead of TLS follows from them.
struct Volume {
  std::int64_t bytes = 0, writes = 0, with_tls = 0;
  void add(std::size_t n);
  void add(const Volume& o);
};

// MQTT's packets, one write each.
std::vector<std::string> written(const Packets& packets, Wire wire, bool from_client);

class WireMeter {
 public:
  static constexpr std::int64_t sampled_stanzas = 20'000;  // whose compression is measured: it takes time
  static constexpr std::size_t sampled_streams = 24;       // whose compression is measured: its windows take memory

  void add(Purport purport, std::string_view xml, const Packets& packets, bool from_client, Digest stream);

  struct Row {
    std::int64_t stanzas = 0;
    std::array<Volume, wires> volumes{};
  };
  const Row& row(Purport purport) const { return rows_[static_cast<std::size_t>(purport)]; }
  Row carried() const;  // the sum of what is carried

  struct Compression {
    std::int64_t stanzas = 0;
    std::array<std::int64_t, wires> plain{}, compressed{}, compressed_tls{};
  };
  const Compression& compression() const { return compression_; }
  std::size_t sampled() const { return streams_.size(); }

 private:
  struct Stream {  // both directions
    std::array<DeflateStream, 2 * wires> deflate;
  };
  void compress(Stream& stream, Wire wire, std::string_view bytes, bool from_client);

  std::array<Row, purports> rows_{};
  Compression compression_;
  std::unordered_map<Digest, Stream> streams_;
};

}  // namespace ferry::report
