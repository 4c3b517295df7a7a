// The gateway without a network: the real brain and translators, a clock that is set, and pretended links.
//
// One instance is one gateway over an empty store in memory. The pretended broker acknowledges at once and everybody
// whom something is sent to is there; the pretended XMPP server answers pings and disco at once, and every other
// request with service-unavailable. Accounts of that server that are given are in state dual, with a session each. The
// same events, options and seed give the same departures.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "gateway/brain/brain.h"
#include "gateway/store/store.h"
#include "tools/ferry-replay/departure.h"
#include "tools/ferry-replay/player.h"
#include "tools/ferry-replay/virtual_sessions.h"

namespace ferry::replay {

class VirtualGateway {
 public:
  static constexpr Duration settling = 15 * second;       // the links are up so long before the first event
  static constexpr Duration after_the_end = 10 * second;  // for what was put off
  static constexpr std::size_t ticks_per_commit = 256;
  static constexpr std::size_t most_rounds = 100'000;  // at one instant; then time goes on
  static constexpr std::size_t most_people = 1'000'000;

  using Sink = std::function<void(Departure)>;
  // What every virtual gateway changes of the options: whoever is written to exists, and rates of requests (only
  // introductions make them at once) are off. Give the result to the constructor.
  static Options adapted(Options options);

  // options and table must outlive this. Throws StoreFailure, as the store does.
  VirtualGateway(const Options& options, MappingTable& table, std::uint64_t seed, Sink sink,
                 std::vector<CapturedAccount> accounts = {});
  ~VirtualGateway();
  VirtualGateway(const VirtualGateway&) = delete;
  VirtualGateway& operator=(const VirtualGateway&) = delete;

  void play(const Played& event);
  void advance(Instant to);  // time passes; what it causes is of the event before. play() does it too
  void finish();             // after the last event

  std::vector<std::pair<std::string, std::uint64_t>> counters() const { return brain_->counters(); }
  std::size_t people() const { return people_.size(); }
  bool stuck() const { return stuck_; }  // the brain wanted to be called again and again at one instant

 private:
  template <class Event>
  void tick(Event event);
  void settle();
  void start(Instant first);
  void pass(Instant to);
  void introduce(const Jid& person);
  void leave(Departure departure);
  void move_accounts();
  void take(const SessionEffect& effect);

  const Options& options_;
  MappingTable& table_;
  Sink sink_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Brain> brain_;
  Instant now_ = 0;
  bool started_ = false, silent_ = true, timer_ = false, stuck_ = false;
  std::uint64_t line_ = 0;
  std::uint32_t copy_ = 0;
  std::size_t ticks_ = 0;
  int packet_id_ = 0;
  VirtualSessions sessions_;
  std::deque<Element> answers_;       // of the pretended server
  std::vector<std::int64_t> tokens_;  // of publishes to acknowledge
  std::set<std::string> people_;      // bare JIDs
};

// The publish by which a person's pretended device says that it is there: topic and payload.
Publish device_presence(const std::string& base, Format format);

// The pretended server's answer to a stanza of the gateway; nothing: it needs none.
std::optional<Element> server_answer(const Element& stanza);

bool is_barrier(std::string_view stanza);                          // the gateway's own ping
bool is_own_topic(std::string_view topic, std::string_view root);  // ROOT/gw/…

}  // namespace ferry::replay
