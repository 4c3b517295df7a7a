// ferryctl outbox …: what waits, what has failed, and what becomes of it.
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>

#include "tools/ferryctl/commands.h"
#include "tools/ferryctl/print.h"

namespace ferry {
namespace {

constexpr std::size_t seqs_at_once = 1'000;  // of one command: what a tick can do

std::string age_text(std::int64_t seconds) {
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 120 * 60) return std::to_string(seconds / 60) + " min";
  if (seconds < 48 * 3600) return std::to_string(seconds / 3600) + " h";
  return std::to_string(seconds / 86'400) + " days";
}

std::string reason_text(JsonView message) {
  const std::string condition = text_of(message["reason"], "condition"), text = text_of(message["reason"], "text");
  return condition + (text.empty() ? "" : ": " + text);
}

std::vector<std::string> shelves(const CtlLine& line) {
  if (line.has("--pending")) return {"to-xmpp", "to-mqtt"};
  if (line.has("--waiting")) return {"waiting"};
  return {"dead"};
}

Members members_of(const CtlLine& line, const std::string& shelf) {
  Members members{{"shelf", shelf}};
  for (const std::string flag : {"user", "peer"})
    if (line.has("--" + flag)) members.emplace_back(flag, line.value("--" + flag));
  return members;
}

bool one_shelf(const CtlLine& line) {
  if (int{line.has("--dead")} + int{line.has("--pending")} + int{line.has("--waiting")} < 2) return true;
  complain("--dead, --pending, --waiting: one of them");
  return false;
}

void print_counts(const Answer& answer) {
  Columns links({"LINK", "ACCEPTED", "WAITING", "BYTES"});
  answer["links"].each([&](JsonView l) {
    links.add({text_of(l, "link"), number_of(l, "accepted"), number_of(l, "waiting"), number_of(l, "bytes")});
  });
  links.print();
  say("dead letters: " + number_of(answer.json.root(), "dead"));
}

void print_message(JsonView m, bool first) {
  if (first) say("SEQ  STATE  AGE  BYTES  FROM -> TO  ID  REASON");
  const std::string id = text_of(m, "id");
  say(std::to_string(integer_of(m, "seq")) + "  " + text_of(m, "state") + "  " + age_text(integer_of(m, "age")) + "  " +
      std::to_string(integer_of(m, "bytes")) + "  " + text_of(m, "from") + " -> " + text_of(m, "to") + "  " +
      (id.empty() ? "-" : id) + "  " + reason_text(m));
}

std::string seqs_command(std::string_view name, const std::string& shelf, const std::vector<std::int64_t>& seqs) {
  JsonWriter json;
  json.begin_object().field("command", name).field("shelf", shelf).key("seqs").begin_array();
  for (const std::int64_t seq : seqs) json.value(seq);
  return json.end_array().end_object().take();
}

// What requeue and drop have in common: the numbers given, or all that the shelf has now.
int act(CtlCall& call, std::string_view command, const std::string& past) {
  const CtlLine& line = call.line;
  if (!one_shelf(line)) return exit_usage;
  if (call.words.empty() == !line.has("--all"))
    return complain("expected numbers (ferryctl outbox list), or --all"), exit_usage;
  if (!line.has("--all") && (line.has("--user") || line.has("--peer")))
    return complain("--user and --peer go with --all"), exit_usage;
  if (line.has("--all") && (line.has("--pending") || line.has("--waiting")) && !line.has("--user"))
    return complain("messages that may still arrive are dropped one user's at a time: --user JID"), exit_usage;
  std::vector<std::int64_t> given;
  for (const std::string& word : call.words) {
    std::int64_t seq = 0;
    const auto [end, wrong] = std::from_chars(word.data(), word.data() + word.size(), seq);
    if (wrong != std::errc() || end != word.data() + word.size()) return complain(word + " is no number"), exit_usage;
    given.push_back(seq);
  }
  std::int64_t done = 0;
  std::map<std::int64_t, std::string> problems;
  for (const std::string& shelf : shelves(line)) {
    std::vector<std::int64_t> seqs = given;
    if (line.has("--all"))
      if (const std::string wrong = each_listed(call.gateway, "outbox.list", members_of(line, shelf), "messages",
                                                [&](JsonView m) {
                                                  seqs.push_back(integer_of(m, "seq"));
                                                  return true;
                                                });
          !wrong.empty())
        return complain(wrong), exit_refused;
    for (std::size_t at = 0; at < seqs.size(); at += seqs_at_once) {
      const auto from = seqs.begin() + static_cast<std::ptrdiff_t>(at);
      const std::vector<std::int64_t> some(
          from, from + static_cast<std::ptrdiff_t>(std::min(seqs_at_once, seqs.size() - at)));
      const auto answer = call.gateway.ask(seqs_command(command, shelf, some));
      if (!answer) return complain(answer.error()), exit_refused;
      if (!answer->ok()) return complain(answer->error()), exit_refused;
      done += integer_of(answer->json.root(), "done");
      for (const std::int64_t seq : some) problems.erase(seq);  // found on this shelf, or named again below
      (*answer)["problems"].each([&](JsonView p) { problems[integer_of(p, "seq")] = text_of(p, "error"); });
    }
  }
  if (line.json) {
    JsonWriter json;
    json.begin_object().field("ok", problems.empty()).field("done", done).key("problems").begin_array();
    for (const auto& [seq, text] : problems) json.begin_object().field("seq", seq).field("error", text).end_object();
    std::fputs((json.end_array().end_object().take() + "\n").c_str(), stdout);
  } else {
    for (const auto& [seq, text] : problems) complain(std::to_string(seq) + ": " + text);
    say(past + ": " + counted(done, "message", "messages"));
  }
  return problems.empty() ? exit_done : exit_refused;
}

}  // namespace

int outbox_list(CtlCall& call) {
  const CtlLine& line = call.line;
  if (!one_shelf(line)) return exit_usage;
  std::int64_t left = INT64_MAX;
  if (const std::string limit = line.value("--limit"); !limit.empty()) {
    const auto [end, wrong] = std::from_chars(limit.data(), limit.data() + limit.size(), left);
    if (wrong != std::errc() || *end != 0 || left < 1)
      return complain("--limit: expected a number above 0"), exit_usage;
  }
  std::string head = R"({"ok":true,)";
  if (!line.has("--dead") && !line.has("--pending") && !line.has("--waiting")) {
    const auto counts = call.gateway.ask(command_json("outbox.counts"));
    if (!counts) return complain(counts.error()), exit_refused;
    if (!counts->ok()) return complain(counts->error()), exit_refused;
    head += R"("links":)" + JsonWriter().value((*counts)["links"]).take() + R"(,"dead":)" +
            JsonWriter().value((*counts)["dead"]).take() + ",";
    if (!line.json) print_counts(*counts);
  }
  head += R"("messages":[)";  // with the first: an error before it is an error alone
  std::int64_t shown = 0;
  for (const std::string& shelf : shelves(line)) {
    if (left == 0) break;
    const std::string wrong =
        each_listed(call.gateway, "outbox.list", members_of(line, shelf), "messages", [&](JsonView m) {
          if (line.json)  // as they come: there may be a million
            std::fputs(((shown == 0 ? head : ",") + JsonWriter().value(m).take()).c_str(), stdout);
          else
            print_message(m, shown == 0);
          ++shown;
          return --left > 0;
        });
    if (!wrong.empty()) return complain(wrong), exit_refused;
  }
  if (line.json) std::fputs(((shown == 0 ? head : "") + "]}\n").c_str(), stdout);
  return exit_done;
}

int outbox_show(CtlCall& call) {
  JsonWriter command;
  const std::string& word = call.words.front();
  std::int64_t seq = 0;
  const auto [end, wrong] = std::from_chars(word.data(), word.data() + word.size(), seq);
  if (wrong != std::errc() || end != word.data() + word.size()) return complain(word + " is no number"), exit_usage;
  command.begin_object().field("command", "outbox.show").field("seq", seq).end_object();
  return ask_and_print(call, command.take(), [&](const Answer& answer) {
    const JsonView a = answer.json.root();
    const bool dead = a["dead"].boolean().value_or(false);
    say("seq      " + std::to_string(seq));
    say("id       " + (text_of(a, "id").empty() ? "none: a subscription, a receipt or the like" : text_of(a, "id")));
    if (!text_of(a, "xmppId").empty()) say("stanza   " + text_of(a, "xmppId"));
    say("from     " + text_of(a, "from"));
    say("to       " + text_of(a, "to"));
    say("way      " + text_of(a, "way"));
    say("state    " + text_of(a, "state") + (dead ? ", a dead letter" : "") +
        (a["underWay"].boolean().value_or(false) ? ", sent a moment ago" : ""));
    if (!reason_text(a).empty()) say("reason   " + reason_text(a));
    say((dead ? "failed   " : "accepted ") + age_text(integer_of(a, "age")) + " ago");
    say("expires  " + text_of(a, "expires"));
    say("size     " + counted(integer_of(a, "bytes"), "byte", "bytes"));
    return exit_done;
  });
}

int outbox_requeue(CtlCall& call) { return act(call, "outbox.requeue", "requeued"); }
int outbox_drop(CtlCall& call) { return act(call, "outbox.drop", "dropped"); }

}  // namespace ferry
