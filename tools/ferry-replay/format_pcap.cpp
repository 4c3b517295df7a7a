// Packet captures: TCP connections put together, and those of them read that are XMPP or MQTT, whatever their ports.
#include <algorithm>
#include <list>
#include <map>
#include <optional>

#include "tools/ferry-replay/import_format.h"
#include "tools/ferry-replay/mqtt_packets.h"
#include "tools/ferry-replay/pcap_file.h"
#include "tools/ferry-replay/stanza_begins.h"
#include "tools/ferry-replay/tcp_half.h"
#include "tools/ferry-replay/tcp_segment.h"

namespace ferry::intake {
namespace {

constexpr std::size_t longest_wait = 4'096;  // bytes of one direction, until it is clear what they are
constexpr std::size_t shortest_look = 16;    // likewise, before it is clear what they are not
constexpr std::size_t most_other_links = 100;
// Only where the beginning was not captured: who listens.
constexpr std::uint16_t server_ports[] = {5222, 5223, 5269, 5270, 5275, 5347, 7400, 8888, 1883};

enum class Content { unknown, xmpp, mqtt, tls, other };

// begun: from the connection's first byte.
Content content_of(std::string_view bytes, bool begun) {
  if (is_mqtt_connect(bytes)) return Content::mqtt;
  if (bytes.size() >= 2 && bytes[0] >= 0x14 && bytes[0] <= 0x17 && bytes[1] == 3) return Content::tls;
  for (std::size_t at = bytes.find('<'); at != std::string_view::npos; at = bytes.find('<', at + 1)) {
    const bool front = bytes.substr(0, at).find_first_not_of(" \t\r\n") == std::string_view::npos;
    if (!front && begun) return Content::other;
    const Begins begins = stanza_begins(bytes.substr(at), false);
    if (begins == Begins::yes) return Content::xmpp;
    if (begins == Begins::unclear) break;
  }
  if (bytes.size() >= longest_wait) return Content::other;
  const bool text = bytes.find_first_not_of(" \t\r\n") == std::string_view::npos || bytes.find('<') != bytes.npos;
  return begun && !text && bytes.size() >= shortest_look ? Content::other : Content::unknown;
}

struct Flow {
  End a, b;  // as in its key
  std::string name;
  TcpHalf halves[2];  // from a, from b
  std::string waiting[2];
  std::uint64_t waiting_at[2] = {};
  int client = -1;                                   // 0: a; 1: b
  bool begun = false, closed = false, left = false;  // left: by DISCONNECT
  Content content = Content::unknown;
  std::unique_ptr<MqttPackets> mqtt[2];
  std::list<Flow*>::iterator use;
};

class PcapFormat final : public Format {
 public:
  explicit PcapFormat(Import& import) : import_(import) {}

  void read(Input& input) override {
    PcapFile file(input);
    while (const auto packet = file.next()) {
      if (file.link() == Link::other) {
        other_link(file.link_name(), *packet);
        continue;
      }
      TcpSegment segment;
      switch (decode(file.link(), *packet, segment)) {
        case Decoded::tcp:
          take(segment, *packet);
          break;
        case Decoded::other:
          ++import_.sink.counts.other_packets;
          break;
        case Decoded::fragment:
          damage(*packet, "a whole IP packet was expected, not a fragment");
          break;
        case Decoded::cut:
          damage(*packet, "a packet that was captured to the end of its headers was expected");
          break;
      }
    }
    wrong_ = file.wrong();
    if (!uses_.empty() && !wrong_.empty()) {  // what was read is good
      import_.sink.damage({}, 0, {file.position(), 0}, 0, "the file is cut off: " + wrong_);
      wrong_.clear();
    }
    while (!uses_.empty()) forget(*uses_.back());
    import_.streams.forget();  // flows of another file have other names
  }

  std::string wrong() const override { return wrong_; }

 private:
  void damage(const Packet& packet, std::string_view text) {
    import_.sink.damage({}, packet.time, {packet.offset, 0}, packet.bytes.size(), text);
  }

  // Said once of each: nobody shall take a file that nothing was read of for one that nothing is in.
  void other_link(const std::string& name, const Packet& packet) {
    ++import_.sink.counts.other_packets;
    if (std::find(other_links_.begin(), other_links_.end(), name) != other_links_.end()) return;
    if (other_links_.size() == most_other_links) return;
    other_links_.push_back(name);
    damage(packet, "packets of Ethernet, Linux cooked, loopback, raw IP or PPP were expected; those of " + name +
                       " are passed over");
  }

