#include "tools/ferry-replay/report_wire.h"

#include <gtest/gtest.h>

#include "tools/ferry-replay/report_operations.h"
#include "translators/values/cbor.h"

namespace ferry {
namespace report_wire_test {

using report::Wire;

std::string hex(std::string_view bytes) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto b = static_cast<unsigned char>(c);
    out.append(1, digits[b >> 4U]).append(1, digits[b & 15U]);
  }
  return out;
}

// By hand, from MQTT 5.0 section 3.3: header, length, topic, packet id, properties, payload.
TEST(ReportWire, APublishToTheByte) {
  Publish p;
  p.topic = "a/b";
  p.payload = "{}";
  p.expiry = 3'600;
  p.id = "m1";
  EXPECT_EQ(hex(report::publish_packet(p, 10)),
            "32"
            "2b"
            "0003612f62"
            "000a"
            "21"
            "0300106170706c69636174696f6e2f6a736f6e"
            "0200000e10"
            "2600026964"
            "00026d31"
            "7b7d");
}

TEST(ReportWire, APublishOfQosZeroThatClears) {
  Publish p;
  p.topic = "a";
  p.qos = 0;
  p.retain = true;
  EXPECT_EQ(hex(report::publish_packet(p)),
            "3104"
            "000161"
            "00");
}

