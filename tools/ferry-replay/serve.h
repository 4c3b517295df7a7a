// A live replay: the XMPP server that a running gateway connects to, for its component and for the sessions of
// accounts, and a listener on its broker.
#pragma once

#include <deque>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "tools/ferry-replay/accept.h"
#include "tools/ferry-replay/captured_accounts.h"
#include "tools/ferry-replay/client_door.h"
#include "tools/ferry-replay/introductions.h"
#include "tools/ferry-replay/listener.h"
#include "tools/ferry-replay/matching.h"
#include "tools/ferry-replay/outcome.h"
#include "tools/ferry-replay/setup.h"
#include "tools/ferry-replay/virtual_gateway.h"

namespace ferry::replay {

struct ServeSettings {
  std::string capture, host, expect, component_secret, broker_username, broker_password;
  std::uint16_t port = 0;
  std::string session_host;  // of the port for sessions
  std::uint16_t session_port = 0;
  bool fast = false;
  double speed = 1;
  Duration patience = 30 * second;  // without anything happening
  std::uint64_t window = 4'000;     // expected and not there; fewer than make the gateway drop typing
};

// One instance is one live replay.
class Serve {
 public:
  static constexpr std::size_t most_waiting_bytes = 1U << 20;  // for the socket
  static constexpr std::size_t events_per_turn = 64;
  static constexpr std::string_view end_id = "ferry-replay-end";

  // tls: for sessions; nullptr where no account is played to.
  Serve(ServeSettings settings, Setup& setup, std::unique_ptr<TlsServer> tls);

  // Empty: it was played to the end. Otherwise why not.
  std::string run();

  const Player::Counts& counts() const { return player_.counts(); }
  const Matching& matching() const { return matching_; }
  Matching::Outcome finish(const std::function<void(const std::string&)>& say) { return matching_.finish(say); }
  std::uint64_t sent() const { return next_event_; }
  std::uint64_t left_out() const { return left_out_; }  // over a limit: only a capture's head of them is known
  double seconds() const { return static_cast<double>(last_us_ - begun_us_) / 1e6; }
  std::size_t people() const { return introductions_.size(); }
  std::uint64_t reconnects() const { return ups_ > 0 ? ups_ - 1 : 0; }
  std::size_t sessions() const { return rosters_.size(); }
  std::uint64_t session_reconnects() const { return session_reconnects_; }

 private:
  std::string look_through();
  std::string connect();
  std::string await_settled();
  std::string await_sessions();
  std::string await_presence();
  std::string introduce();
  std::string play();
  bool send_some();
  bool send_next();
  void expect_from_file(const Played& event);
  bool peek_expected();
  void expect(std::uint64_t event, Departure departure);
  void on_stanza(Element stanza);
  void open_door(std::unique_ptr<TlsServer> tls);
  std::string listen_for_sessions();
  void on_session_stanza(const Jid& account, Element stanza);
  std::size_t missing(bool (ClientDoor::*there)(const std::string&) const, std::string& first) const;
  void end_sessions();
  std::size_t waiting_bytes() const { return server_.waiting_bytes() + (door_ ? door_->waiting_bytes() : 0); }
  void on_publish(const InPublish& publish);
  void on_own_topic(const InPublish& publish);
  std::string end();
  void turn(Duration longest);
  // Turns until the condition holds. false: nothing happened for so long, or the broker is lost.
  bool wait_for(const std::function<bool()>& condition);
  static Instant wall_now();

  ServeSettings settings_;
  Setup& setup_;
  Options options_;
  Poller poller_;
  Player player_;
  std::unique_ptr<CaptureReader> reader_;
  std::unique_ptr<VirtualGateway> gateway_;  // what is expected; nullptr: a file says it
  std::ifstream expected_file_;
  std::string expected_wrong_;
  std::optional<Departure> expected_;
  Matching matching_;
  Introductions introductions_;
  AcceptLink server_;
  std::map<std::string, Element> rosters_;  // of the accounts that are played to, by bare JID
  std::unique_ptr<ClientDoor> door_;        // nullptr: no account is
  std::set<std::string> seen_up_, ended_;   // accounts
  std::uint64_t session_reconnects_ = 0;
  std::string session_refused_;
  std::unique_ptr<BrokerListener> broker_;
  std::vector<Played> batch_;
  std::size_t in_batch_ = 0;
  bool more_ = true, playing_ = false;
  std::uint64_t next_event_ = 0, left_out_ = 0, ups_ = 0, happened_ = 0;
  Instant first_at_ = 0;
  Steady first_steady_ = 0;
  std::int64_t begun_us_ = 0, last_us_ = 0;
  std::string refused_;
  bool pong_ = false, online_ = false, marked_ = false;
  Instant online_since_ = 0;
  Duration rest_ = 50;  // how long a turn may wait for something to happen
};

}  // namespace ferry::replay
