// What ferryctl can do: one function a command. Each gives ferryctl's exit code.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/problem.h"
#include "tools/ferryctl/command_line.h"
#include "tools/ferryctl/transport.h"

namespace ferry {

constexpr int exit_done = 0, exit_refused = 1, exit_usage = 2;

struct CtlCall {
  const Options& options;
  const CtlLine& line;             // its flags
  std::vector<std::string> words;  // what follows the command's name
  AnyGateway& gateway;
  const Problems& problems;  // of the configuration; only Access::none goes on in spite of errors
};

struct CtlCommand {
  std::string_view group, name;  // name empty: the group is the command
  std::string_view arguments, help;
  std::size_t least, most;  // arguments
  Access access;
  int (*run)(CtlCall&);
  std::string_view flags = {};  // of its own: "--all --user"; command_line.cpp knows which ones take a value
};

int map_list(CtlCall& call);
int map_add(CtlCall& call);
int map_remove(CtlCall& call);
int map_import(CtlCall& call);
int map_export(CtlCall& call);
int map_check(CtlCall& call);
int map_explain(CtlCall& call);
int print_acl(CtlCall& call);
int broker_apply(CtlCall& call);
int broker_check(CtlCall& call);
int user_add(CtlCall& call);
int user_remove(CtlCall& call);
int user_list(CtlCall& call);
int user_show(CtlCall& call);
int outbox_list(CtlCall& call);
int outbox_show(CtlCall& call);
int outbox_requeue(CtlCall& call);
int outbox_drop(CtlCall& call);
int status(CtlCall& call);
int backup(CtlCall& call);
int vault_init(CtlCall& call);
int vault_broker_key(CtlCall& call);
int vault_reseal(CtlCall& call);
int password_set(CtlCall& call);
int password_ask(CtlCall& call);
int password_remove(CtlCall& call);
int password_list(CtlCall& call);

// ferryctl migrate …: a table of its own (migrate_command.cpp).
std::span<const CtlCommand> migrate_commands();
int migrate_import(CtlCall& call);
int migrate_export(CtlCall& call);
int migrate_plan(CtlCall& call);
int migrate_clusters(CtlCall& call);
int migrate_start(CtlCall& call);
int migrate_pause(CtlCall& call);
int migrate_stop_on(CtlCall& call);
int migrate_back(CtlCall& call);
int migrate_show(CtlCall& call);
int migrate_status(CtlCall& call);
int migrate_verify(CtlCall& call);
int migrate_report(CtlCall& call);

// ---- what they share (ask.cpp)
using Members = std::vector<std::pair<std::string, std::string>>;
std::string command_json(std::string_view name, const Members& members = {});

// The lines about sessions of a `status` answer; none where nobody needs one. of_whom: say where to look further.
void print_sessions(JsonView status, bool of_whom);

// Asks one thing. With --json the answer is printed as it came; without, `print` prints what was granted. What was not
// is said on stderr, after `about` where one of several is meant.
int ask_and_print(CtlCall& call, const std::string& command, const std::function<int(const Answer&)>& print,
                  const std::string& about = {});

// All pages of a list (map.list, user.list), or until visit gives false. Error: as AnyGateway::ask, or the gateway's
// own.
std::string each_listed(AnyGateway& gateway, std::string_view command, std::string_view list,
                        const std::function<void(JsonView)>& visit);
std::string each_listed(AnyGateway& gateway, std::string_view command, Members members, std::string_view list,
                        const std::function<bool(JsonView)>& visit);

}  // namespace ferry
