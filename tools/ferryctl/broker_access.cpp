// ferryctl acl, and what it is made of.
#include "tools/ferryctl/broker_access.h"

#include "tools/ferryctl/print.h"

namespace ferry {
namespace {

Result<Answer, std::string> ask(CtlCall& call, const std::string& command) {
  auto answer = call.gateway.ask(command);
  if (!answer) return answer.error();
  if (!answer->ok()) return answer->error();
  return answer;
}

}  // namespace

Result<dynsec::Inputs, std::string> read_inputs(CtlCall& call) {
  dynsec::Inputs in;
  const auto rules = ask(call, command_json("acl", {{"format", "rules"}}));
  if (!rules) return rules.error();
  in.gateway = text_of(rules->json.root(), "gateway");
  in.status = text_of(rules->json.root(), "status");
  if (in.gateway.empty()) return std::string("[broker] username is not set: the gateway needs a client of its own");
  (*rules)["own"].each(
      [&](JsonView o) { in.own.emplace_back(text_of(o, "topic"), o["write"].boolean().value_or(false)); });
  std::map<std::string, std::string> people;
  (*rules)["people"].each([&](JsonView p) { people[text_of(p, "login")] = text_of(p, "base"); });
  std::vector<std::string> users;
  if (const std::string wrong =
          each_listed(call.gateway, "user.list", "users", [&](JsonView u) { users.emplace_back(*u.string()); });
      !wrong.empty())
    return wrong;
  for (const std::string& jid : users) {
    const auto row = ask(call, command_json("map.explain", {{"text", jid}}));
    if (!row) return row.error();
    const std::string login = text_of(row->json.root(), "login");
    if (!login.empty()) people[login] = text_of(row->json.root(), "topic");  // else no row covers the user any more
  }
  for (const auto& [login, base] : people) in.people.push_back({login, base});
  return in;
}

std::string acl_text(CtlCall& call) {
  const auto answer = ask(call, command_json("acl"));
  if (!answer) return complain(answer.error()), "";
  return text_of(answer->json.root(), "text");
}

int print_acl(CtlCall& call) {
  const auto format = call.line.values.find("--format");
  if (format == call.line.values.end() || format->second == "file")
    return ask_and_print(call, command_json("acl"), [](const Answer& answer) {
      std::fputs(text_of(answer.json.root(), "text").c_str(), stdout);
      return exit_done;
    });
  if (format->second != "dynsec") return complain("--format: expected file or dynsec"), exit_usage;
  const auto inputs = read_inputs(call);
  if (!inputs) return complain(inputs.error()), exit_refused;
  // As for a plugin that knows nobody; the gateway's password is not printed.
  const auto all = dynsec::changes({}, dynsec::wanted(*inputs), false);
  std::fputs((dynsec::batch(all, 0, all.size()) + "\n").c_str(), stdout);
  return exit_done;
}

}  // namespace ferry
