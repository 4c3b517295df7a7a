// The tick (design section 3): read, decide, commit, write. One thread, one loop, no mutex.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "config/options.h"
#include "gateway/brain/brain.h"
#include "gateway/clock.h"
#include "gateway/given_back.h"
#include "gateway/links/broker_link.h"
#include "gateway/links/component_link.h"
#include "gateway/links/control_link.h"
#include "gateway/links/http_link.h"
#include "gateway/log.h"
#include "gateway/read_share.h"
#include "gateway/service.h"
#include "gateway/sessions.h"
#include "gateway/store/store.h"
#include "gateway/tap.h"
#include "gateway/watched.h"

namespace ferry {

// Everything that one gateway is made of; whoever makes a Tick keeps it alive.
struct Gateway {
  const Options& options;
  Brain& brain;
  Store& store;
  Poller& poller;
  Signals& signals;
  Inbox& inbox;
  ComponentLink* component;  // nullptr: no XMPP link is configured
  BrokerLink& broker;
  ControlLink& control;
  HttpLink* http;      // nullptr: off
  Tap* tap;            // nullptr: nothing is recorded
  Sessions* sessions;  // nullptr: no account can move
  Log& log;
  Service& service;
  Watched& watched;
  std::function<void()> reload;  // SIGHUP; called inside the tick's transaction
};

// One instance is the loop of one running gateway.
class Tick {
 public:
  static constexpr Duration drain_time = 5 * second;        // for what is under way when we are asked to end
  static constexpr Duration look_around_time = 5 * second;  // how often the disk is looked at

  Tick(Gateway gateway, Clock& clock) : g_(std::move(gateway)), clock_(clock) {}

  // Until a signal, or something that only a restart can mend. Exit code: 0 or 1.
  //
  // When the store fails, the brain's memory may be ahead of the disk, and there is no way back to what the disk has
  // but to read it again. So the process ends: nothing of this tick is acknowledged or sent, the broker delivers again
  // to the next process, which a supervisor starts, and what came from the XMPP server goes back to its senders.
  int run();

 private:
  void once(Duration longest);
  void decide(LinkEvent& event);
  void transaction(const std::function<void()>& body);
  void carry_out();
  void write_logs();
  void tell_readiness();
  void look_around(Steady now);
  std::string command(const Command& command);
  Duration wait_time() const;
  void drain();
  void close_links();
  void give_back(const StoreError& why);

  Gateway g_;
  Clock& clock_;
  std::vector<std::pair<std::uint64_t, std::string>> answers_;  // of commands: client, JSON
  Effects effects_;
  GivenBack given_back_;  // of the tick that is under way
  ReadShare share_;
  bool was_ready_ = false, low_ = false;
  Steady look_at_ = 0;
  std::optional<std::string> fatal_;
};

}  // namespace ferry
