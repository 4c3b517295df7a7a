#include "config/dynsec.h"

#include <algorithm>
#include <array>

namespace ferry::dynsec {
namespace {

constexpr std::array default_types{"publishClientSend", "publishClientReceive", "subscribe", "unsubscribe"};

void reads(std::set<Acl>& acls, const std::string& filter) {
  acls.insert({"publishClientReceive", filter});
  acls.insert({"subscribePattern", filter});
}

class Command {
 public:
  explicit Command(std::string_view name) { json_.begin_object().field("command", name); }
  Command& with(std::string_view key, std::string_view value) {
    json_.field(key, value);
    return *this;
  }
  JsonWriter& json() { return json_; }
  std::string text() { return json_.end_object().take(); }

 private:
  JsonWriter json_;
};

void write_acls(JsonWriter& json, const std::set<Acl>& acls) {
  json.key("acls").begin_array();
  for (const Acl& acl : acls)
    json.begin_object().field("acltype", acl.type).field("topic", acl.topic).field("allow", acl.allow).end_object();
  json.end_array();
}

void write_roles(JsonWriter& json, const std::set<std::string>& roles) {
  json.key("roles").begin_array();
  for (const std::string& role : roles) json.begin_object().field("rolename", role).end_object();
  json.end_array();
}

void defaults(const State& have, const Wanted& want, std::vector<Change>& out) {
  if (std::all_of(want.state.defaults.begin(), want.state.defaults.end(), [&](const auto& d) {
        const auto it = have.defaults.find(d.first);
        return it != have.defaults.end() && it->second == d.second;
      }))
    return;
  Command c("setDefaultACLAccess");
  c.json().key("acls").begin_array();
  for (const auto& [type, allow] : want.state.defaults)
    c.json().begin_object().field("acltype", type).field("allow", allow).end_object();
  c.json().end_array();
  out.push_back({"deny by default what no role grants", c.text()});
}

void roles(const State& have, const Wanted& want, std::vector<Change>& out) {
  for (const auto& [name, acls] : want.state.roles) {
    const auto it = have.roles.find(name);
    if (it != have.roles.end() && it->second == acls) continue;
    Command c(it == have.roles.end() ? "createRole" : "modifyRole");
    c.with("rolename", name);
    write_acls(c.json(), acls);
    out.push_back({(it == have.roles.end() ? "create role " : "change role ") + name, c.text()});
  }
}

void clients(const State& have, const Wanted& want, std::vector<Change>& out) {
  for (const auto& [name, client] : want.state.clients) {
    const auto it = have.clients.find(name);
    if (it == have.clients.end()) {
      Command c("createClient");
      c.with("username", name);
      if (name == want.gateway && !want.gateway_password.empty()) c.with("password", want.gateway_password);
      if (!client.id.empty()) c.with("clientid", client.id);
      write_roles(c.json(), client.roles);
      out.push_back({"create client " + name + (name == want.gateway ? "" : ", without a password"), c.text()});
      continue;
    }
    if (!client.id.empty() && it->second.id != client.id) {
      out.push_back({"bind the client id of " + name,
                     Command("modifyClient").with("username", name).with("clientid", client.id).text()});
    }
    for (const std::string& role : client.roles)
      if (!it->second.roles.contains(role))
        out.push_back({"give " + name + " the role " + role,
                       Command("addClientRole").with("username", name).with("rolename", role).text()});
    // One role of ours each; those of others are the administrator's.
    for (const std::string& role : it->second.roles)
      if ((role.starts_with(person_prefix) || role == gateway_role) && !client.roles.contains(role))
        out.push_back({"take the role " + role + " from " + name,
                       Command("removeClientRole").with("username", name).with("rolename", role).text()});
  }
}

// COMPAT(Mosquitto 2.0.11): a role that is deleted while a client has it leaves that client with freed memory, which
// then says what it may do.
void remove_role(const State& have, const Wanted& want, const std::string& role, std::vector<Change>& out) {
  for (const auto& [name, client] : have.clients)
    if (client.roles.contains(role) && !want.state.clients.contains(name))  // from those it was taken already
      out.push_back({"take the role " + role + " from " + name,
                     Command("removeClientRole").with("username", name).with("rolename", role).text()});
  out.push_back({"remove role " + role, Command("deleteRole").with("rolename", role).text()});
}

}  // namespace

Wanted wanted(const Inputs& in) {
  Wanted out;
  out.gateway = in.gateway;
  out.gateway_password = in.password;
  for (const char* type : default_types) out.state.defaults[type] = std::string_view(type) == "unsubscribe";
  auto& own = out.state.roles[std::string(gateway_role)];
  for (const auto& [filter, write] : in.own) {
    reads(own, filter);
    if (write) own.insert({"publishClientSend", filter});
  }
  out.state.clients[in.gateway] = {{}, {std::string(gateway_role)}};
  for (const Person& p : in.people) {
    if (p.login == in.gateway) continue;
    const std::string role = std::string(person_prefix) + p.login;
    auto& acls = out.state.roles[role];
    reads(acls, in.status);
    reads(acls, p.base + "/in/#");
    acls.insert({"publishClientSend", p.base + "/out/#"});
    out.state.clients[p.login] = {in.device.empty() ? std::string() : p.login + ":" + in.device, {role}};
  }
  return out;
}

bool read_roles(JsonView data, State& into) {
  const JsonView list = data["roles"];
  list.each([&](JsonView role) {
    auto& acls = into.roles[std::string(role["rolename"].string().value_or(""))];
    role["acls"].each([&](JsonView acl) {
      acls.insert({std::string(acl["acltype"].string().value_or("")), std::string(acl["topic"].string().value_or("")),
                   acl["allow"].boolean().value_or(false)});
    });
  });
  return list.is_array();
}

bool read_clients(JsonView data, State& into) {
  const JsonView list = data["clients"];
  list.each([&](JsonView c) {
    Client& client = into.clients[std::string(c["username"].string().value_or(""))];
    client.id = c["clientid"].string().value_or("");
    c["roles"].each([&](JsonView role) { client.roles.emplace(role["rolename"].string().value_or("")); });
  });
  return list.is_array();
}

bool read_defaults(JsonView data, State& into) {
  const JsonView list = data["acls"];
  list.each([&](JsonView acl) {
    into.defaults[std::string(acl["acltype"].string().value_or(""))] = acl["allow"].boolean().value_or(true);
  });
  return list.is_array();
}

std::vector<Change> changes(const State& have, const Wanted& want, bool prune) {
  std::vector<Change> out;
  roles(have, want, out);  // first: a client is made with its role
  clients(have, want, out);
  if (prune)
    for (const auto& [name, acls] : have.roles)
      if (name.starts_with(person_prefix) && !want.state.roles.contains(name)) remove_role(have, want, name, out);
  defaults(have, want, out);  // last: nobody is shut out on the way
  return out;
}

std::string batch(const std::vector<Change>& all, std::size_t first, std::size_t most) {
  std::string out = "{\"commands\":[";
  for (std::size_t i = first; i < all.size() && i - first < most; ++i) {
    if (i != first) out += ',';
    out += all[i].command;
  }
  return out + "]}";
}

}  // namespace ferry::dynsec
