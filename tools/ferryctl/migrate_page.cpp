// ferryctl migrate report: one HTML file that says how far the move is, what failed, and who lost what.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "tools/ferryctl/migrate_html.h"
#include "tools/ferryctl/migrate_words.h"
#include "translators/values/instant.h"

namespace ferry {
namespace {

constexpr std::size_t most_rows = 1'000;  // of each table of the page; what is left out is said
constexpr std::pair<std::string_view, int> report_states[] = {{"legacy", 0}, {"shadow", 1},  {"dual", 2},
                                                              {"moved", 3},  {"retired", 4}, {"back", 5}};

using TableRows = std::vector<std::vector<std::string>>;

struct Gathered {
  std::vector<html::Bar> states, errors;
  TableRows troubles, lost, lasting;
  html::Points moved;  // when each account came to where it is
  std::int64_t accounts = 0, with_mqtt = 0, old_clients = 0, differences = 0, back_by_name = 0;
};

void gather_cohorts(const Answer& status, Gathered& g) {
  status["cohorts"].each([&](JsonView c) {
    html::Bar states{text_of(c, "name"), {}}, errors{text_of(c, "name"), {}};
    for (const auto& [name, colour] : report_states)
      states.segments.push_back({std::string(name), integer_of(c["states"], name), colour});
    errors.segments = {{"errors", integer_of(c, "errors"), 5}, {"differences", integer_of(c, "differences"), 6}};
    g.states.push_back(std::move(states));
    g.errors.push_back(std::move(errors));
  });
}

void gather_account(CtlCall& call, JsonView a, Gathered& g, std::vector<std::int64_t>& when) {
  const std::string jid = text_of(a, "jid"), state = text_of(a, "state");
  ++g.accounts;
  if (a["back_by_name"].boolean().value_or(false)) ++g.back_by_name;
  if (state == "dual" || state == "moved" || state == "retired") {
    ++g.with_mqtt;
    if (const auto since = parse_instant(text_of(a, "since"))) when.push_back(*since);
  }
  if (state == "moved" && integer_of(a, "other_clients") > 0) ++g.old_clients;
  if (const std::string why = text_of(a, "trouble"); !why.empty()) g.troubles.push_back({jid, state, why});
  if (state == "legacy" && integer_of(a, "generation") == 0) return;
  const auto shown = call.gateway.ask(command_json("migrate.show", {{"jid", jid}}));
  if (!shown || !shown->ok()) return;
  g.differences += static_cast<std::int64_t>((*shown)["differences"].size());
  for (const auto* what : {"differences", "losses"})
    (*shown)[what].each([&](JsonView d) {
      g.lost.push_back({jid, text_of(d, "kind"), text_of(d, "peer"), text_of(d, "text")});
    });
  (*shown)["writes"].each([&](JsonView w) {
    if (text_of(w, "state") == "lasting") g.lasting.push_back({jid, text_of(w, "at"), what_of_write(w)});
  });
}

std::string section(std::string_view title, const std::vector<std::string>& titles, TableRows rows,
                    std::string_view none) {
  std::string out = "<h2>" + html::escape(title) + "</h2>";
  if (rows.empty()) return out + "<p class=\"none\">" + html::escape(none) + "</p>";
  const std::size_t all = rows.size();
  if (all > most_rows) rows.resize(most_rows);
  out += html::table(titles, rows);
  if (all > most_rows)
    out += "<p>" + std::to_string(all - most_rows) + " more; ferryctl migrate verify --json lists all.</p>";
  return out;
}

// What devices were spared: a session takes every stanza of the old server, a device only what is for people.
std::string traffic(const Answer& status) {
  const JsonView counters = status["counters"];
  const auto of = [&](std::string_view key) { return integer_of(counters, key); };
  const std::vector<html::Bar> both = {
      {"old server",
       {{"stanzas to sessions", of("session_stanzas_in"), 1}, {"stanzas from sessions", of("session_stanzas_out"), 7}}},
      {"devices", {{"messages published", of("messages_to_mqtt"), 3}, {"publishes taken", of("publishes_in"), 2}}}};
  return "<h2>Traffic since the gateway started</h2>" +
         html::bars("Stanzas at the old server, and publishes at the broker", both) +
         "<p>Repeated by the archive or as copies, and taken once: " + std::to_string(of("session_repeated")) +
         ". Events of nodes and rooms that no device had to take: " +
         std::to_string(of("session_node_events") + of("session_groupchats")) + ".</p>";
}

std::string write_whole(const std::string& path, const std::string& text, bool force) {
  const int handle = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (force ? O_TRUNC : O_EXCL), 0600);
  if (handle < 0)
    return path + ": " + std::system_category().message(errno) + (errno == EEXIST ? "; --force writes over it" : "");
  std::string wrong;
  for (std::size_t at = 0; at < text.size() && wrong.empty();) {
    const ssize_t n = ::write(handle, text.data() + at, text.size() - at);
    if (n < 0 && errno != EINTR) wrong = path + ": " + std::system_category().message(errno);
    if (n > 0) at += static_cast<std::size_t>(n);
  }
  if (::close(handle) != 0 && wrong.empty()) wrong = path + ": " + std::system_category().message(errno);
  return wrong;
}

}  // namespace

