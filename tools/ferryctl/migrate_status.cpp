// ferryctl migrate status, migrate verify.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "tools/ferryctl/migrate_words.h"

namespace ferry {
namespace {

constexpr auto watch_every = std::chrono::seconds(2);
constexpr auto verify_every = std::chrono::milliseconds(500);
constexpr int verify_most = 120;  // looks, hence a minute
constexpr std::string_view state_columns[] = {"legacy", "shadow", "dual", "moved", "retired", "back"};

std::string bar(JsonView cohort) {
  constexpr std::int64_t width = 20;
  const std::int64_t all = std::max<std::int64_t>(1, integer_of(cohort, "accounts"));
  std::int64_t there = 0;
  bool on = false;
  for (const auto name : state_columns) {
    on = on || name == text_of(cohort, "target");
    if (on && name != "back") there += integer_of(cohort["states"], name);
  }
  const auto full = static_cast<std::size_t>(there * width / all);
  return "[" + std::string(full, '#') + std::string(static_cast<std::size_t>(width) - full, '.') + "] " +
         std::to_string(there * 100 / all) + " %";
}

std::size_t print_cohorts(const Answer& answer) {
  Columns table({"COHORT", "TO", "", "PROGRESS", "LEGACY", "SHADOW", "DUAL", "MOVED", "RETIRED", "BACK", "DOWN",
                 "MESSAGES", "ERRORS", "DIFFER"});
  std::size_t lines = 1;
  answer["cohorts"].each([&](JsonView c) {
    const bool running = c["running"].boolean().value_or(false);
    const std::string stopped = text_of(c, "stopped");
    std::vector<std::string> row = {text_of(c, "name"), text_of(c, "target"),
                                    running            ? "runs"
                                    : !stopped.empty() ? "STOPPED"
                                                       : "paused",
                                    bar(c)};
    for (const auto name : state_columns) row.push_back(number_of(c["states"], name));
    for (const auto* key : {"sessions_down", "messages", "errors", "differences"}) row.push_back(number_of(c, key));
    table.add(std::move(row));
    ++lines;
  });
  if (table.empty()) say("no cohort yet; ferryctl migrate plan makes one");
  table.print();
  answer["cohorts"].each([&](JsonView c) {
    if (const std::string stopped = text_of(c, "stopped"); !stopped.empty()) {
      say(text_of(c, "name") + " was stopped: " + stopped + "; ferryctl migrate status NAME says of whom");
      ++lines;
    }
  });
  return lines;
}

std::string print_accounts(CtlCall& call, const std::string& cohort) {
  Columns table({"ACCOUNT", "STATE", "TO", "SESSION", "DEVICES", "OLD CLIENTS", "MESSAGES", "ERRORS", "TROUBLE"});
  const std::string wrong =
      each_listed(call.gateway, "migrate.list", {{"cohort", cohort}}, "accounts", [&](JsonView a) {
        table.add({text_of(a, "jid"), text_of(a, "state"), text_of(a, "target"), text_of(a, "session"),
                   number_of(a, "devices"), number_of(a, "other_clients"), number_of(a, "messages"),
                   number_of(a, "errors"), text_of(a, "trouble")});
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
  const bool watch = call.line.has("--watch");
  const bool terminal = ::isatty(STDOUT_FILENO) == 1;
  std::size_t lines = 0;
  for (;;) {
    const int code = ask_and_print(call, command_json("migrate.status"), [&](const Answer& answer) {
      if (watch && terminal && lines > 0) std::printf("\x1b[%zuA\x1b[J", lines);
      lines = print_cohorts(answer);
      if (!call.words.empty() && !watch)
        if (const std::string wrong = print_accounts(call, call.words.front()); !wrong.empty())
          return complain(wrong), exit_refused;
      return exit_done;
    });
    if (!watch || code != exit_done) return code;
    std::fflush(stdout);
    std::this_thread::sleep_for(watch_every);
  }
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
  std::int64_t compared = 0, different = 0, lose = 0;
  JsonWriter json;
  json.begin_object().field("ok", true).key("accounts").begin_array();
  Columns table({"ACCOUNT", "OF", "WITH", "WHAT"});
  const std::string wrong =
      each_listed(call.gateway, "migrate.list", {{"cohort", cohort}}, "accounts", [&](JsonView a) {
        const std::string jid = text_of(a, "jid");
        if (cohort.empty() && std::find(call.words.begin(), call.words.end(), jid) == call.words.end()) return true;
        if (const std::string state = text_of(a, "state"); state == "legacy" || state == "retired") return true;
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
  const int same = different == 0 && unasked == 0 ? exit_done : exit_refused;
  if (call.line.json) {
    json.end_array().field("compared", compared).field("different", different).field("with_losses", lose);
    json.field("without_session", unasked);
    std::fputs((json.end_object().take() + "\n").c_str(), stdout);
    return same;
  }
  table.print();
  say(counted(compared, "account", "accounts") + " compared, " + counted(different, "differs", "differ") + ", " +
      counted(lose, "has", "have") + " what is not carried; " + std::to_string(unasked) +
      " could not be asked: their sessions are not up");
  return same;
}

}  // namespace ferry
