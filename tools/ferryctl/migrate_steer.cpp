// ferryctl migrate start, pause, stop-on, back, show: each asks the gateway for one thing and ends. What goes on goes
// on in ferryd, so ferryctl may be killed at any moment.
#include <charconv>
#include <cmath>

#include "tools/ferryctl/credential_access.h"
#include "tools/ferryctl/migrate_words.h"

namespace ferry {
namespace {

constexpr std::size_t most_named = 20;  // contacts; --json has more

void say_who_is_needed(JsonView a) {
  const std::int64_t all = integer_of(a, "need_contacts");
  if (all == 0) return;
  say("warning: " +
      counted(all, "more was a subscription that only its contact can restore",
              "more were subscriptions that only their contacts can restore") +
      ":");
  std::int64_t said = 0;
  a["contacts"].each([&](JsonView n) {
    if (static_cast<std::size_t>(said) == most_named) return;
    ++said;
    say("  " + text_of(n, "contact") + " has to " + text_of(n, "has_to") + ", for " + text_of(n, "jid"));
  });
  if (said < all) say("  and " + std::to_string(all - said) + " more");
}

// Only where something was done.
void after(CtlCall& call) {
  if (call.line.has("--apply")) return auth_file_follows(call);
  if (!call.line.json) say("nothing was changed; --apply does it");
}

}  // namespace

int migrate_start(CtlCall& call) {
  std::string to = call.line.value("--to");
  if (to.empty()) to = "dual";
  if (to == "legacy" || to == "back") return complain("--to " + to + ": ferryctl migrate back does that"), exit_usage;
  if (to != "shadow" && to != "dual" && to != "moved" && to != "retired")
    return complain("--to " + to + ": expected shadow, dual, moved or retired"), exit_usage;
  const auto rate = number_flag(call, "--rate", 1, 1'000, 0);
  if (!rate) return exit_usage;
  std::vector<std::pair<std::string, std::int64_t>> numbers;
  if (*rate > 0) numbers.emplace_back("rate", *rate);
  const std::string command = command_for(call, "migrate.start", {{"to", to}}, numbers);
  if (command.empty()) return exit_usage;
  const int done = ask_and_print(call, command, [&](const Answer& answer) {
    const JsonView a = answer.json.root();
    say(counted(integer_of(a, "go_on"), "account goes", "accounts go") + " on to " + to + "; " + number_of(a, "there") +
        " are there, " + number_of(a, "further") + " are further, " + number_of(a, "going_back") +
        " are on their way back");
    if (integer_of(a, "from_moved") > 0)
      say(counted(integer_of(a, "from_moved"), "", "") +
          " of those who go on come from moved: MQTT is no longer primary");
    if (integer_of(a, "further") > 0)
      say("who is further stays there; ferryctl migrate back brings them to how they were, and from there they can "
          "start");
    if (const std::int64_t out = integer_of(a, "left_out"); out > 0)
      say("left out: " + some_names(a["left_out_accounts"], out) +
          " went back by name; plan again, or start by name, to move again");
    return exit_done;
  });
  if (done == exit_done && to != "retired") say_who_cannot_log_in(call);
  if (done == exit_done) after(call);
  return done;
}

int migrate_pause(CtlCall& call) {
  Members members;
  if (!call.words.empty()) members.emplace_back("cohort", call.words.front());
  return ask_and_print(call, command_json("migrate.pause", members), [](const Answer& answer) {
    const std::int64_t named = integer_of(answer.json.root(), "named");
    say(counted(integer_of(answer.json.root(), "paused"), "cohort stands", "cohorts stand") + " still" +
        (named > 0 ? ", and " + counted(named, "account that was", "accounts that were") + " started by name" : "") +
        "; who has left a state goes on to the next, and start lets all go on");
    return exit_done;
  });
}

int migrate_stop_on(CtlCall& call) {
  const std::string& text = call.words[1];
  double percent = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), percent);
  const bool sign = end + 1 == text.data() + text.size() && *end == '%';
  const bool rest = sign || end == text.data() + text.size();
  if (wrong != std::errc() || !rest || !(percent >= 0) || percent > 100)
    return complain("expected a percentage such as 2 or 0.5; 0: never"), exit_usage;
  const auto least = number_flag(call, "--least", 1, 1'000'000, 20);
  if (!least) return exit_usage;
  JsonWriter json;
  json.begin_object()
      .field("command", "migrate.stop-on")
      .field("cohort", call.words[0])
      .field("permille", static_cast<std::int64_t>(std::lround(percent * 10)))
      .field("least", *least);
  return ask_and_print(call, json.end_object().take(), [&](const Answer&) {
    say(call.words[0] + (percent > 0 ? ": stops where more than " + text + (sign ? "" : "%") +
                                           " of its transitions fail, once there were " + std::to_string(*least)
                                     : ": never stops by itself"));
    return exit_done;
  });
}

int migrate_back(CtlCall& call) {
  const std::string command = command_for(call, "migrate.back");
  if (command.empty()) return exit_usage;
  const int done = ask_and_print(call, command, [&](const Answer& answer) {
    const JsonView a = answer.json.root();
    say(counted(integer_of(a, "go_back"), "account goes", "accounts go") + " back, " + number_of(a, "there") +
        " never left");
    say(counted(integer_of(a, "writes_to_undo"), "change", "changes") + " on the old server will be undone, " +
        number_of(a, "of_people") + " of them made by people in the MQTT client (--keep lets those stay)");
    say_who_is_needed(a);
    if (integer_of(a, "messages_not_taken") > 0)
      say("warning: " + counted(integer_of(a, "messages_not_taken"), "message was", "messages were") +
          " taken by no MQTT device yet; they remain in the server's archive only");
    if (!call.words.empty())
      say("no start of a cohort's means who goes back by name, until they are planned again or started by name");
    return exit_done;
  });
  if (done == exit_done) after(call);
  return done;
}

int migrate_show(CtlCall& call) {
  return ask_and_print(call, command_json("migrate.show", {{"jid", call.words.front()}}), [](const Answer& answer) {
    const JsonView a = answer["account"];
    const bool by_name = a["back_by_name"].boolean().value_or(false);
    say("account      " + text_of(a, "jid") + ", cohort " + text_of(a, "cohort") +
        (by_name ? ", whose starts leave it out: it was taken back by name" : ""));
    const std::string state = text_of(a, "state"), target = text_of(a, "target");
    say("state        " + state + " since " + text_of(a, "since") +
        (state == target ? "" : ", on its way to " + target));
    say("session      " + text_of(a, "session"));
    say("messages     " + number_of(a, "messages") + ", errors " + number_of(a, "errors") +
        " since it was last started");
    if (integer_of(a, "other_clients") > 0) say("old clients  " + number_of(a, "other_clients") + " are logged in");
    if (const std::string why = text_of(a, "trouble"); !why.empty()) say("trouble      " + why);
    Columns writes({"WRITE", "STATE", "BY", "AT", "WHAT"});
    answer["writes"].each([&](JsonView w) {
      writes.add({number_of(w, "number"), text_of(w, "state"), text_of(w, "by"), text_of(w, "at"), what_of_write(w)});
    });
    if (!writes.empty()) say("");
    writes.print();
    Columns differences({"DIFFERENCE", "OF", "WHAT"});
    for (const auto* what : {"differences", "losses"})
      answer[what].each([&](JsonView d) {
        differences.add({text_of(d, "kind"), text_of(d, "peer"), text_of(d, "text")});
      });
    if (!differences.empty()) say("");
    differences.print();
    return exit_done;
  });
}

}  // namespace ferry
