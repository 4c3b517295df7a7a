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
#include "tools/ferryctl/print.h"

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

// Beside the file, to the disk, then in its place: a broker that reads meanwhile sees the one or the other. Owner and
// mode are those of the file that was there: the broker must go on being able to read it.
std::string replace_file(const std::string& path, const std::string& text) {
  const std::string fresh = path + ".new";
  struct stat was {};
  const bool existed = ::stat(path.c_str(), &was) == 0;
  ::unlink(fresh.c_str());
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (fd < 0) return failure("cannot write", fresh);
  bool good = true;
  for (std::string_view rest = text; good && !rest.empty();) {
    const ssize_t n = ::write(fd, rest.data(), rest.size());
    good = n >= 0 || errno == EINTR;
    if (n > 0) rest.remove_prefix(static_cast<std::size_t>(n));
  }
  if (good && existed)
    good = ::fchmod(fd, was.st_mode & 07777) == 0 && (::geteuid() != 0 || ::fchown(fd, was.st_uid, was.st_gid) == 0);
  good = good && ::fsync(fd) == 0;
  std::string wrong = good ? "" : failure("cannot write", fresh);
  ::close(fd);
  if (wrong.empty() && existed) {
    const std::string backup = path + ".bak";
    ::unlink(backup.c_str());
    if (::link(path.c_str(), backup.c_str()) != 0) wrong = failure("cannot keep the old file as", backup);
  }
  if (wrong.empty() && ::rename(fresh.c_str(), path.c_str()) != 0) wrong = failure("cannot put in place", path);
  if (!wrong.empty()) ::unlink(fresh.c_str());
  return wrong;
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
    if (const std::string wrong = replace_file(path, text); !wrong.empty()) return complain(wrong), exit_refused;
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
  const auto file = values.find("--acl-file"), plugin = values.find("--dynsec");
  const bool of_file = values.contains("--pid-file"),
             of_plugin = values.contains("--bind-device") || call.line.has("--prune");
  if (file != values.end() && plugin == values.end() && !of_plugin) return apply_file(call, file->second);
  if (plugin != values.end() && file == values.end() && !of_file) return apply_dynsec(call, plugin->second);
  complain(
      "expected either --acl-file FILE, with --pid-file, or --dynsec ADMIN:PASSWORD-FILE, with --bind-device and "
      "--prune");
  return exit_usage;
}

}  // namespace ferry
