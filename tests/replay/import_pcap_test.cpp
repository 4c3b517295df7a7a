// Packets of our own making: links, addresses, TCP out of order, damage, MQTT.
#include <gtest/gtest.h>

#include "tests/replay/imported.h"
#include "tools/ferry-replay/tcp_half.h"

namespace ferry {
namespace import_pcap_test {

std::string be(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(i < 8 ? value >> (8 * i) & 0xFF : 0);
  return out;
}

constexpr int syn = 2, fin = 1, rst = 4, ack = 16;

struct Tcp {
  bool from_server = false;
  std::uint32_t seq = 0;
  std::string payload;
  int flags = ack;
  int fragment = 0;
  std::uint16_t port = 5222;
};

std::string tcp_of(const Tcp& t) {
  const std::string client = be(40'000, 2), server = be(t.port, 2);
  return (t.from_server ? server + client : client + server) + be(t.seq, 4) + be(0, 4) +
         be(5 << 12 | static_cast<unsigned>(t.flags), 2) + be(0, 6) + t.payload;
}

std::string ipv4(const Tcp& t) {
  const std::string segment = tcp_of(t), client = be(0x0A000001, 4), server = be(0x0A000002, 4);
  return be(0x4500, 2) + be(20 + segment.size(), 2) + be(0, 2) + be(static_cast<unsigned>(t.fragment), 2) +
         be(0x4006, 2) + be(0, 2) + (t.from_server ? server + client : client + server) + segment;
}

std::string ipv6(const Tcp& t) {
  const std::string segment = tcp_of(t), client = be(0x20010DB8, 4) + be(1, 12), server = be(0x20010DB8, 4) + be(2, 12);
  return be(0x60000000, 4) + be(segment.size() + 8, 2) + be(0, 1) + be(64, 1) +
         (t.from_server ? server + client : client + server) + be(6, 1) + be(0, 7) + segment;
}

// One frame a second, from 1000 s on. cut: bytes of the last one that were captured, 0: all.
std::string pcap(unsigned link, const std::vector<std::string>& frames, std::size_t cut = 0) {
  std::string out = be(0xA1B2C3D4, 4) + be(2, 2) + be(4, 2) + be(0, 8) + be(65'535, 4) + be(link, 4);
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const std::size_t kept = cut != 0 && i + 1 == frames.size() ? cut : frames[i].size();
    out += be(1'000 + i, 4) + be(0, 4) + be(kept, 4) + be(frames[i].size(), 4) + frames[i].substr(0, kept);
  }
  return out;
}

const std::string hello =
    "<stream:stream to='x' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
const std::string presence = "<presence/>";
const std::string expected = "s1 received open >x\ns1 received <presence xmlns='jabber:client'/>\n";

// A connection: SYN, then these pieces of its bytes as (from, size), in this order.
std::vector<Tcp> pieces(const std::string& bytes, const std::vector<std::pair<std::size_t, std::size_t>>& order,
                        std::uint32_t first = 7) {
  std::vector<Tcp> all{{false, first - 1, "", syn}};
  for (const auto& [from, size] : order)
    all.push_back({false, first + static_cast<std::uint32_t>(from), bytes.substr(from, size)});
  return all;
}

test::Imported read(const std::vector<Tcp>& segments) {
  std::vector<std::string> frames;
  for (const Tcp& t : segments) frames.push_back(ipv4(t));
  return test::import_text("", pcap(101, frames));
}

TEST(ImportPcap, EveryLink) {
  const Tcp open{false, 7, hello + presence};
  const std::string mac(12, 'm');
  const std::pair<unsigned, std::string> links[] = {
      {1, mac + be(0x0800, 2) + ipv4(open) + std::string(6, '\0')},  // with padding
      {1, mac + be(0x8100, 2) + be(5, 2) + be(0x86DD, 2) + ipv6(open)},
      {113, be(0, 14) + be(0x0800, 2) + ipv4(open)},
      {276, be(0x86DD, 2) + be(0, 18) + ipv6(open)},
      {0, std::string("\x02\0\0\0", 4) + ipv4(open)},
      {108, be(24, 4) + ipv6(open)},
      {101, ipv4(open)},
      {9, be(0xFF030021, 4) + ipv4(open)},
      {50, be(0x0057, 2) + ipv6(open)},
      {1, mac + be(0x8864, 2) + be(0x1100, 2) + be(1, 2) + be(0, 2) + be(0x0021, 2) + ipv4(open)},
  };
  for (const auto& [link, frame] : links) {
    const auto found = test::import_text("", pcap(link, {frame}));
    EXPECT_EQ(found.text, expected) << link;
    ASSERT_EQ(found.records.size(), 2u) << link;
    EXPECT_EQ(found.records[1].time, 1'000'000'000);
    EXPECT_TRUE(found.records[1].local == "10.0.0.2:5222" || found.records[1].local == "[2001:db8::2]:5222");
  }
}

TEST(ImportPcap, OutOfOrderTwiceAndOverlapping) {
  const std::string all = hello + presence;
  const std::size_t n = all.size();
  EXPECT_EQ(read(pieces(all, {{0, 10}, {10, n}})).text, expected);
  EXPECT_EQ(read(pieces(all, {{0, 10}, {30, n}, {10, 20}})).text, expected);
  EXPECT_EQ(read(pieces(all, {{0, 10}, {0, 10}, {5, 30}, {20, n}, {0, 40}})).text, expected);
  EXPECT_EQ(read(pieces(all, {{40, n}, {20, 30}, {0, 25}})).text, expected);
  EXPECT_EQ(read(pieces(all, {{0, 10}, {30, n}, {10, 20}}, 0xFFFFFFF0u)).text, expected);  // wraps around
}

TEST(ImportPcap, BytesThatAreNotThere) {
  const std::string all = hello + "<message><body>lost</body></message>" + presence + presence;
  const std::size_t hole = hello.size() + 12;
  const auto found = read(pieces(all, {{0, hole}, {hole + 5, all.size()}}));
  EXPECT_EQ(found.counts.stanzas, 2u) << found.text;
  EXPECT_GE(found.counts.damages, 1u);
  std::vector<std::string> frames;
  for (const Tcp& t : pieces(all, {{0, all.size()}})) frames.push_back(ipv4(t));
  const auto cut = test::import_text("", pcap(101, frames, frames.back().size() - presence.size()));
  EXPECT_EQ(cut.counts.stanzas, 2u) << cut.text;
  EXPECT_EQ(cut.counts.damaged_bytes, presence.size()) << cut.text;
}

TEST(ImportPcap, FragmentsAreDamage) {
  auto segments = pieces(hello + presence, {{0, 500}});
  segments.push_back({false, 500, "fragment", ack, 0x2000});
  const auto found = read(segments);
  EXPECT_EQ(found.counts.stanzas, 1u);
  EXPECT_EQ(found.counts.damages, 1u);
}

TEST(ImportPcap, ItsEnds) {
  const std::string end = hello + "</stream:stream>";
  EXPECT_TRUE(read({{false, 7, end}, {false, 900, "", rst}}).text.ends_with("s1 received close end\n"));
  EXPECT_TRUE(read({{false, 7, hello}, {false, 900, "", rst}}).text.ends_with("s1 ? close lost\n"));
  // The port is used anew: another stream.
  auto twice = pieces(hello, {{0, 500}});
  for (const Tcp& t : pieces(hello, {{0, 500}}, 90'000)) twice.push_back(t);
  EXPECT_EQ(read(twice).text, "s1 received open >x\ns1 ? close lost\ns2 received open >x\n");
}

TEST(ImportPcap, StartTls) {
  const std::string proceed = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
  const auto found = read({{false, 7, hello + "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"},
                           {true, 90, hello + proceed},
                           {false, 7 + static_cast<std::uint32_t>(hello.size()) + 51, "\x16\x03\x01 secret"},
                           {true, 90 + static_cast<std::uint32_t>(hello.size() + proceed.size()), "\x16\x03\x03 too"}});
  EXPECT_TRUE(found.text.ends_with("s1 sent close starttls\n")) << found.text;
  EXPECT_EQ(found.counts.damages, 0u);
  EXPECT_EQ(found.counts.opaque_bytes, 17u);
}

TEST(ImportPcap, OtherTrafficIsNotDamage) {
  Tcp web{false, 7, "GET / HTTP/1.1\r\n\r\n", ack, 0, 80};
  Tcp page{true, 7, "HTTP/1.1 200 OK\r\n\r\n<html><body>presence</body></html>", ack, 0, 80};
  const auto found = read({web, page, {false, 7, "\x16\x03\x01 secret", ack, 0, 443}});
  EXPECT_EQ(found.text, "");
  EXPECT_EQ(found.counts.damages, 0u);
}

TEST(ImportPcap, Mqtt) {
  const std::string connect =
      be(0x10, 1) + be(13, 1) + be(4, 2) + "MQTT" + be(5, 1) + be(2, 1) + be(0, 2) + be(0, 1) + be(0, 2);
  const std::string properties = be(0x03, 1) + be(16, 2) + "application/cbor";
  const std::string publish = be(0x33, 1) + be(2 + 3 + 2 + 1 + properties.size() + 2, 1) + be(3, 2) + "a/b" + be(9, 2) +
                              be(properties.size(), 1) + properties + "hi";
  const auto found = read({{false, 7, connect.substr(0, 5), ack, 0, 1883},
                           {false, 12, connect.substr(5) + publish.substr(0, 4), ack, 0, 1883},
                           {false, 26, publish.substr(4), ack, 0, 1883}});
  EXPECT_EQ(found.text, "s1 received a/b=hi\n");
  ASSERT_EQ(found.records.size(), 1u);
  const auto& p = std::get<CapturedPublish>(found.records[0].what);
  EXPECT_EQ(p.qos, 1);
  EXPECT_TRUE(p.retain && p.cbor);
  EXPECT_EQ(found.records[0].kind, StreamKind::broker);
}

TEST(ImportPcap, LinksThatNobodyReadsAreSaid) {
  const auto found = test::import_text("", pcap(105, {"802.11", "802.11"}));
  EXPECT_EQ(found.counts.other_packets, 2u);
  EXPECT_EQ(found.counts.damages, 1u) << found.text;  // not: a file with nothing in it
}

TEST(ImportPcap, CutAnywhere) {
  const std::string whole = pcap(101, {ipv4({false, 7, hello + presence}), ipv4({true, 9, hello})});
  for (std::size_t size = 0; size < whole.size(); ++size) test::import_text("pcap", whole.substr(0, size));
}

// Bounded, whatever never comes.
TEST(TcpHalf, GivesUpWaiting) {
  intake::TcpHalf half;
  std::string taken;
  std::uint64_t missing = 0;
  const auto take = [&](std::string_view bytes, std::uint64_t gap, std::int64_t, std::uint64_t) {
    taken += bytes;
    missing += gap;
  };
  half.begin(0);
  for (std::uint32_t i = 0; i <= intake::limit::early_segments; ++i) half.segment(10 + 2 * i, "ab", 0, 1, 0, take);
  EXPECT_EQ(missing, 10u);
  EXPECT_EQ(taken.size(), 2 * (intake::limit::early_segments + 1));
  half.segment(2'000, "x", 0, 1, 0, take);
  half.segment(0, "", 0, 1 + intake::limit::early_time + 1, 0, take);
  EXPECT_EQ(taken.back(), 'x');
}

}  // namespace import_pcap_test
}  // namespace ferry
