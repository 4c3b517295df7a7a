#include "tools/ferry-replay/setup.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "config/text.h"

namespace ferry::replay {
namespace {

constexpr std::size_t most_config_bytes = 16U << 20;

Result<std::string, Problem> read_config(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  if (!in || (in.peek() != std::ifstream::traits_type::eof() && !(text << in.rdbuf())))
    return Problem{"--config", in_quotes(path) + " cannot be read: " + std::strerror(errno)};
  std::string out = text.str();
  if (out.size() > most_config_bytes) return Problem{"--config", in_quotes(path) + " has more than 16 MiB"};
  return out;
}

void add(std::string& wrong, const std::string& line) { wrong += (wrong.empty() ? "" : "\n") + line; }

void add(std::string& wrong, const Problems& problems) {
  for (const Problem& p : problems)
    if (!p.info) add(wrong, format_problem(p));
}

void read_domains(const Arguments& arguments, Setup& setup, std::string& wrong) {
  for (const std::string& pair : arguments.values("--domain-map")) {
    const std::size_t equals = pair.find('=');
    const auto from = Jid::parse(pair.substr(0, equals));
    const auto to = Jid::parse(equals == std::string::npos ? std::string() : pair.substr(equals + 1));
    if (!from || !to || !from->is_domain() || !to->is_domain())
      add(wrong, "--domain-map: expected OLD=NEW, two domains, not " + in_quotes(pair));
    else if (!setup.play.domains.emplace(from->str(), to->str()).second)
      add(wrong, "--domain-map: " + from->str() + " is given twice");
  }
}

void read_play(const Arguments& arguments, Setup& setup, std::string& wrong) {
  const std::string from = arguments.value("--from", "xmpp");
  if (from == "mqtt")
    setup.play.from = Player::From::mqtt;
  else if (from == "both")
    setup.play.from = Player::From::both;
  else if (from != "xmpp")
    add(wrong, "--from: expected xmpp, mqtt or both, not " + in_quotes(from));
  std::string number;
  if (const auto users = arguments.number("--users", 1, 1, most_users, number))
    setup.play.users = static_cast<std::uint32_t>(*users);
  else
    add(wrong, number);
  if (const auto seed = arguments.number("--seed", 1, 0, INT64_MAX, number))
    setup.seed = *seed;
  else
    add(wrong, number);
  read_domains(arguments, setup, wrong);
}

void read_accounts(const Arguments& arguments, Setup& setup, std::string& wrong) {
  const std::string& server = setup.options.component.server;
  for (const std::string& text : arguments.values("--account")) {
    const auto jid = Jid::parse(text);
    if (jid && !jid->has_resource() && jid->domainpart() == server && setup.options.component.domain != server)
      setup.play.accounts.insert(jid->str());
    else
      add(wrong, "--account: expected an account of the legacy server, NAME@" + server + ", or " + server +
                     " for all of them, not " + in_quotes(text));
  }
}

}  // namespace

const std::vector<ReplayFlag>& shared_flags() {
  static const std::vector<ReplayFlag> flags{
      {"--config", "FILE", "ferryd's configuration: its routes, domains, limits and topics are used (required)"},
      {"--users", "N",
       "plays everything N times, each time for other people: alice@… is alice-2@… in the second copy, and so on. "
       "Domains and feeds stay one for all; addresses inside a stanza stay as they are"},
      {"--domain-map", "OLD=NEW",
       "a captured domain is another one here; may be given more than once. If NEW is the configuration's component "
       "domain, only recipients are renamed: each stanza shows what its recipient would get who lives on MQTT while "
       "its sender is still on XMPP",
       true},
      {"--account", "JID|DOMAIN",
       "an account of the legacy server ([component] server), or with its domain all of them: what clients' streams "
       "have for it is played to its session, as to one more client of an account in state dual; may be given more "
       "than once",
       true},
      {"--seed", "N", "what ids are made from, 1 if not given"},
      {"--junit", "FILE", "writes the outcome as JUnit XML, too"},
  };
  return flags;
}

Result<std::unique_ptr<Setup>, std::string> read_setup(const Arguments& arguments) {
  auto setup = std::make_unique<Setup>();
  std::string wrong;
  read_play(arguments, *setup, wrong);
  const std::string path = arguments.value("--config");
  if (path.empty()) {
    add(wrong, "--config FILE is missing: ferryd's configuration");
    return wrong;
  }
  const auto text = read_config(path);
  if (!text) {
    add(wrong, Problems{text.error()});
    return wrong;
  }
  Problems problems;
  setup->options = load_text(*text, path, problems);
  add(wrong, problems);
  if (!wrong.empty()) return wrong;
  setup->table = MappingTable(setup->options.broker.root, setup->options.broker.username, path);
  setup->table.set_rows(route_rows(setup->options));
  add(wrong, setup->table.check());
  read_accounts(arguments, *setup, wrong);
  if (!wrong.empty()) return wrong;
  return setup;
}

std::string_view played_text() {
  return "What is played. Streams of a component, of another server and of unknown kind: the stanzas that the server\n"
         "said, as they are, without those that a captured client had said before. Streams of clients: the stanzas to\n"
         "hosted users, from whichever side was recorded, each once, with the sender's full JID; rosters, log-ins,\n"
         "answers and what is for the server itself are not.\n"
         "With --account also the messages and presences to these accounts, which begin with the roster that the\n"
         "capture shows or an empty one. A repeated message (the same id and text again) is played once; requests,\n"
         "rooms, carbons and what stands in an archive are not.\n"
         "Publishes (--from mqtt): what clients published under their out/ and to feeds. Whoever is written to exists\n"
         "and has one device that is there. What is not played is counted by its reason.\n";
}

std::string describe(const Player::Counts& counts) {
  const auto line = [](const std::string& what, std::uint64_t n) {
    const std::string number = std::to_string(n);
    return std::string(number.size() < 10 ? 10 - number.size() : 0, ' ') + number + "  " + what + "\n";
  };
  std::string out = line("records read", counts.records) + line("stanzas", counts.stanzas) +
                    line("publishes", counts.publishes) + line("played (all copies)", counts.played);
  for (const auto& [reason, n] : counts.skipped) out += line("not played: " + reason, n);
  if (counts.damage != 0) out += line("damaged", counts.damage);
  if (counts.clock_jumps != 0) out += line("times the clock leapt", counts.clock_jumps);
  return out;
}

}  // namespace ferry::replay
