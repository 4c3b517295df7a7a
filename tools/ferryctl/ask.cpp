#include "tools/ferryctl/commands.h"
#include "tools/ferryctl/print.h"

namespace ferry {

std::string command_json(std::string_view name, const Members& members) {
  JsonWriter json;
  json.begin_object().field("command", name);
  for (const auto& [key, value] : members) json.field(key, std::string_view{value});
  return json.end_object().take();
}

int ask_and_print(CtlCall& call, const std::string& command, const std::function<int(const Answer&)>& print,
                  const std::string& about) {
  const auto answer = call.gateway.ask(command);
  if (!answer) {
    complain(answer.error());
    return exit_refused;
  }
  if (call.line.json) std::fputs((answer->text + "\n").c_str(), stdout);
  if (!answer->ok()) {
    if (!call.line.json) complain((about.empty() ? "" : about + ": ") + answer->error());
    return exit_refused;
  }
  if (call.line.json) {
    const auto good = (*answer)["good"].boolean();
    return good.value_or(true) ? exit_done : exit_refused;
  }
  return print(*answer);
}

std::string each_listed(AnyGateway& gateway, std::string_view command, std::string_view list,
                        const std::function<void(JsonView)>& visit) {
  return each_listed(gateway, command, {}, list, [&](JsonView item) {
    visit(item);
    return true;
  });
}

std::string each_listed(AnyGateway& gateway, std::string_view command, Members members, std::string_view list,
                        const std::function<bool(JsonView)>& visit) {
  members.emplace_back("after", "");
  bool more = true;
  do {
    const auto answer = gateway.ask(command_json(command, members));
    if (!answer) return answer.error();
    if (!answer->ok()) return answer->error();
    (*answer)[list].each([&](JsonView item) { more = more && visit(item); });
    members.back().second = std::string((*answer)["next"].string().value_or(""));
  } while (more && !members.back().second.empty());
  return {};
}

}  // namespace ferry
