#include <map>

#include "tools/ferry-replay/report_deflate.h"
#include "tools/ferry-replay/report_operations.h"
#include "tools/ferry-replay/report_sections.h"

namespace ferry::report {
namespace {

constexpr double goal_json = 0.25, goal_cbor = 0.125;

double ratio_of(std::int64_t a, std::int64_t b) {
  return b == 0 ? 0.0 : static_cast<double>(a) / static_cast<double>(b);
}

std::vector<ReportColumn> wire_columns(std::string key, std::string title) {
  return {{std::move(key), std::move(title)},
          {"xmpp", "XMPP", ReportUnit::bytes},
          {"json", "MQTT, JSON", ReportUnit::bytes},
          {"cbor", "MQTT, CBOR", ReportUnit::bytes},
          {"json_ratio", "JSON to XMPP", ReportUnit::ratio},
          {"cbor_ratio", "CBOR to XMPP", ReportUnit::ratio}};
}

void add_wire_row(ReportTable& table, std::string name, std::int64_t xmpp, std::int64_t json, std::int64_t cbor) {
  table.rows.push_back({std::move(name), xmpp, json, cbor, ratio_of(json, xmpp), ratio_of(cbor, xmpp)});
}

struct Sum {
  std::int64_t plain = 0, tls = 0, compressed = 0, compressed_tls = 0;
};

// Of all operations together: each link and direction is one stream, which compression looks back on.
Sum sum_of(const std::vector<Operation>& operations, std::vector<Write> Operation::*which) {
  Sum sum;
  std::map<std::pair<int, bool>, DeflateStream> streams;
  for (const Operation& o : operations)
    for (const Write& w : o.*which) {
      sum.plain += static_cast<std::int64_t>(w.bytes.size());
      sum.tls += static_cast<std::int64_t>(tls_bytes(w.bytes.size()));
      const std::size_t left = streams[{w.link, w.from_client}].write(w.bytes);
      sum.compressed += static_cast<std::int64_t>(left);
      sum.compressed_tls += static_cast<std::int64_t>(tls_bytes(left));
    }
  return sum;
}

std::int64_t bytes_of(const std::vector<Write>& writes) {
  std::int64_t sum = 0;
  for (const Write& w : writes) sum += static_cast<std::int64_t>(w.bytes.size());
  return sum;
}

std::string two_places(double number) {
  std::string text = report_cell(number, ReportUnit::ratio);
  return text.substr(0, text.size() - std::string("×").size());
}

ReportTable anatomy_table(const std::vector<Operation>& operations) {
  ReportTable t{"anatomy", "Where MQTT's bytes are, in JSON",
                "Properties: content type, expiry, the message's id. Acknowledgements: PUBACKs. Framing: headers, "
                "lengths, packet ids, and the packets of log-in and log-out."};
  t.columns = {{"operation", "Operation"},
               {"topics", "Topics", ReportUnit::bytes},
               {"payloads", "Payloads", ReportUnit::bytes},
               {"properties", "Properties", ReportUnit::bytes},
               {"acknowledgements", "PUBACKs", ReportUnit::bytes},
               {"framing", "Framing", ReportUnit::bytes}};
  Anatomy all;
  for (const Operation& o : operations) {
    const Anatomy& a = o.json_anatomy;
    t.rows.push_back({o.title, a.topics, a.payloads, a.properties, a.acknowledgements, a.framing});
    all.topics += a.topics;
    all.payloads += a.payloads;
    all.properties += a.properties;
    all.acknowledgements += a.acknowledgements;
    all.framing += a.framing;
  }
  t.charts.push_back({ReportChart::Kind::bars, "Where MQTT's bytes are, in JSON", 0, {1, 2, 3, 4, 5}});
  t.rows.push_back(
      {std::string("all ten"), all.topics, all.payloads, all.properties, all.acknowledgements, all.framing});
  return t;
}

ReportTable savings_table(const std::vector<Operation>& ten, std::int64_t xmpp) {
  ReportTable t{"savings", "What would make MQTT's bytes fewer",
                "Topic aliases: both ways, which the broker and the clients must offer; the publishes stay. None of "
                "this is in this version."};
  t.columns = wire_columns("how", "If");
  const auto add = [&](std::string name, const Savings& s) {
    add_wire_row(t, std::move(name), xmpp, bytes_with(ten, s, false), bytes_with(ten, s, true));
  };
  add("nothing changes", {});
  add("topic aliases", {true, false, false});
  add("the roster as one answer", {false, true, false});
  add("no content type, no id as properties", {false, false, true});
  add("all of these", {true, true, true});
  return t;
}

}  // namespace

ReportSection bytes_section(const Analysis& a) {
  ReportSection s{"bytes", "Bytes on the wire"};
  s.notes = {
      "Between a client and its server or broker: the stanzas of the capture as they are, and the MQTT 5 packets that "
      "would be there instead, made by the gateway's translators: topic, properties, payload, and a PUBACK for each "
      "publish of QoS 1. A message that a user sends comes with its receipts (accepted, forwarded) and its echo.",
      "Not in it: log-in (see the ten operations), stream management, TCP."};
  ReportTable t{"purports", "By what the stanzas are for"};
  t.columns = wire_columns("purport", "For");
  t.columns.insert(t.columns.begin() + 1, {"stanzas", "Stanzas", ReportUnit::count});
  for (std::size_t p = 0; p < purports; ++p) {
    const WireMeter::Row& r = a.meter.row(static_cast<Purport>(p));
    if (r.stanzas == 0) continue;
    const auto x = r.volumes[0].bytes, j = r.volumes[1].bytes, c = r.volumes[2].bytes;
    t.rows.push_back(
        {std::string(purport_title(static_cast<Purport>(p))), r.stanzas, x, j, c, ratio_of(j, x), ratio_of(c, x)});
  }
  t.note = "Log-in, features: what MQTT has no packets for. Not carried: XMPP's bytes alone, in no sum below.";
  t.charts.push_back({ReportChart::Kind::bars, "Bytes as XMPP and as MQTT", 0, {2, 3, 4}, false});
  const WireMeter::Row sum = a.meter.carried();
  ReportTable totals{"wire", "All that both carry",
                     "TLS 1.3 with AES-GCM: 22 bytes for each write, a stanza or a packet."};
  totals.columns = wire_columns("how", "How");
  const auto& v = sum.volumes;
  if (sum.stanzas > 0) {
    add_wire_row(totals, "as it is", v[0].bytes, v[1].bytes, v[2].bytes);
    add_wire_row(totals, "in TLS records", v[0].with_tls, v[1].with_tls, v[2].with_tls);
  }
  const WireMeter::Compression& z = a.meter.compression();
  ReportTable compression{"compression", "With compression",
                          "zlib at level 6, flushed after each write (XEP-0138), each stream and direction by itself; "
                          "measured on " +
                              std::to_string(z.stanzas) + " stanzas, the first of " +
                              std::to_string(a.meter.sampled()) +
                              " streams. It depends on what the texts say: a "
                              "redacted capture compresses otherwise. MQTT has no compression of its own."};
  compression.columns = wire_columns("how", "How");
  if (z.stanzas > 0) {
    add_wire_row(compression, "these streams, as they are", z.plain[0], z.plain[1], z.plain[2]);
    add_wire_row(compression, "compressed", z.compressed[0], z.compressed[1], z.compressed[2]);
    add_wire_row(compression, "compressed, in TLS records", z.compressed_tls[0], z.compressed_tls[1],
                 z.compressed_tls[2]);
  }
  s.tables = {std::move(t), std::move(totals), std::move(compression)};
  return s;
}

ReportSection operations_section() {
  ReportSection s{"operations", "Ten operations"};
  const std::vector<Operation> ten = ten_operations();
  ReportTable t{"operations", "Bytes of the same ten operations"};
  t.columns = wire_columns("operation", "Operation");
  t.columns.push_back({"note", "What is in it", ReportUnit::text, {}, true});
  for (const Operation& o : ten) {
    add_wire_row(t, o.title, bytes_of(o.xmpp), bytes_of(o.json), bytes_of(o.cbor));
    t.rows.back().push_back(o.note);
  }
  t.charts.push_back({ReportChart::Kind::bars, "Bytes of the same ten operations", 0, {1, 2, 3}, false});
  const Sum x = sum_of(ten, &Operation::xmpp), j = sum_of(ten, &Operation::json), c = sum_of(ten, &Operation::cbor);
  ReportTable sums{"operations_sum", "All ten together",
                   "In TLS records: 22 bytes for each write (TLS 1.3, AES-GCM). Compressed: zlib, flushed after each "
                   "write, each link and direction by itself."};
  sums.columns = wire_columns("how", "How");
  add_wire_row(sums, "as they are", x.plain, j.plain, c.plain);
  add_wire_row(sums, "in TLS records", x.tls, j.tls, c.tls);
  add_wire_row(sums, "compressed", x.compressed, j.compressed, c.compressed);
  add_wire_row(sums, "compressed, in TLS records", x.compressed_tls, j.compressed_tls, c.compressed_tls);
  ReportTable anatomy = anatomy_table(ten);
  const double json = ratio_of(j.plain, x.plain), cbor = ratio_of(c.plain, x.plain);
  const auto& all = anatomy.rows.back();
  const auto part = [&](std::size_t column) {
    return report_cell(share_of(std::get<std::int64_t>(all[column]), j.plain), ReportUnit::percent);
  };
  s.notes = {
      "A Conversations-like client with stream management, capabilities and an avatar, on a server that has them, "
      "beside "
      "an MQTT 5 client of the same people. Every link between a client and its server is counted, in both directions; "
      "TCP and TLS's handshake are not. The stanzas and packets stand in tools/ferry-replay/report_transcript.cpp and "
      "report_operations.cpp.",
      "The goal was a quarter of XMPP's bytes in JSON and an eighth in CBOR. It is " + two_places(json) + " in JSON (" +
          (json <= goal_json ? "reached" : "not reached") + ") and " + two_places(cbor) + " in CBOR (" +
          (cbor <= goal_cbor ? "reached" : "not reached") + ").",
      "Where the bytes are: " + part(1) +
          " of JSON's are topic names, which repeat the user and the contact in each "
          "publish; " +
          part(2) + " payloads; " + part(3) +
          " properties, most of it the content type and the id that "
          "the payload has, too; " +
          part(4) + " PUBACKs; " + part(5) +
          " framing. CBOR makes the payloads smaller, "
          "whose texts and field names stay, and nothing else."};
  s.tables = {std::move(t), std::move(sums), std::move(anatomy), savings_table(ten, x.plain)};
  return s;
}

}  // namespace ferry::report
