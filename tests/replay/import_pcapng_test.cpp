// pcapng files of our own making: byte orders, interfaces that differ, times, blocks of other kinds, damage.
#include <gtest/gtest.h>

#include "tests/replay/imported.h"

namespace ferry {
namespace import_pcapng_test {

const std::string hello =
    "<stream:stream to='x' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
const std::string expected = "s1 received open >x\ns1 received <presence xmlns='jabber:client'/>\n";

std::string big(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 0xFF);
  return out;
}

// A section: all numbers in one order.
struct Section {
  bool is_big = false;
  std::string n(std::uint64_t value, int bytes) const {
    std::string out = big(value, bytes);
    return is_big ? out : std::string(out.rbegin(), out.rend());
  }
  std::string block(std::uint32_t type, std::string body) const {
    body.resize((body.size() + 3) / 4 * 4);
    const std::string length = n(body.size() + 12, 4);
    return n(type, 4) + length + body + length;
  }
  std::string begin() const { return block(0x0A0D0D0A, n(0x1A2B3C4D, 4) + n(1, 2) + n(0, 2) + n(UINT64_MAX, 8)); }
  std::string option(unsigned code, const std::string& value) const {
    return n(code, 2) + n(value.size(), 2) + value + std::string((4 - value.size() % 4) % 4, '\0');
  }
  std::string interface(unsigned link, unsigned snap, const std::string& options = {}) const {
    return block(1, n(link, 2) + n(0, 2) + n(snap, 4) + options);
  }
  std::string packet(unsigned from, std::uint64_t time, const std::string& frame) const {
    return block(
        6, n(from, 4) + n(time >> 32, 4) + n(time & 0xFFFFFFFF, 4) + n(frame.size(), 4) + n(frame.size(), 4) + frame);
  }
};

// Raw IPv4, of one connection.
std::string segment(std::uint32_t seq, const std::string& payload) {
  const std::string tcp =
      big(40'000, 2) + big(5222, 2) + big(seq, 4) + big(0, 4) + big(0x5010, 2) + big(0, 6) + payload;
  return big(0x4500, 2) + big(20 + tcp.size(), 2) + big(0, 4) + big(0x4006, 2) + big(0, 2) + big(0x0A000001, 4) +
         big(0x0A000002, 4) + tcp;
}
const std::string first = segment(7, hello);
const std::string second = segment(7 + static_cast<std::uint32_t>(hello.size()), "<presence/>");
std::string on_ethernet(const std::string& packet) { return std::string(12, 'm') + big(0x0800, 2) + packet; }

TEST(ImportPcapng, InterfacesThatDiffer) {
  for (const bool is_big : {false, true}) {
    const Section s{is_big};
    const std::string file = s.begin() + s.interface(1, 262'144) + s.interface(101, 65'535) +
                             s.packet(0, 1'000'000'000, on_ethernet(first)) + s.packet(1, 1'000'000'001, second);
    const auto found = test::import_text("", file);
    EXPECT_EQ(found.text, expected) << found.wrong;
    ASSERT_EQ(found.records.size(), 2u);
    EXPECT_EQ(found.records[1].time, 1'000'000'001);
  }
}

TEST(ImportPcapng, SectionsOfEitherOrder) {
  const Section one{false}, two{true};
  EXPECT_EQ(test::import_text("", one.begin() + one.interface(101, 0) + one.packet(0, 5, first) + two.begin() +
                                      two.interface(1, 0) + two.packet(0, 6, on_ethernet(second)))
                .text,
            expected);
}

TEST(ImportPcapng, Times) {
  const Section s{false};
  const auto time_of = [&](const std::string& options, std::uint64_t time) {
    const auto found = test::import_text("", s.begin() + s.interface(101, 0, options) + s.packet(0, time, first));
    return found.records.empty() ? -1 : found.records[0].time;
  };
  EXPECT_EQ(time_of("", 1'700'000'000'000'001), 1'700'000'000'000'001);
  EXPECT_EQ(time_of(s.option(2, "lo") + s.option(9, "\x09") + s.option(0, ""), 1'700'000'000'000'001'999),
            1'700'000'000'000'001);
  EXPECT_EQ(time_of(s.option(9, "\x8A"), 1024 * 7 + 512), 7'500'000);  // 2^-10 s
  EXPECT_EQ(time_of(s.option(14, s.n(1'700'000'000, 8)), 3), 1'700'000'000'000'003);
  EXPECT_EQ(time_of(s.option(9, "\x7F"), 3), 0);  // smaller than any clock
}

TEST(ImportPcapng, BlocksOfOtherKinds) {
  const Section s{false};
  const std::string simple = s.block(3, s.n(second.size(), 4) + second);
  const std::string old =
      s.block(2, s.n(0, 2) + s.n(0, 2) + s.n(0, 4) + s.n(9, 4) + s.n(first.size(), 4) + s.n(first.size(), 4) + first);
  const auto found =
      test::import_text("", s.begin() + s.interface(101, 0) + s.block(0xBAD, std::string(200'000, 'x')) + old +
                                s.block(4, std::string(8, '\0')) + simple + s.block(5, std::string(12, 'y')));
  EXPECT_EQ(found.text, expected);
  EXPECT_EQ(found.records[0].time, 9);
  EXPECT_EQ(found.counts.damages, 0u);
}

TEST(ImportPcapng, Damage) {
  const Section s{false};
  const std::string good = s.begin() + s.interface(101, 0) + s.packet(0, 5, first);
  const std::string bad[] = {s.packet(1, 5, first),                          // of an interface that is not there
                             s.n(6, 4) + s.n(13, 4) + "x",                   // a length that is none
                             s.n(6, 4) + s.n(0xFFFFFFFC, 4) + "x",           // far too long
                             s.block(6, std::string(4, '\0')),               // too short
                             s.packet(0, 5, first).substr(0, 40),            // cut off
                             s.block(0x0A0D0D0A, std::string(16, '\0')),     // in no order
                             s.n(6, 4) + s.n(16, 4) + "abcd" + s.n(20, 4)};  // two lengths
  for (const std::string& end : bad) {
    const auto found = test::import_text("", good + end + s.packet(0, 6, second));
    EXPECT_EQ(found.counts.damages, 1u) << found.text;
    EXPECT_NE(test::import_text("", s.begin() + end).wrong, "");
  }
  const std::string whole = good + s.packet(0, 6, second);
  for (std::size_t size = 0; size < whole.size(); ++size) test::import_text("pcap", whole.substr(0, size));
}

}  // namespace import_pcapng_test
}  // namespace ferry
