// ferryctl vault …
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "gateway/store/sealed.h"
#include "tools/ferryctl/as_owner.h"
#include "tools/ferryctl/credential_access.h"
#include "tools/ferryctl/print.h"
#include "tools/ferryctl/replace_file.h"

namespace ferry {
namespace {

// A file that must not be there yet.
std::string write_new(const std::string& path, std::string_view text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return "cannot write " + path + ": " + std::strerror(errno);
  const bool good = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  const std::string wrong = good ? "" : "cannot write " + path + ": " + std::strerror(errno);
  ::close(fd);
  return wrong;
}

// What a new key would open nothing of: empty, there is nothing; otherwise what to do.
std::string in_the_way(const CtlCall& call) {
  if (call.line.has("--lost")) return {};
  const AsOwner owner(call.options.store.path);
  const auto sealed = sealed_in(call.options.store.path);
  const std::string otherwise = ". Where it is gone for good: ferryctl vault init --lost";
  if (!sealed) return "no key is made, as the store may have credentials of another one: " + sealed.error() + otherwise;
  if (*sealed == 0) return {};
  return "the store has " + counted(*sealed, "credential", "credentials") +
         " sealed with another key, which a new one does not open: put the copy of " + call.options.vault.key_file +
         " back" + otherwise;
}

}  // namespace

int vault_init(CtlCall& call) {
  const std::string& path = call.options.vault.key_file;
  if (path.empty()) return complain("[vault] key-file is not set: name the file in the configuration"), exit_usage;
  struct stat info {};
  const bool exists = ::lstat(path.c_str(), &info) == 0;
  if (call.line.has("--rotate") && call.line.has("--lost"))
    return complain("--rotate keeps the old keys, and --lost says that there are none"), exit_usage;
  if (!call.line.has("--rotate")) {
    if (exists)
      return complain(path + " is there already, and what is sealed needs it; --rotate puts a new key in front"),
             exit_refused;
    if (const std::string wrong = in_the_way(call); !wrong.empty()) return complain(wrong), exit_refused;
    const AsOwner owner(call.options.store.path);  // ferryd must be able to read it
    if (const std::string wrong = write_new(path, Vault::new_key_file().view()); !wrong.empty())
      return complain(wrong + owner.advice(std::filesystem::path(path).parent_path().string())), exit_refused;
    say(path + " is made, for its owner only. Keep a copy apart from the store: without it the credentials are lost");
    if (call.line.has("--lost"))
      say("What was sealed before cannot be read: ferryctl vault broker-key FILE, which leaves the broker its old "
          "keys, then set each again (ferryctl password set, migrate import --apply). Should the old key be found, put "
          "its line below the new one");
    const std::string folder = std::filesystem::path(call.options.store.path).parent_path().string();
    std::error_code unknown;
    if (::geteuid() == 0 && !folder.empty() && !std::filesystem::exists(folder, unknown))
      complain(path + " is root's, as there is no " + folder +
               " yet that says who ferryd's user is: chown it to that one");
    return exit_done;
  }
  auto before = read_secret(path);
  if (!before) return complain(format_problem(before.error())), exit_refused;
  const Secret text = Vault::new_key_file(*before);
  Secret::wipe(*before);
  if (const auto fits = Vault::parse(text.view(), path); !fits)
    return complain(format_problem(fits.error()) + "; ferryctl vault reseal, then drop old lines"), exit_refused;
  if (const std::string wrong = replace_file(path, text.view(), {.mode = 0600}); !wrong.empty())
    return complain(wrong), exit_refused;
  say(path + " has a new key in front. Now: ferryctl vault broker-key for the broker, and ferryctl vault reseal");
  return exit_done;
}

int vault_broker_key(CtlCall& call) {
  const auto vault = open_vault(call.options);
  if (!vault) return complain(vault.error()), exit_refused;
  const std::string& path = call.words.front();
  Vault keys = vault->derived(broker_purpose);
  const std::size_t own = keys.keys();
  const auto file = AuthFile::open(call.options.vault.auth_file);
  if (const auto before = Vault::open(path, Vault::Source::broker))
    keys = keys.after_loss(*before, file ? file->key_ids() : std::set<std::string>());
  const Secret text = keys.key_file_text();
  if (const std::string wrong = replace_file(path, text.view(), {.mode = 0600, .owner = "mosquitto"}); !wrong.empty())
    return complain(wrong), exit_refused;
  if (keys.keys() > own)
    say("Its old keys stay below the new one: the auth file is sealed with them until ferryctl broker apply has "
        "made it anew for everybody. Delete their lines then");
  return say(path + " is written; the broker's user, and nobody else, must be able to read it"), exit_done;
}

int vault_reseal(CtlCall& call) {
  const auto vault = open_vault(call.options);
  if (!vault) return complain(vault.error()), exit_refused;
  const auto credentials = open_credentials(call.options);
  if (!credentials) return complain(credentials.error()), exit_refused;
  {
    const AsOwner owner(call.options.store.path);
    const auto done = reseal(**credentials, *vault, now_of_credentials());
    if (!done) return complain(done.error()), exit_refused;
    say(counted(static_cast<std::int64_t>(*done), "credential", "credentials") + " sealed again");
  }
  return refresh_auth_file(call);
}

}  // namespace ferry
