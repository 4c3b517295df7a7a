// ferryctl: the administrator's tool for a gateway that runs or not. Exit codes: 0 done, 1 refused or a check found
// errors, 2 wrong usage or configuration.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>

#include "gateway/store/database.h"
#include "tools/ferryctl/commands.h"
#include "tools/ferryctl/print.h"
#include "tools/ferryctl/watch.h"

namespace ferry {
namespace {

constexpr const char* default_config = "/etc/ferry/ferryd.conf";
constexpr std::size_t any_number = 1U << 20;

constexpr CtlCommand own_commands[] = {
    {"map", "list", "", "print the mapping table: rows of the configuration and of the store", 0, 0, Access::look,
     map_list},
    {"map", "add", "ROW...", "add rows \"KIND JID TOPIC [key=value ...]\" to the store, each in quotes", 1, any_number,
     Access::change, map_add},
    {"map", "remove", "JID...", "remove the row with exactly this JID or pattern from the store", 1, any_number,
     Access::change, map_remove},
    {"map", "import", "[--replace] FILE|-",
     "add the rows of a file, one a line, # begins a comment; bad lines are reported and the others imported. Rows "
     "that are there already do no harm; --replace: another row of the same JID gives way",
     1, 1, Access::change, map_import, "--replace"},
    {"map", "export", "[--all] [FILE|-]",
     "write the rows of the store for import; --all: those of the configuration too, as comments", 0, 1, Access::look,
     map_export, "--all"},
    {"map", "check", "", "prove that the table is a bijection: overlaps, ties, unreachable rows; exit code 1 if not", 0,
     0, Access::look, map_check},
    {"map", "explain", "JID-or-TOPIC...", "which row fires, why, and the result", 1, any_number, Access::look,
     map_explain},
    {"acl", "", "[--format file|dynsec]",
     "print the ACL file for Mosquitto that goes with the mapping table, or the commands for its dynamic-security "
     "plugin",
     0, 0, Access::look, print_acl, "--format"},
    {"broker", "apply",
     "--auth-file FILE [--force] | --acl-file FILE [--pid-file FILE] [--dry-run] | --dynsec ADMIN:PASSWORD-FILE "
     "[--bind-device NAME] [--prune] [--dry-run]",
     "make the broker keep people apart. --auth-file: write what Mosquitto's plugin ferry_auth.so decides by, people's "
     "credentials and the mapping table; the plugin sees a new file by itself. Whose keys cannot be read stays in it "
     "as before, and is named (exit code 1). --force: without them. --acl-file: write that file (the old "
     "one stays as FILE.bak) and have the "
     "Mosquitto of --pid-file read it again. --dynsec: tell the dynamic-security plugin, as one of its administrators, "
     "what differs: a role for each user, a role and a client for the gateway, nothing by default; --bind-device: each "
     "user's client id must be UID:NAME, so that nobody takes a session over (one device each); --prune: remove the "
     "roles of users who are gone. --dry-run: only say what would change",
     0, 0, Access::look, broker_apply,
     "--auth-file --force --acl-file --pid-file --dry-run --dynsec --bind-device --prune"},
    {"broker", "check", "--probe UID:PASSWORD-FILE --probe UID:PASSWORD-FILE",
     "prove by delivery that the running broker enforces the ACL: the two probes are ordinary MQTT accounts, best used "
     "for nothing else; each forbidden publish and subscription is tried, and must reach nobody",
     0, 0, Access::look, broker_check, "--probe"},
    {"user", "add", "JID...", "add users; a user row of the mapping table must cover them", 1, any_number,
     Access::change, user_add},
    {"user", "remove", "JID...", "remove users with all that is theirs", 1, any_number, Access::change, user_remove},
    {"user", "list", "", "print the users' JIDs", 0, 0, Access::look, user_list},
    {"user", "show", "JID", "print a user's topic, devices and contacts", 1, 1, Access::look, user_show},
    {"outbox", "list", "[--dead|--pending|--waiting] [--user JID] [--peer JID] [--limit N]",
     "how many messages wait for each link, and the dead letters: messages that failed after they were accepted. "
     "--pending: those that are to go out; --waiting: those whose recipient is not there. Bodies are never shown",
     0, 0, Access::look, outbox_list, "--dead --pending --waiting --user --peer --limit"},
    {"outbox", "show", "SEQ", "all that is known of one message but what it says", 1, 1, Access::look, outbox_show},
    {"outbox", "requeue", "SEQ...|--all [--user JID] [--peer JID]",
     "dead letters go out again, after everything that was accepted until now, with their ids and a fresh expiry", 0,
     any_number, Access::change, outbox_requeue, "--all --user --peer"},
    {"outbox", "drop", "[--pending|--waiting] SEQ...|--all [--user JID] [--peer JID]",
     "dead letters are forgotten. --pending, --waiting: messages that could still arrive, by number or with --all "
     "--user; their senders hear that they failed",
     0, any_number, Access::change, outbox_drop, "--dead --pending --waiting --all --user --peer"},
    {"vault", "init", "[--rotate|--lost]",
     "make the key file that credentials are encrypted with ([vault] key-file). --rotate: a new key in front of the "
     "old ones, which still open; then vault reseal. --lost: the key file and its copies are gone, and with them the "
     "credentials that the store has: a new one all the same",
     0, 0, Access::options, vault_init, "--rotate --lost"},
    {"vault", "broker-key", "FILE",
     "write the key file of the broker's plugin: derived from the vault's, it opens the auth file and nothing else. As "
     "root it becomes the user mosquitto's",
     1, 1, Access::options, vault_broker_key},
    {"vault", "reseal", "", "encrypt every credential again, with the first key of the file", 0, 0, Access::change,
     vault_reseal},
    {"password", "set", "[--replace] JID [FILE|-]",
     "set what JID logs in to the broker with, from a file, from standard input or asked for on the terminal; one "
     "line. Kept are SCRAM keys, which verify a password and do not tell it. Keys of the old server that the password "
     "does not fit stay; --replace: it was changed there since",
     1, 2, Access::change, password_set, "--replace"},
    {"password", "ask", "JID...",
     "keep nothing yet: at the first log-in ferry-login-check asks the legacy server, and keeps the keys", 1,
     any_number, Access::change, password_ask},
    {"password", "remove", "JID...", "forget what they log in with", 1, any_number, Access::change, password_remove},
    {"password", "list", "[JID...]",
     "who has which credentials, where they came from and since when; never what they are", 0, any_number, Access::look,
     password_list},
    {"status", "", "",
     "is the gateway running, are its links up, and if not why; queues, rates, users, the store, limits that were "
     "reached, counters",
     0, 0, Access::look, status},
    {"backup", "", "[--force] FILE",
     "copy the store, of a gateway that runs or not, into a new file: as it is at this moment, checked, of mode 0600. "
     "Nothing waits for it. --force: the file may exist. To restore: stop ferryd, put the file in the store's place, "
     "remove what is left of -wal and -shm beside it",
     1, 1, Access::look, backup, "--force"},
};

std::vector<CtlCommand> all_commands() {
  std::vector<CtlCommand> all(std::begin(own_commands), std::end(own_commands));
  const auto migrate = migrate_commands();
  all.insert(all.end(), migrate.begin(), migrate.end());
  return all;
}

// For commands that ask none.
class NoGateway final : public AnyGateway {
 public:
  bool running() const override { return false; }
  Result<Answer, std::string> ask(const std::string&) override { return std::string("this command asks no gateway"); }
};

constexpr const char* flags_help =
    "  -c, --config FILE   ferryd's configuration (default: $FERRY_CONFIG, else /etc/ferry/ferryd.conf)\n"
    "  --section.key=VALUE a key of the configuration, as ferryd takes it\n"
    "  --json              the gateway's answer as JSON\n"
    "  --version           print the version\n"
    "  -h, --help          print this; with a command, its own help\n";

void print_wrapped(std::string_view text, std::size_t indent) {
  constexpr std::size_t width = 100;
  while (!text.empty()) {
    std::size_t cut = text.size();
    if (indent + cut > width) {
      cut = text.rfind(' ', width - indent);
      if (cut == std::string_view::npos) cut = text.size();
    }
    std::printf("%*s%.*s\n", static_cast<int>(indent), "", static_cast<int>(cut), text.data());
    text.remove_prefix(std::min(cut + 1, text.size()));
  }
}

std::string full_name(const CtlCommand& c) {
  return std::string(c.group) + (c.name.empty() ? "" : " " + std::string(c.name)) +
         (c.arguments.empty() ? "" : " " + std::string(c.arguments));
}

// Of all, of a group, or of the one command that the words name.
void print_help(const std::vector<CtlCommand>& commands, const std::string& group, const CtlCommand* only) {
  std::printf("usage: ferryctl [--config FILE] [--json] %s\n\n", group.empty() ? "COMMAND" : (group + " …").c_str());
  if (group.empty())
    std::puts(
        "Administers a Ferry gateway. While ferryd runs, commands go to its control socket and apply at once;\n"
        "otherwise they work on its store.\n");
  for (const CtlCommand& c : commands) {
    if ((!group.empty() && c.group != group) || (only && (only->group != c.group || only->name != c.name))) continue;
    std::printf("  %s\n", full_name(c).c_str());
    print_wrapped(c.help, 6);
  }
  std::printf("\n%s\nexit codes: 0 done; 1 refused, or a check found errors; 2 wrong usage or configuration\n",
              flags_help);
}

int wrong_usage(const std::string& text, const std::string& help = "") {
  complain(text + "; see ferryctl " + (help.empty() ? "" : help + " ") + "--help");
  return exit_usage;
}

bool is_group(const std::vector<CtlCommand>& commands, const std::string& word) {
  for (const CtlCommand& c : commands)
    if (c.group == word) return true;
  return false;
}

const CtlCommand* find(const std::vector<CtlCommand>& commands, const std::vector<std::string>& words) {
  for (const CtlCommand& c : commands)
    if (c.group == words[0] && (c.name.empty() || (words.size() > 1 && c.name == words[1]))) return &c;
  return nullptr;
}

// One that was given and is none of the command's; empty: there is none.
std::string foreign_flag(const CtlLine& line, const CtlCommand& command) {
  const auto known = [&](const std::string& flag) {
    return (" " + std::string(command.flags) + " ").find(" " + flag + " ") != std::string::npos;
  };
  for (const std::string& flag : line.switches)
    if (!known(flag)) return flag;
  for (const auto& [flag, value] : line.values)
    if (!known(flag)) return flag;
  return line.probes.empty() || known("--probe") ? "" : "--probe";
}

// The default file may be missing: then everything must be in flags and environment. A named one may not.
Options read_options(const char* program, const CtlLine& line, Problems& problems) {
  std::string config = line.config;
  const auto environment = process_environment();
  if (config.empty()) config = environment("FERRY_CONFIG").value_or("");
  const bool named = !config.empty();
  if (!named) config = default_config;
  struct stat info {};
  const bool missing = !named && ::stat(config.c_str(), &info) != 0 && errno != EACCES;
  std::vector<std::string> arguments = {program};
  if (!missing) arguments.push_back("--config=" + config);
  arguments.insert(arguments.end(), line.options.begin(), line.options.end());
  std::vector<const char*> argv;
  for (const std::string& a : arguments) argv.push_back(a.c_str());
  Options options = load(static_cast<int>(argv.size()), argv.data(), environment, problems);
  const bool nothing = std::erase_if(problems, [&](const Problem& p) { return missing && p.where == "--config"; }) > 0;
  if (missing && (nothing || any_error(problems)))
    problems.insert(problems.begin(), {"", std::string("no configuration: there is no ") + default_config +
                                               "; name it with --config FILE or FERRY_CONFIG"});
  return options;
}

int start(const char* program, const CtlLine& line) {
  if (line.version) return say("ferryctl " FERRY_VERSION), exit_done;
  const std::vector<CtlCommand> commands = all_commands();
  const std::string group = line.words.empty() ? "" : line.words.front();
  const bool known = is_group(commands, group);
  if (!line.wrong.empty()) return wrong_usage(line.wrong, known ? group : "");
  if (!group.empty() && !known) return wrong_usage("there is no command " + group);
  if (line.help) return print_help(commands, group, known ? find(commands, line.words) : nullptr), exit_done;
  if (group.empty()) return wrong_usage("what is to be done?");
  const CtlCommand* command = find(commands, line.words);
  if (!command)
    return wrong_usage(
        line.words.size() > 1 ? "there is no command " + group + " " + line.words[1] : group + ": which command?",
        group);
  const std::vector<std::string> words(line.words.begin() + (command->name.empty() ? 1 : 2), line.words.end());
  if (words.size() < command->least || words.size() > command->most)
    return wrong_usage("expected: ferryctl " + full_name(*command), group);
  if (const std::string flag = foreign_flag(line, *command); !flag.empty())
    return wrong_usage(flag + " is a flag of another command; expected: ferryctl " + full_name(*command), group);

  Problems problems;
  const Options options = read_options(program, line, problems);
  if (command->access != Access::none && any_error(problems)) {
    for (Problem& p : strange_environment(environment_names())) problems.push_back(std::move(p));
    bool denied = false;
    for (const Problem& p : problems) {
      complain(p.where.empty() ? p.text : format_problem(p));
      denied = denied || p.text.find(std::strerror(EACCES)) != std::string::npos;
    }
    if (denied && ::geteuid() != 0) complain("run ferryctl as root or as ferryd's user");
    return exit_usage;
  }
  if (command->access == Access::none || command->access == Access::options) {
    NoGateway nobody;
    CtlCall call{options, line, words, nobody, problems};
    const int code = command->run(call);
    return std::fflush(stdout) == 0 ? code : exit_refused;
  }
  if (line.has("--watch")) return watch(*command, options, line, words, problems);
  const auto gateway = open_gateway(options, command->access);
  if (!gateway) return complain(gateway.error()), exit_refused;
  if (const std::string_view absence = (*gateway)->absence(); !absence.empty()) complain(std::string(absence));
  CtlCall call{options, line, words, **gateway, problems};
  const int code = command->run(call);
  return std::fflush(stdout) == 0 ? code : exit_refused;
}

}  // namespace
}  // namespace ferry

int main(int argc, char** argv) {
  try {
    return ferry::start(argv[0], ferry::read_ctl_line(argc, argv));
  } catch (const ferry::StoreFailure& failure) {
    ferry::complain(std::string("the store failed: ") + failure.what());
  } catch (const std::exception& failure) {  // out of memory; a bug
    ferry::complain(failure.what());
  }
  return ferry::exit_refused;
}