TEST(ReportWire, SmallPackets) {
  EXPECT_EQ(hex(report::puback_packet(10)), "4002000a");
  EXPECT_EQ(hex(report::ping_packet(false)), "c000");
  EXPECT_EQ(hex(report::ping_packet(true)), "d000");
  EXPECT_EQ(hex(report::variable_integer(127)), "7f");
  EXPECT_EQ(hex(report::variable_integer(128)), "8001");
  EXPECT_EQ(hex(report::variable_integer(16'384)), "808001");
}

TEST(ReportWire, TlsRecords) {
  EXPECT_EQ(report::tls_bytes(1), 23U);
  EXPECT_EQ(report::tls_bytes(16'384), 16'384U + 22U);
  EXPECT_EQ(report::tls_bytes(16'385), 16'385U + 44U);
}

Stanza stanza_of(std::string_view xml) { return *Stanza::from_xml(std::move(*parse_xml(xml))); }

report::Packets packets(std::string_view xml, std::string_view user, bool from_client, std::string_view asked = {}) {
  const Stanza s = stanza_of(xml);
  return report::packets_of(report::Tree{}, s, report::judge(s, asked), user, from_client, asked, 1'800'000'000'000);
}

TEST(ReportWire, AMessageThatComes) {
  const auto p = packets("<message from='a@d.example/r' to='b@d.example' type='chat' id='x'><body>Hi</body></message>",
                         "b@d.example", false);
  EXPECT_EQ(p.purport, report::Purport::message);
  ASSERT_EQ(p.to_client.size(), 1U);
  EXPECT_TRUE(p.from_client.empty());
  EXPECT_EQ(p.to_client[0].topic, "im/v1/u/b@d.example/in/msg");
  const auto json = JsonDocument::parse(p.to_client[0].payload);
  ASSERT_TRUE(json.ok());
  EXPECT_EQ(json->root()["body"].string(), "Hi");
  EXPECT_EQ(json->root()["xmppId"].string(), "x");
  EXPECT_EQ(p.to_client[0].id.size(), 26U);
  EXPECT_EQ(p.to_client[0].expiry, 604'800U);
  const auto bytes = report::written(p, Wire::json, false);
  ASSERT_EQ(bytes.size(), 1U);
  EXPECT_EQ(report::written(p, Wire::json, true), std::vector<std::string>{report::puback_packet()});
  EXPECT_LT(report::written(p, Wire::cbor, false)[0].size(), bytes[0].size());
}

TEST(ReportWire, AMessageThatGoesHasItsReceiptsAndItsEcho) {
  const auto p = packets("<message to='a@d.example' type='chat' id='x'><body>Hi</body></message>", "b@d.example", true);
  ASSERT_EQ(p.from_client.size(), 1U);
  EXPECT_EQ(p.from_client[0].topic, "im/v1/u/b@d.example/out/msg");
  EXPECT_EQ(p.from_client[0].payload, R"({"id":"x","to":"a@d.example","body":"Hi"})");
  ASSERT_EQ(p.to_client.size(), 3U);
  EXPECT_EQ(p.to_client[1].topic, "im/v1/u/b@d.example/in/msg");
  EXPECT_EQ(report::written(p, Wire::json, true).size(), 4U);   // the publish, three PUBACKs
  EXPECT_EQ(report::written(p, Wire::json, false).size(), 4U);  // three publishes, one PUBACK
}

TEST(ReportWire, ARosterIsAPublishForEachContact) {
  const auto p = packets(
      "<iq type='result' id='1' to='b@d.example/r'><query xmlns='jabber:iq:roster'><item "
      "jid='a@d.example' name='Anna' subscription='both'><group>F</group></item><item "
      "jid='c@d.example' subscription='to'/></query></iq>",
      "b@d.example", false);
  ASSERT_EQ(p.to_client.size(), 2U);
  EXPECT_EQ(p.to_client[0].topic, "im/v1/u/b@d.example/in/contact/a@d.example");
  EXPECT_EQ(p.to_client[0].payload, R"({"jid":"a@d.example","name":"Anna","groups":["F"],"subscription":"both"})");
}

TEST(ReportWire, PingsAndPresence) {
  EXPECT_EQ(packets("<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>", "b@d.example", true).pings, 1);
  EXPECT_EQ(packets("<iq type='result' id='1'/>", "b@d.example", false, "urn:xmpp:ping").pings, 1);
  EXPECT_EQ(packets("<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>", "b@d.example", false).pings, 0);
  const auto p = packets("<presence from='a@d.example/r' to='b@d.example'/>", "b@d.example", false);
  ASSERT_EQ(p.to_client.size(), 1U);
  EXPECT_EQ(p.to_client[0].topic, "im/v1/u/b@d.example/in/contact/a@d.example/presence");
}

TEST(ReportWire, WhatIsNotCarriedHasNoPackets) {
  const auto p = packets("<iq type='get' id='1'><query xmlns='jabber:iq:private'/></iq>", "b@d.example", true);
  EXPECT_EQ(p.purport, report::Purport::refused);
  EXPECT_TRUE(p.from_client.empty() && p.to_client.empty());
}

TEST(ReportWire, TheMeterAddsUp) {
  report::WireMeter meter;
  const std::string xml = "<message from='a@d.example/r' to='b@d.example' id='x'><body>Hi</body></message>";
  const auto p = packets(xml, "b@d.example", false);
  meter.add(p.purport, xml, p, false, 1);
  meter.add(p.purport, xml, p, false, 1);
  const auto sum = meter.carried();
  EXPECT_EQ(sum.stanzas, 2);
  EXPECT_EQ(sum.volumes[0].bytes, static_cast<std::int64_t>(2 * xml.size()));
  EXPECT_EQ(sum.volumes[0].with_tls, static_cast<std::int64_t>(2 * (xml.size() + 22)));
  const auto one = report::written(p, Wire::json, false)[0].size() + 4;
  EXPECT_EQ(sum.volumes[1].bytes, static_cast<std::int64_t>(2 * one));
  EXPECT_EQ(sum.volumes[1].with_tls, static_cast<std::int64_t>(2 * (one + 44)));
  EXPECT_EQ(meter.compression().stanzas, 2);
  EXPECT_LT(meter.compression().compressed[0], meter.compression().plain[0]);  // the second is a repetition
}

TEST(ReportWire, TheTenOperationsAreConsistent) {
  const auto ten = report::ten_operations();
  ASSERT_EQ(ten.size(), 10U);
  for (const auto& o : ten) {
    std::int64_t json = 0, cbor = 0;
    for (const auto& w : o.json) json += static_cast<std::int64_t>(w.bytes.size());
    for (const auto& w : o.cbor) cbor += static_cast<std::int64_t>(w.bytes.size());
    EXPECT_EQ(json, o.json_anatomy.all()) << o.title;
    EXPECT_EQ(cbor, o.cbor_anatomy.all()) << o.title;
    EXPECT_LE(cbor, json) << o.title;
    EXPECT_FALSE(o.xmpp.empty()) << o.title;
  }
}

// What the transcript says is what an XMPP stream may carry.
TEST(ReportWire, EveryStanzaOfTheOperationsIsXml) {
  for (const auto& o : report::ten_operations())
    for (const auto& w : o.xmpp) {
      if (w.bytes.find("stream:") != std::string::npos) continue;  // parts of the stream itself
      EXPECT_TRUE(parse_xml(w.bytes).ok()) << o.title << ": " << w.bytes;
    }
}

}  // namespace report_wire_test
}  // namespace ferry