  void take(const TcpSegment& s, const Packet& packet) {
    const bool empty = s.payload.empty() && s.missing == 0;
    const auto key = std::minmax(s.from, s.to);
    auto found = flows_.find(key);
    if (found == flows_.end() && empty && !s.syn) return;
    const int way = s.from == key.first ? 0 : 1;
    if (found != flows_.end() && s.syn && !s.ack && !found->second.halves[way].began_with(s.seq + 1)) {
      close(found->second, "lost");
      forget(found->second);
      found = flows_.end();
    }
    if (found == flows_.end()) {
      found = flows_.try_emplace(key).first;
      Flow& made = found->second;
      made.a = key.first, made.b = key.second;
      made.name = "flow " + std::to_string(++count_);
      uses_.push_front(&made);
      made.use = uses_.begin();
      if (flows_.size() > limit::flows) forget(*uses_.back());
    }
    Flow& f = found->second;
    uses_.splice(uses_.begin(), uses_, f.use);
    if (f.closed) return;
    if (s.syn) {
      f.begun = true;
      f.client = s.ack ? 1 - way : way;
      if (!f.halves[way].known()) f.halves[way].begin(s.seq + 1);
    }
    time_ = packet.time;
    const std::uint64_t offset = packet.offset + static_cast<std::uint64_t>(s.payload.data() - packet.bytes.data());
    f.halves[way].segment(s.seq + (s.syn ? 1 : 0), s.payload, s.missing, packet.time, offset, taker(f, way));
    if (s.fin) f.halves[way].end_at(s.seq + static_cast<std::uint32_t>(s.payload.size() + s.missing));
    if (s.rst || (f.halves[0].ended() && f.halves[1].ended())) close(f, "lost");
  }

  TcpHalf::Take taker(Flow& f, int way) {
    return [this, &f, way](std::string_view bytes, std::uint64_t missing, std::int64_t time, std::uint64_t offset) {
      Seen seen = seen_of(f, way, time, offset);
      if (missing == 0) return content(f, way, bytes, seen);
      if (f.content == Content::unknown) f.begun = false;
      if (f.content == Content::mqtt) f.content = Content::other;
      if (f.content != Content::xmpp && f.content != Content::other) return;
      import_.streams.damage(seen, missing, "bytes of the connection are not in the file");
      if (f.content == Content::xmpp) import_.streams.gap(seen, "cut off: bytes are not in the file");
    };
  }

  Seen seen_of(Flow& f, int way, std::int64_t time, std::uint64_t offset) {
    if (f.client < 0) {
      const auto listens = [](const End& e) {
        return std::count(std::begin(server_ports), std::end(server_ports), e.port);
      };
      f.client = listens(f.a) != listens(f.b) ? (listens(f.a) ? 1 : 0) : (f.a.port < f.b.port ? 1 : 0);
    }
    Seen seen;
    seen.key = f.name;
    seen.direction = way == f.client ? Direction::received : Direction::sent;
    seen.time = time;
    seen.place = {offset, 0};
    seen.wire = true;
    local_ = end_text(f.client == 0 ? f.b : f.a);
    remote_ = end_text(f.client == 0 ? f.a : f.b);
    seen.local = local_;
    seen.remote = remote_;
    return seen;
  }

  void content(Flow& f, int way, std::string_view bytes, Seen& seen) {
    if (f.content == Content::unknown) {
      std::string& waiting = f.waiting[way];
      if (waiting.empty()) f.waiting_at[way] = seen.place.offset;
      waiting += bytes;
      f.content = content_of(waiting, f.begun);
      if (f.content == Content::unknown) return;
      for (const int half : {way, 1 - way}) {
        std::string ready;
        std::swap(ready, f.waiting[half]);
        if (ready.empty()) continue;
        Seen of = seen_of(f, half, seen.time, f.waiting_at[half]);
        content(f, half, ready, of);
      }
      return;
    }
    if (f.content == Content::xmpp) return import_.streams.data(seen, bytes, false);
    if (f.content == Content::mqtt) return mqtt(f, way, bytes, seen);
    if (f.content == Content::tls) import_.sink.counts.opaque_bytes += bytes.size();
  }

  void mqtt(Flow& f, int way, std::string_view bytes, Seen& seen) {
    auto& half = f.mqtt[way];
    if (!half) half = std::make_unique<MqttPackets>();
    seen.kind = StreamKind::broker;
    MqttPackets::Found found;
    found.publish = [&](CapturedPublish&& p) { import_.streams.publish(seen, std::move(p)); };
    found.disconnect = [&f] { f.left = true; };
    found.connect = [&](int version, std::string_view) {
      f.mqtt[1 - way] = std::make_unique<MqttPackets>();
      f.mqtt[1 - way]->version(version);
    };
    if (half->feed(bytes, found)) return;
    import_.streams.damage(seen, bytes.size(), "an MQTT packet was expected");
    f.content = Content::other;
  }

  void close(Flow& f, std::string_view reason) {
    if (f.closed) return;
    f.closed = true;
    for (const int way : {0, 1}) f.halves[way].flush(taker(f, way));
    if (f.content != Content::xmpp && f.content != Content::mqtt) return;
    Seen seen = seen_of(f, 0, time_, 0);
    seen.direction = Direction::unknown;
    import_.streams.close(seen, f.left ? "end" : reason);
  }

  void forget(Flow& f) {
    if (!f.closed)
      for (const int way : {0, 1}) f.halves[way].flush(taker(f, way));
    uses_.erase(f.use);
    flows_.erase({f.a, f.b});
  }

  Import& import_;
  std::map<std::pair<End, End>, Flow> flows_;
  std::list<Flow*> uses_;  // the latest first
  std::uint64_t count_ = 0;
  std::int64_t time_ = 0;
  std::string local_, remote_, wrong_;
  std::vector<std::string> other_links_;  // that were met
};

}  // namespace

std::unique_ptr<Format> make_pcap(Import& import) { return std::make_unique<PcapFormat>(import); }

}  // namespace ferry::intake
