// What Mosquitto's dynamic-security plugin is told (2.0.11; its control API, $CONTROL/dynamic-security/v1). The plugin
// has no %u in the topics of its ACLs, so each person has a role of their own.
#pragma once

#include <compare>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "translators/values/json.h"

namespace ferry::dynsec {

inline constexpr std::string_view person_prefix = "ferry-user:";  // and the login name
inline constexpr std::string_view gateway_role = "ferry-gateway";

struct Acl {
  std::string type, topic;  // publishClientSend, publishClientReceive, subscribePattern …
  bool allow = true;
  auto operator<=>(const Acl&) const = default;
};
struct Client {
  std::string id;               // the only MQTT client id it may have; empty: any
  std::set<std::string> roles;  // by name
};
struct State {
  std::map<std::string, bool> defaults;  // ACL type -> what happens where no role says anything; true: allowed
  std::map<std::string, std::set<Acl>> roles;
  std::map<std::string, Client> clients;
};

struct Person {
  std::string login, base;
};
struct Wanted {
  State state;
  std::string gateway, gateway_password;  // the password of a client that has to be made; never of one that is there
};

struct Inputs {
  std::string gateway, password, status;
  std::vector<std::pair<std::string, bool>> own;  // filter, may write
  std::vector<Person> people;
  std::string device;  // not empty: everybody's client id is bound to LOGIN:DEVICE; empty: it stays as it is
};
Wanted wanted(const Inputs& inputs);

// Answers to listRoles, listClients (verbose) and getDefaultACLAccess, into the state. False: not what was expected.
bool read_roles(JsonView data, State& into);
bool read_clients(JsonView data, State& into);
bool read_defaults(JsonView data, State& into);

struct Change {
  std::string what;     // for people; never a password
  std::string command;  // JSON object
};
// What makes `have` as wanted, in order; nothing that is so already. prune: roles of people who are not wanted go.
std::vector<Change> changes(const State& have, const Wanted& want, bool prune);

// {"commands":[…]} of some of them, from `first` on; at most `most`.
std::string batch(const std::vector<Change>& all, std::size_t first, std::size_t most);

}  // namespace ferry::dynsec
