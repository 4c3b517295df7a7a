#include "gateway/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "config/text.h"
#include "gateway/store/database.h"

namespace ferry {
namespace {

struct Account {
  uid_t uid = 0;
  gid_t gid = 0;
};

std::string find(const std::string& name, Account& out) {
  std::vector<char> buffer(16'384);
  passwd entry{};
  passwd* found = nullptr;
  const int error = ::getpwnam_r(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (error != 0) return "the user " + in_quotes(name) + " cannot be looked up: " + std::strerror(error);
  if (!found) return "there is no user " + in_quotes(name) + ": useradd --system --no-create-home " + name;
  if (found->pw_uid == 0) return in_quotes(name) + " is root";
  out = {found->pw_uid, found->pw_gid};
  return {};
}

std::string own_name() {
  std::vector<char> buffer(16'384);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found) return found->pw_name;
  return std::to_string(::geteuid());
}

bool can_come_back() {
  uid_t real = 0, effective = 0, saved = 0;
  gid_t real_group = 0, effective_group = 0, saved_group = 0;
  if (::getresuid(&real, &effective, &saved) != 0 || ::getresgid(&real_group, &effective_group, &saved_group) != 0)
    return true;
  return real == 0 || effective == 0 || saved == 0 || real_group == 0 || effective_group == 0 || saved_group == 0 ||
         ::setuid(0) == 0 || ::seteuid(0) == 0;
}

class Files {
 public:
  void need(const std::string& where, const std::string& path, int access, const char* mode) {
    if (path.empty() || ::access(path.c_str(), access) == 0) return;
    const int error = errno;
    const std::string me = own_name();
    problems.push_back({where, in_quotes(path) + " cannot be " + ((access & W_OK) != 0 ? "written" : "read") + " by " +
                                   me + " (" + std::strerror(error) + "): it needs " + mode + ", owner " + me});
  }
  void need_if_there(const std::string& where, const std::string& path, int access, const char* mode) {
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0 || errno != ENOENT) need(where, path, access, mode);
  }
  void need_store(const std::string& path) {
    for (const char* suffix : {"", "-wal", "-shm", ".lock"})
      need_if_there("[store] path", path + suffix, R_OK | W_OK, "mode 600");
  }
  Problems problems;
};

std::string directory_of(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

}  // namespace

void keep_to_ourselves() {
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::umask(077);
}

bool is_root() { return ::geteuid() == 0; }

std::string become(const std::string& user) {
  Account account;
  if (std::string wrong = find(user, account); !wrong.empty()) return wrong;
  if (!is_root()) {
    if (::geteuid() == account.uid) return {};
    return "only root can become " + in_quotes(user) + "; ferryd was started by " + own_name();
  }
  if (::initgroups(user.c_str(), account.gid) != 0 || ::setresgid(account.gid, account.gid, account.gid) != 0 ||
      ::setresuid(account.uid, account.uid, account.uid) != 0)
    return "cannot become " + in_quotes(user) + ": " + std::strerror(errno);
  if (can_come_back()) return "root cannot be given up for " + in_quotes(user);
  return {};
}

Problems unfit_files(const Options& o) {
  Files files;
  // Secrets are read again with each connection, the others with SIGHUP.
  files.need("[component] secret-file", o.component.secret_file, R_OK, "mode 600");
  files.need("[broker] password-file", o.broker.password_file, R_OK, "mode 600");
  files.need("[broker] cafile", o.broker.cafile, R_OK, "mode 644");
  files.need("[session] cafile", o.session.cafile, R_OK, "mode 644");
  files.need("--config", o.config_file, R_OK, "mode 640");
  files.need("[store] path", directory_of(o.store.path), R_OK | W_OK | X_OK, "mode 700");
  files.need_store(o.store.path);
  if (directory_of(o.control.socket) != directory_of(o.store.path))
    files.need("[control] socket", directory_of(o.control.socket), W_OK | X_OK, "mode 700");
  return std::move(files.problems);
}

Problems unfit_store(const Options& o) {
  Files files;
  files.need_if_there("[store] path", directory_of(o.store.path), R_OK | W_OK | X_OK, "mode 700");
  if (files.problems.empty()) files.need_store(o.store.path);
  struct stat info {};
  if (!files.problems.empty() || ::stat(o.store.path.c_str(), &info) != 0) return std::move(files.problems);
  const auto store = Database::open(o.store.path, Database::Create::no);
  try {
    if (store)
      (void)(*store)->integer("PRAGMA user_version");
    else
      files.problems.push_back({"[store] path", store.error().text});
  } catch (const StoreFailure& failure) { files.problems.push_back({"[store] path", failure.what()}); }
  return std::move(files.problems);
}

}  // namespace ferry
