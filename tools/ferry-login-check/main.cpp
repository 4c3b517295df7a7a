// ferry-login-check: asks the legacy server, for the broker's plugin, whether people's passwords are right, by logging
// in there once with each; then SCRAM keys are kept, and nobody asks again. Exit codes as ferryd's.
#include <array>
#include <cstdio>
#include <exception>
#include <map>
#include <random>

#include "config/text.h"
#include "gateway/session/settings.h"
#include "gateway/store/database.h"
#include "tools/ferry-login-check/checks.h"
#include "tools/ferryctl/as_owner.h"
#include "tools/ferryctl/credential_access.h"
#include "tools/ferryctl/print.h"
#include "tools/ferryctl/replace_file.h"

namespace ferry {
namespace {

constexpr const char* usage =
    "usage: ferry-login-check --config FILE --socket FILE\n\n"
    "Asks the legacy XMPP server whether the passwords of people are right who are marked by\n"
    "`ferryctl password ask`: Mosquitto's plugin ferry_auth.so hands them over at a log-in\n"
    "(plugin_opt_login_check FILE). It logs in once with each; SCRAM keys are kept, encrypted, and the\n"
    "auth file is written again.\n\n"
    "  --config FILE  ferryd's configuration: [session], [vault] key-file and auth-file, [component] server\n"
    "  --socket FILE  where the plugin asks (mode 0660; its group becomes mosquitto's)\n"
    "  -h, --help     print this\n"
    "  --version      print the version\n";

constexpr std::array<const char*, 2> flags{"--config", "--socket"};

void wrong_here(const std::string& text) { std::fprintf(stderr, "ferry-login-check: %s\n", printable(text).c_str()); }

struct Arguments {
  std::map<std::string, std::string> values;
  std::string wrong;
  bool help = false, version = false;
};

Arguments read_arguments(int argc, char** argv) {
  Arguments out;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i], name = word.substr(0, word.find('='));
    if (word == "-h" || word == "--help") return out.help = true, out;
    if (word == "--version") return out.version = true, out;
    bool known = false;
    for (const char* flag : flags) known = known || name == flag;
    const bool inside = word.size() > name.size();
    if (!known || (!inside && i + 1 == argc)) return out.wrong = in_quotes(word) + " is unknown or has no value", out;
    out.values[name] = inside ? word.substr(name.size() + 1) : std::string(argv[++i]);
  }
  for (const char* flag : flags)
    if (out.wrong.empty() && out.values[flag].empty()) out.wrong = std::string(flag) + " is required";
  return out;
}

void log_check(const std::string& text) {
  std::fprintf(stderr, "ts=%s event=login.checked %s\n", format_instant(now_of_credentials()).c_str(),
               printable(text).c_str());
}

// Derives and stores the keys of all, then writes the auth file with what the gateway, running or not, says of routes.
std::string keep(const Options& options, const std::vector<Checks::Kept>& people) {
  const auto vault = open_vault(options);
  if (!vault) return vault.error();
  const auto credentials = open_credentials(options);
  if (!credentials) return credentials.error();
  {
    const AsOwner owner(options.store.path);
    const Instant now = now_of_credentials();
    (*credentials)->begin();
    for (const Checks::Kept& person : people) {
      for (const ScramHash hash : {ScramHash::sha1, ScramHash::sha256})
        if (const auto keys = derive(hash, person.password.view()))
          (*credentials)->put(person.jid, kind_of(hash), vault->seal(person.jid, *keys), "login", now);
      if (options.vault.keep_passwords)
        (*credentials)
            ->put(person.jid, CredentialKind::password, vault->seal_password(person.jid, person.password.view()),
                  "login", now);
    }
    (*credentials)->commit();
  }
  const auto gateway = open_gateway(options, Access::look);
  if (!gateway) return gateway.error();
  const CtlLine line;
  const Problems none;
  CtlCall call{options, line, {}, **gateway, none};
  return apply_auth_file(call, options.vault.auth_file) == exit_done
             ? ""
             : "the auth file " + options.vault.auth_file + " could not be written";
}

int serve(Arguments& arguments, const Options& options) {
  SessionLink::Settings settings = session_settings(options);
  const std::string domain = settings.domain;
  Poller poller;
  Signals signals(poller);
  Inbox inbox;
  const auto questions = Questions::listen(poller, arguments.values["--socket"]);
  if (!questions) return wrong_here(questions.error()), exit_refused;
  if (!(*questions)->note().empty()) wrong_here((*questions)->note());
  SessionLink link(poller, inbox, std::move(settings), std::random_device()());
  Checks checks(
      link, **questions, domain, [&](const auto& people) { return keep(options, people); }, log_check);
  std::fprintf(stderr, "ready login-check\n");
  while (!signals.end()) {
    Duration wait = second;
    for (const auto due : {link.deadline(), checks.deadline()})
      if (due) wait = std::clamp<Duration>(*due - steady_now(), 0, wait);
    poller.wait(wait);
    const Steady now = steady_now();
    for (Question& question : (*questions)->take()) checks.ask(std::move(question), now);
    link.on_time(now);
    for (const SessionEvent& event : link.take()) checks.hear(event, now);
    inbox.log.clear();  // says what login.checked says better
    link.committed();
    checks.on_time(now);
    link.flush(steady_now());
  }
  return exit_done;
}

int start(int argc, char** argv) {
  Arguments arguments = read_arguments(argc, argv);
  if (arguments.help) return std::fputs(usage, stdout), exit_done;
  if (arguments.version) return std::puts("ferry-login-check " FERRY_VERSION), exit_done;
  if (!arguments.wrong.empty()) return wrong_here(arguments.wrong + "; see --help"), exit_usage;
  Problems problems;
  const std::string config = "--config=" + arguments.values["--config"];
  const char* const words[] = {argv[0], config.c_str()};
  const Options options = load(2, words, process_environment(), problems);
  for (const Problem& p : problems) wrong_here(format_problem(p));
  if (any_error(problems)) return exit_usage;
  if (options.vault.key_file.empty() || options.vault.auth_file.empty())
    return wrong_here("[vault] key-file and auth-file are required"), exit_usage;
  if (const auto vault = open_vault(options); !vault)  // else the server would be asked for the same people for ever
    return wrong_here("[vault] key-file: " + vault.error()), exit_usage;
  if (options.session.host.empty())
    return wrong_here("[session] host is required: the server that is asked"), exit_usage;
  // Now, and not once somebody has logged in, for whom the server would be asked again and again.
  if (const std::string wrong = no_place_for(options.vault.auth_file); !wrong.empty())
    return wrong_here("[vault] auth-file: " + wrong + "; give it a folder of its own: install -d -o " + own_name() +
                      " -g mosquitto -m 2750 /etc/mosquitto/ferry, and auth-file = /etc/mosquitto/ferry/auth (README, "
                      "migration)"),
           exit_usage;
  return serve(arguments, options);
}

}  // namespace
}  // namespace ferry

int main(int argc, char** argv) {
  try {
    return ferry::start(argc, argv);
  } catch (const std::exception& failure) { ferry::wrong_here(failure.what()); }
  return ferry::exit_refused;
}
