// ferryctl migrate status, migrate verify.
#include <algorithm>
#include <chrono>
#include <thread>

#include "tools/ferryctl/migrate_words.h"

namespace ferry {
namespace {

constexpr auto verify_every = std::chrono::milliseconds(500);
constexpr int verify_most = 120;  // looks, hence a minute
constexpr std::string_view state_columns[] = {"legacy", "shadow", "dual", "moved", "retired", "back"};

// Who went back by name has no part in how far the others are.
std::string bar(JsonView cohort) {
  constexpr std::int64_t width = 20;
  const std::int64_t all =
      std::max<std::int64_t>(1, integer_of(cohort, "accounts") - integer_of(cohort, "back_by_name"));
  std::int64_t there = 0;
  bool on = false;
  for (const auto name : state_columns) {
    on = on || name == text_of(cohort, "target");
    if (on && name != "back") there += integer_of(cohort["states"], name);
  }
  there = std::min(there, all);
  const auto full = static_cast<std::size_t>(there * width / all);
  return "[" + std::string(full, '#') + std::string(static_cast<std::size_t>(width) - full, '.') + "] " +
         std::to_string(there * 100 / all) + " %";
}

// Of one cohort, or of all.
int print_cohorts(const Answer& answer, const std::string& only) {
  Columns table({"COHORT", "TO", "", "PROGRESS", "LEGACY", "SHADOW", "DUAL", "MOVED", "RETIRED", "BACK", "DOWN",
                 "MESSAGES", "ERRORS", "TROUBLE", "DIFFER"});
  const auto each = [&](const auto& visit) {
    answer["cohorts"].each([&](JsonView c) {
      if (only.empty() || text_of(c, "name") == only) visit(c);
    });
  };
  each([&](JsonView c) {
    const bool running = c["running"].boolean().value_or(false);
    const std::string stopped = text_of(c, "stopped");
    // Nobody is anywhere: nothing was started, or all are back.
    const bool rests = integer_of(c["states"], "legacy") == integer_of(c, "accounts") && integer_of(c, "going") == 0;
    const bool aimless = rests || text_of(c, "target") == "legacy";  // only some were started, by their names
    std::vector<std::string> row = {text_of(c, "name"), aimless ? "-" : text_of(c, "target"),
                                    !stopped.empty() ? "STOPPED"
                                    : rests          ? "at rest"
                                    : running        ? "runs"
                                                     : "paused",
                                    aimless ? "-" : bar(c)};
    for (const auto name : state_columns) row.push_back(number_of(c["states"], name));
    for (const auto* key : {"sessions_down", "messages", "errors", "troubled", "differences"})
      row.push_back(number_of(c, key));
    table.add(std::move(row));
  });
  if (table.empty() && !only.empty())
    return complain("there is no cohort " + only + "; ferryctl migrate status lists them"), exit_refused;
  if (table.empty()) say("no cohort yet; ferryctl migrate plan makes one");
  table.print();
  each([&](JsonView c) {
    const std::string name = text_of(c, "name");
    if (const std::string stopped = text_of(c, "stopped"); !stopped.empty())
      say(name + " was stopped: " + stopped +
          (only.empty() ? "; ferryctl migrate status " + name + " says of whom" : ""));
    if (const std::int64_t named = integer_of(c, "named"); named > 0 && !c["running"].boolean().value_or(false))
      say(name + " stands still but for " + counted(named, "account that was", "accounts that were") +
          " started by name; ferryctl migrate pause " + name + " holds them too");
    if (const std::int64_t out = integer_of(c, "back_by_name"); out > 0)
      say(name + " goes on without " + counted(out, "account that", "accounts that") + " went back by name" +
          (only.empty() ? "; ferryctl migrate status " + name + " has their names" : ""));
  });
  return exit_done;
}

std::string print_accounts(CtlCall& call, const std::string& cohort) {
  Columns table({"ACCOUNT", "STATE", "TO", "SESSION", "DEVICES", "OLD CLIENTS", "MESSAGES", "ERRORS", "TROUBLE"});
  const std::string wrong =
      each_listed(call.gateway, "migrate.list", {{"cohort", cohort}}, "accounts", [&](JsonView a) {
        const bool by_name = a["back_by_name"].boolean().value_or(false);
        table.add({text_of(a, "jid"), text_of(a, "state"), text_of(a, "target") + (by_name ? ", by name" : ""),
                   text_of(a, "session"), number_of(a, "devices"), number_of(a, "other_clients"),
                   number_of(a, "messages"), number_of(a, "errors"), text_of(a, "trouble")});
        return true;
      });
  say("");
  table.print();
  return wrong;
}

// A cohort and its accounts in one object.
int print_json_of(CtlCall& call, const std::string& cohort) {
  const auto status = call.gateway.ask(command_json("migrate.status"));
  if (!status) return complain(status.error()), exit_refused;
  if (!status->ok()) return complain(status->error()), exit_refused;
  JsonWriter json;
  json.begin_object().field("ok", true);
  bool known = false;
  (*status)["cohorts"].each([&](JsonView c) {
    if (text_of(c, "name") != cohort) return;
    known = true;
    json.key("cohort").value(c);
  });
  if (!known) return complain("there is no cohort " + cohort), exit_refused;
  json.key("accounts").begin_array();
  const std::string wrong =
      each_listed(call.gateway, "migrate.list", {{"cohort", cohort}}, "accounts", [&](JsonView a) {
        json.value(a);
        return true;
      });
  if (!wrong.empty()) return complain(wrong), exit_refused;
  std::fputs((json.end_array().end_object().take() + "\n").c_str(), stdout);
  return exit_done;
}

}  // namespace

int migrate_status(CtlCall& call) {
  if (call.line.json && !call.words.empty()) return print_json_of(call, call.words.front());
  const std::string cohort = call.words.empty() ? "" : call.words.front();
  return ask_and_print(call, command_json("migrate.status"), [&](const Answer& answer) {
    const int code = print_cohorts(answer, cohort);
    if (code != exit_done) return code;
    // What keeps all of them away is no account's own trouble.
    if (const auto all = call.gateway.ask(command_json("status")); all && integer_of((*all)["sessions"], "down") > 0)
      print_sessions(all->json.root(), cohort.empty());
    if (cohort.empty()) return code;
    if (const std::string wrong = print_accounts(call, cohort); !wrong.empty()) return complain(wrong), exit_refused;
    return exit_done;
  });
}

// Asks for a comparison, waits for the answers of the old server, and says what differs.
int migrate_verify(CtlCall& call) {
  const std::string command = command_for(call, "migrate.verify");
  if (command.empty()) return exit_usage;
  const auto asked = call.gateway.ask(command);
  if (!asked) return complain(asked.error()), exit_refused;
  if (!asked->ok()) return complain(asked->error()), exit_refused;
  for (int looks = 0; looks < verify_most; ++looks) {
    const auto status = call.gateway.ask(command_json("migrate.status"));
    if (!status) return complain(status.error()), exit_refused;
    if ((*status)["verifying"].integer().value_or(0) == 0) break;
    std::this_thread::sleep_for(verify_every);
  }
  const std::string cohort = call.line.value("--cohort");
  std::int64_t compared = 0, different = 0, lose = 0, outside = 0;  // of a state without a session
  JsonWriter json;
  json.begin_object().field("ok", true).key("accounts").begin_array();
  Columns table({"ACCOUNT", "OF", "WITH", "WHAT"});
  const std::string wrong =
      each_listed(call.gateway, "migrate.list", {{"cohort", cohort}}, "accounts", [&](JsonView a) {
        const std::string jid = text_of(a, "jid");
        if (cohort.empty() && std::find(call.words.begin(), call.words.end(), jid) == call.words.end()) return true;
        if (const std::string state = text_of(a, "state"); state == "legacy" || state == "retired")
          return ++outside, true;
        ++compared;
        const auto shown = call.gateway.ask(command_json("migrate.show", {{"jid", jid}}));
        if (!shown || !shown->ok()) return true;
        if ((*shown)["differences"].size() > 0) ++different;
        if ((*shown)["losses"].size() > 0) ++lose;
        json.begin_object().field("jid", jid);
        for (const auto* what : {"differences", "losses"}) {
          json.key(what).value((*shown)[what]);
          (*shown)[what].each([&](JsonView d) {
            table.add({jid, text_of(d, "kind"), text_of(d, "peer"), text_of(d, "text")});
          });
        }
        json.end_object();
        return true;
      });
  if (!wrong.empty()) return complain(wrong), exit_refused;
  const std::int64_t unasked = (*asked)["without_session"].integer().value_or(0);
  compared = std::max<std::int64_t>(0, compared - unasked);
  // Of a cohort some may be there and others not yet; who was named was to be compared.
  const bool missing = outside > 0 && (cohort.empty() || compared == 0);
  const int same = different == 0 && unasked == 0 && !missing ? exit_done : exit_refused;
  if (call.line.json) {
    json.end_array().field("compared", compared).field("different", different).field("with_losses", lose);
    json.field("without_session", unasked).field("in_no_state_of_a_session", outside);
    std::fputs((json.end_object().take() + "\n").c_str(), stdout);
    return same;
  }
  table.print();
  say(counted(compared, "account", "accounts") + " compared, " + counted(different, "differs", "differ") + ", " +
      counted(lose, "has", "have") + " what is not carried; " + std::to_string(unasked) +
      " could not be asked: their sessions are not up");
  if (outside > 0) say(counted(outside, "has", "have") + " no session in this state: it is there from shadow to moved");
  return same;
}

}  // namespace ferry
