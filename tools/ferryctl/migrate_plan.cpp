// ferryctl migrate plan, migrate clusters: who moves, and with whom.
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>

#include "gateway/brain/contact_clusters.h"
#include "gateway/migration/imported.h"
#include "gateway/store/schema.h"
#include "tools/ferryctl/as_owner.h"
#include "tools/ferryctl/migrate_words.h"
#include "translators/values/fnv.h"

namespace ferry {
namespace {

constexpr std::size_t max_line = 4'096, max_lines = 1'000'000, jids_a_part = 5'000;

// Lines of a file or of standard input, without comments. False, and said why.
bool each_line(const std::string& path, const std::function<bool(const std::string& line, std::size_t number)>& visit) {
  std::ifstream file;
  if (path != "-") {
    file.open(path);
    if (!file) return complain(path + ": cannot be read: " + std::strerror(errno)), false;
  }
  std::istream& in = path == "-" ? std::cin : file;
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (line.size() > max_line || number > max_lines)
      return complain(path + ":" + std::to_string(number) + ": more than " +
                      (line.size() > max_line ? std::to_string(max_line) + " bytes" : "a million lines")),
             false;
    if (const auto hash = line.find('#'); hash != std::string::npos) line.erase(hash);
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back())) != 0) line.pop_back();
    std::size_t begin = 0;
    while (begin < line.size() && std::isspace(static_cast<unsigned char>(line[begin])) != 0) ++begin;
    line.erase(0, begin);
    if (!line.empty() && !visit(line, number)) return false;
  }
  return true;
}

// The same part of the people each time, and of 20 % all that are in 10 %.
bool in_percentage(const std::string& jid, std::int64_t percent) {
  std::uint64_t h = fnv1a(jid);
  h ^= h >> 29;
  return static_cast<std::int64_t>(h % 100) < percent;
}

// Those that were imported, of one shared group only if it is not empty. False, and said why.
bool add_imported(const CtlCall& call, const std::string& group, std::vector<std::string>& jids) {
  const AsOwner owner(call.options.store.path);
  auto database = Database::open(call.options.store.path, Database::Create::no);
  if (!database) return complain(database.error().text), false;
  if (const std::string wrong = check_version(**database, migrations()); !wrong.empty()) return complain(wrong), false;
  const std::vector<std::string> found = imported_jids(**database, group);
  if (found.empty())
    return complain(group.empty() ? "nobody was imported; ferryctl migrate import --apply does it"
                                  : "no imported account is in the group " + group),
           false;
  jids.insert(jids.end(), found.begin(), found.end());
  return true;
}

// A name that nobody has over there is planned like any other, and waits for ever.
void say_who_was_not_imported(const CtlCall& call, const std::vector<std::string>& planned) {
  const AsOwner owner(call.options.store.path);
  const auto database = Database::open(call.options.store.path, Database::Create::no);
  if (!database || !check_version(**database, migrations()).empty()) return;
  const std::vector<std::string> found = imported_jids(**database);
  if (found.empty()) return;
  std::int64_t missing = 0;
  std::string first;
  for (const std::string& line : planned) {
    const auto jid = Jid::parse(line.substr(0, line.find(' ')));
    if (!jid || std::binary_search(found.begin(), found.end(), jid->str())) continue;
    if (missing++ == 0) first = jid->str();
  }
  if (missing > 0)
    complain("note: " + counted(missing, "account is", "accounts are") + " not among the " +
             std::to_string(found.size()) + " that were imported, or locked there: is " + first + " written rightly?");
}

}  // namespace

