// ferryctl broker apply: the ACL file, put where the broker reads it; or the dynamic-security plugin.
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <set>
#include <sstream>

#include "config/text.h"
#include "tools/ferryctl/broker_access.h"
#include "tools/ferryctl/credential_access.h"
#include "tools/ferryctl/print.h"
#include "tools/ferryctl/replace_file.h"

namespace ferry {
namespace {

std::string failure(const std::string& what, const std::string& path) {
  return what + " " + path + ": " + std::strerror(errno);
}

bool read_file(const std::string& path, std::string& out) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  out = text.str();
  return in.is_open();
}

// Lines that are in one and not in the other; the order means nothing to a reader of rules.
void print_difference(const std::string& before, const std::string& after) {
  const auto lines = [](const std::string& text) {
    std::multiset<std::string> out;
    for (const std::string_view line : split(text, '\n'))
      if (!line.empty()) out.emplace(line);
    return out;
  };
  const auto old = lines(before), fresh = lines(after);
  for (const std::string& line : old)
    if (!fresh.contains(line)) say("- " + printable(line));
  for (const std::string& line : fresh)
    if (!old.contains(line)) say("+ " + printable(line));
}

// A pid file may be older than the process that has the number now.
std::string reload(const std::string& pid_file) {
  std::string text, name;
  if (!read_file(pid_file, text)) return failure("cannot read", pid_file);
  const std::string_view digits = trim(split(text, '\n').front());
  pid_t pid = 0;
  const auto [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), pid);
  if (bad != std::errc() || end != digits.data() + digits.size() || pid <= 1) return pid_file + " holds no process id";
  if (!read_file("/proc/" + std::to_string(pid) + "/comm", name)) return "process " + std::to_string(pid) + " is gone";
  if (!name.starts_with("mosquitto"))
    return "process " + std::to_string(pid) + " is " + printable(trim(split(name, '\n').front())) + ", not mosquitto";
  if (::kill(pid, SIGHUP) != 0) return failure("cannot signal", std::to_string(pid));
  return {};
}

int apply_file(CtlCall& call, const std::string& path) {
  const std::string text = acl_text(call);
  if (text.empty()) return exit_refused;
  std::string before;
  const bool existed = read_file(path, before);
  if (existed && before == text) {
    say(path + " is as it should be");
  } else {
    print_difference(before, text);
    if (call.line.has("--dry-run")) return say(path + " would be written"), exit_done;
    if (const std::string wrong = replace_file(path, text, {.keep_old = true}); !wrong.empty())
      return complain(wrong), exit_refused;
    say(path + " is written" + (existed ? "; the old one is " + path + ".bak" : ""));
  }
  const auto pid_file = call.line.values.find("--pid-file");
  if (call.line.has("--dry-run")) return exit_done;
  if (pid_file == call.line.values.end())
    return say("Mosquitto reads it with SIGHUP: systemctl reload mosquitto, or kill -HUP its process"), exit_done;
  if (const std::string wrong = reload(pid_file->second); !wrong.empty())
    return complain("not reloaded: " + wrong), exit_refused;
  return say("Mosquitto was told to read it again"), exit_done;
}

}  // namespace

int broker_apply(CtlCall& call) {
  const auto& values = call.line.values;
  const auto file = values.find("--acl-file"), plugin = values.find("--dynsec"), auth = values.find("--auth-file");
  const bool of_file = values.contains("--pid-file"),
             of_plugin = values.contains("--bind-device") || call.line.has("--prune");
  const bool forced = call.line.has("--force");
  if (auth != values.end() && values.size() == 1 && call.line.switches.size() == (forced ? 1U : 0U))
    return apply_auth_file(call, auth->second, true);
  if (auth == values.end() && file != values.end() && plugin == values.end() && !of_plugin && !forced)
    return apply_file(call, file->second);
  if (auth == values.end() && plugin != values.end() && file == values.end() && !of_file && !forced)
    return apply_dynsec(call, plugin->second);
  complain(
      "expected one of --auth-file FILE, with --force, --acl-file FILE, with --pid-file, and --dynsec "
      "ADMIN:PASSWORD-FILE, with --bind-device and --prune");
  return exit_usage;
}

}  // namespace ferry