int migrate_report(CtlCall& call) {
  const auto status = call.gateway.ask(command_json("migrate.status"));
  if (!status) return complain(status.error()), exit_refused;
  if (!status->ok()) return complain(status->error()), exit_refused;
  const auto whole = call.gateway.ask(command_json("status"));
  Gathered g;
  gather_cohorts(*status, g);
  std::vector<std::int64_t> when;
  const std::string wrong =
      each_listed(call.gateway, "migrate.list", "accounts", [&](JsonView a) { gather_account(call, a, g, when); });
  if (!wrong.empty()) return complain(wrong), exit_refused;
  std::sort(when.begin(), when.end());
  for (std::size_t i = 0; i < when.size(); ++i) g.moved.emplace_back(when[i], static_cast<std::int64_t>(i + 1));

  std::string body =
      "<p>" +
      html::escape(counted(g.accounts, "account", "accounts") + " planned, " + counted(g.with_mqtt, "has", "have") +
                   " MQTT, " + counted(static_cast<std::int64_t>(g.troubles.size()), "does", "do") + " not get on, " +
                   counted(g.differences, "difference", "differences") + " found" +
                   (g.back_by_name > 0 ? ", " + counted(g.back_by_name, "", "") + " went back by name." : ".")) +
      "</p>";
  body += html::bars("How far the cohorts are", g.states);
  body += html::rising_line("Accounts with MQTT over time", g.moved, g.accounts, "accounts");
  body += html::bars("Errors since the last start, and differences", g.errors);
  if (g.old_clients > 0)
    body += "<p>" +
            html::escape(counted(g.old_clients, "account has", "accounts have") +
                         " moved and still an old client logged in.") +
            "</p>";
  body += section("Who does not get on", {"Account", "State", "Why"}, std::move(g.troubles), "Nobody.");
  body += section("Who would see something else than the old server has", {"Account", "Of", "With", "What"},
                  std::move(g.lost), "Nobody, as far as it was compared.");
  body += section("What the way back could not undo", {"Account", "Written", "What"}, std::move(g.lasting), "Nothing.");
  if (whole && whole->ok()) body += traffic(*whole);
  const std::string file = call.words.front();
  if (const std::string failed = write_whole(file, html::page("Ferry: the move", body), call.line.has("--force"));
      !failed.empty())
    return complain(failed), exit_refused;
  if (call.line.json)
    std::fputs((JsonWriter().begin_object().field("ok", true).field("file", file).end_object().take() + "\n").c_str(),
               stdout);
  else
    say("written: " + file);
  return exit_done;
}

}  // namespace ferry
