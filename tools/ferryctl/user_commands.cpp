// ferryctl user …
#include <algorithm>

#include "tools/ferryctl/commands.h"
#include "tools/ferryctl/print.h"

namespace ferry {
int user_add(CtlCall& call) {
  int worst = exit_done;
  for (const std::string& jid : call.words)
    worst = std::max(worst, ask_and_print(call, command_json("user.add", {{"jid", jid}}), [&](const Answer& answer) {
                       say("added: " + jid + ", topics below " + text_of(answer.json.root(), "topic"));
                       return exit_done;
                     }));
  return worst;
}

int user_remove(CtlCall& call) {
  int worst = exit_done;
  for (const std::string& jid : call.words)
    worst = std::max(worst, ask_and_print(call, command_json("user.remove", {{"jid", jid}}), [&](const Answer&) {
                       say("removed: " + jid + ", with contacts, devices and messages");
                       return exit_done;
                     }));
  return worst;
}

int user_list(CtlCall& call) {
  JsonWriter json;
  json.begin_object().field("ok", true).key("users").begin_array();
  std::int64_t users = 0;
  const std::string wrong = each_listed(call.gateway, "user.list", "users", [&](JsonView name) {
    ++users;
    if (call.line.json)
      json.value(name);
    else
      say(std::string(name.string().value_or("")));
  });
  if (!wrong.empty()) return complain(wrong), exit_refused;
  if (call.line.json)
    std::fputs((json.end_array().end_object().take() + "\n").c_str(), stdout);
  else if (users == 0)
    complain("there are no users yet; ferryctl user add JID adds one, and so does a user's first publish");
  return exit_done;
}

int user_show(CtlCall& call) {
  return ask_and_print(call, command_json("user.show", {{"jid", call.words.front()}}), [&](const Answer& answer) {
    const bool running = call.gateway.running();
    say("user     " + text_of(answer.json.root(), "jid"));
    say("topics   " + text_of(answer.json.root(), "topic") + "/…");
    say("waiting  " + counted(answer["waiting"].integer().value_or(0), "message", "messages"));
    Columns devices({"DEVICE", "PRESENCE"});
    answer["devices"].each([&](JsonView d) {
      devices.add({text_of(d, "device"), running ? text_of(d, "state") : "unknown"});
    });
    if (!devices.empty()) say("");
    devices.print();
    Columns contacts({"CONTACT", "SUBSCRIPTION", "PRESENCE", "PENDING"});
    answer["contacts"].each([&](JsonView c) {
      const auto is = [&](const char* key) { return c[key].boolean().value_or(false); };
      const std::string pending = is("request")  ? "wants to see the user"
                                  : is("denied") ? "was denied"
                                  : is("ask")    ? "has been asked"
                                                 : "";
      contacts.add({text_of(c, "jid"), text_of(c, "subscription"), running ? text_of(c, "state") : "unknown", pending});
    });
    if (!contacts.empty()) say("");
    contacts.print();
    return exit_done;
  });
}

}  // namespace ferry