int migrate_plan(CtlCall& call) {
  const std::string cohort = call.line.value("--cohort");
  if (cohort.empty()) return complain("--cohort NAME: which one?"), exit_usage;
  const auto percent = number_flag(call, "--percent", 1, 100, 100);
  if (!percent) return exit_usage;
  std::vector<std::string> jids;
  std::map<std::string, std::size_t> lines;  // of the list, for problems
  const std::string list = call.line.value("--list");
  if (!list.empty() && !each_line(list, [&](const std::string& line, std::size_t number) {
        jids.push_back(line);
        lines.emplace(line, number);
        return true;
      }))
    return exit_refused;
  jids.insert(jids.end(), call.words.begin(), call.words.end());
  const std::string group = call.line.value("--group");
  if ((call.line.has("--imported") || !group.empty()) && !add_imported(call, group, jids)) return exit_refused;
  std::erase_if(jids, [&](const std::string& jid) { return !in_percentage(jid.substr(0, jid.find(' ')), *percent); });
  if (jids.empty()) return complain("nobody is named: JID..., --list FILE, --imported or --group NAME"), exit_usage;
  const bool apply = call.line.has("--apply");
  std::int64_t added = 0, changed = 0, there = 0, problems = 0;
  std::vector<std::string> again;  // taken back by name before
  JsonWriter all;
  all.begin_object().field("ok", true).field("done", apply).key("problems").begin_array();
  for (std::size_t begin = 0; begin < jids.size(); begin += jids_a_part) {
    JsonWriter json;
    json.begin_object().field("command", "migrate.plan").field("cohort", cohort).field("go", apply);
    if (call.line.has("--new-address")) json.field("new_address", true);
    json.key("jids").begin_array();
    for (std::size_t i = begin; i < std::min(jids.size(), begin + jids_a_part); ++i) json.value(jids[i]);
    const auto answer = call.gateway.ask(json.end_array().end_object().take());
    if (!answer) return complain(answer.error()), exit_refused;
    if (!answer->ok()) return complain(answer->error()), exit_refused;
    const JsonView a = answer->json.root();
    added += integer_of(a, "added");
    changed += integer_of(a, "changed");
    there += integer_of(a, "there");
    a["again"].each([&](JsonView name) { again.emplace_back(name.string().value_or("")); });
    a["problems"].each([&](JsonView p) {
      ++problems;
      all.value(p);
      if (call.line.json) return;
      const auto line = lines.find(text_of(p, "jid"));
      const std::string where = line == lines.end() ? "" : list + ":" + std::to_string(line->second) + ": ";
      complain(where + text_of(p, "jid") + ": " + text_of(p, "error"));
    });
  }
  say_who_was_not_imported(call, jids);
  all.end_array().field("added", added).field("changed", changed).field("there", there).key("again").begin_array();
  for (const std::string& jid : again) all.value(jid);
  all.end_array();
  if (call.line.json) {
    std::fputs((all.end_object().take() + "\n").c_str(), stdout);
  } else {
    say((apply ? "" : "would be: ") + counted(added, "account", "accounts") + " new in " + cohort + ", " +
        counted(changed, "", "") + " from another cohort, " + counted(there, "", "") + " there already, " +
        counted(problems, "problem", "problems"));
    for (const std::string& jid : again) say(jid + " went back by name, and moves with " + cohort + " again");
    if (!apply) say("nothing was changed; --apply does it");
  }
  return problems == 0 ? exit_done : exit_refused;
}

// Rosters that the gateway has seen (accounts in shadow or further), and lines "JID CONTACT" of a file.
int migrate_clusters(CtlCall& call) {
  const auto largest = number_flag(call, "--size", 1, 100'000, 50);
  if (!largest) return exit_usage;
  ContactGraph graph;
  std::string wrong;
  if (const std::string file = call.line.value("--rosters"); !file.empty()) {
    const bool read = each_line(file, [&](const std::string& line, std::size_t number) {
      const std::size_t blank = line.find_first_of(" \t");
      if (blank == std::string::npos) {
        graph[line];
        return true;
      }
      const std::size_t contact = line.find_first_not_of(" \t", blank);
      if (line.find_first_of(" \t", contact) != std::string::npos)
        return complain(file + ":" + std::to_string(number) + ": expected \"JID CONTACT\""), false;
      graph[line.substr(0, blank)].insert(line.substr(contact));
      return true;
    });
    if (!read) return exit_refused;
  }
  wrong = each_listed(call.gateway, "migrate.rosters", "rosters", [&](JsonView r) {
    auto& contacts = graph[text_of(r, "jid")];
    r["contacts"].each([&](JsonView c) { contacts.emplace(c.string().value_or("")); });
  });
  if (!wrong.empty()) return complain(wrong), exit_refused;
  const auto clusters = contact_clusters(graph, static_cast<std::size_t>(*largest));
  if (call.line.json) {
    JsonWriter json;
    json.begin_object().field("ok", true).key("clusters").begin_array();
    for (const ContactCluster& c : clusters) {
      json.begin_object().key("members").begin_array();
      for (const std::string& m : c.members) json.value(m);
      json.end_array()
          .field("inside", static_cast<std::int64_t>(c.inside))
          .field("outside", static_cast<std::int64_t>(c.outside))
          .end_object();
    }
    std::fputs((json.end_array().end_object().take() + "\n").c_str(), stdout);
    return exit_done;
  }
  if (clusters.empty()) complain("no roster is known yet; start --to shadow reads them, --rosters FILE brings others");
  std::size_t n = 0;
  for (const ContactCluster& c : clusters) {
    say("# cluster " + std::to_string(++n) + ": " +
        counted(static_cast<std::int64_t>(c.members.size()), "account", "accounts") + ", " + std::to_string(c.inside) +
        " pairs of contacts inside, " + std::to_string(c.outside) + " to others");
    for (const std::string& member : c.members) say(member);
  }
  return exit_done;
}

}  // namespace ferry
