// What the command line asks of the generator, and the connections that follow from it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tools/bench.d/load_peer.h"

namespace ferry::bench {

struct Arguments {
  std::map<std::string, std::string> values;
  std::string text(const std::string& name, const std::string& fallback = {}) const;
  std::size_t number(const std::string& name, std::size_t fallback) const;
};

// Who takes part, by number.
struct People {
  explicit People(const Arguments& arguments);
  std::string user(std::size_t n) const;     // of the broker
  std::string contact(std::size_t n) const;  // of the component
  // The contacts of one user are consecutive, and the population a multiple of their number: so they differ modulo it.
  std::size_t contact_of(std::size_t user, std::size_t nth) const { return (user * 7 + nth) % population; }

  std::size_t users, contacts, population;
  std::string hosted, component;
};

// The two sides of one run.
struct Ends {
  std::unique_ptr<Peer> from;
  std::vector<std::unique_ptr<Peer>> to;
  std::size_t fan = 1;
  std::size_t back = 0;  // copies of each message that come to where it was sent from, once each; 0: any number
};

Ends connect(const Arguments& arguments);

ComponentPeer::Settings component_settings(const Arguments& a, const std::string& domain, Kind kind);
std::unique_ptr<Peer> component(const Arguments& a, const std::string& domain, Kind kind, Named from = {},
                                Named to = {});
// The two sides of a run in a room (load_room.cpp).
Ends room(const Arguments& arguments, const std::string& way);

std::string numbered(const char* name, std::size_t n, const std::string& domain);
Named always(std::string text);

// A client with the gateway's account, which sees and says everything.
MqttPeer::Settings client(const Arguments& a, const std::string& id, Kind kind);

}  // namespace ferry::bench
