#include "tools/ferryctl/replace_file.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace ferry {

std::string own_name() {
  const passwd* user = ::getpwuid(::geteuid());
  return user != nullptr ? user->pw_name : std::to_string(::geteuid());
}

std::string no_place_for(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  if (::euidaccess(folder.c_str(), W_OK | X_OK) == 0) return {};
  return own_name() + " cannot make files in " + folder + ": " + std::strerror(errno);
}

namespace {

std::string why_not(const std::string& what, const std::string& path) {
  return what + " " + path + ": " + std::strerror(errno);
}

std::string cannot_make(const std::string& path) {
  const std::string wrong = why_not("cannot write", path), no_place = no_place_for(path);
  return no_place.empty() ? wrong
                          : wrong + "; " + no_place + "; do it as root, or give the file a folder of " + own_name();
}

// The reader must go on being able to read it: what was there keeps owner and mode.
bool give_away(int fd, const struct stat* was, const ReplaceFile& how) {
  if (was != nullptr && ::geteuid() != 0) {
    if (::fchown(fd, static_cast<uid_t>(-1), was->st_gid) != 0) errno = 0;  // only who is of the group can
    return ::fchmod(fd, was->st_mode & 07777) == 0;
  }
  if (was != nullptr) return ::fchmod(fd, was->st_mode & 07777) == 0 && ::fchown(fd, was->st_uid, was->st_gid) == 0;
  if (::fchmod(fd, how.mode) != 0) return false;
  if (how.owner.empty() || ::geteuid() != 0) return true;
  const passwd* user = ::getpwnam(std::string(how.owner).c_str());
  return user == nullptr || ::fchown(fd, user->pw_uid, user->pw_gid) == 0;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno != EINTR) return false;
    if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace

std::string replace_file(const std::string& path, std::string_view text, const ReplaceFile& how) {
  const std::string fresh = path + ".new";
  struct stat was {};
  const bool existed = ::stat(path.c_str(), &was) == 0;
  ::unlink(fresh.c_str());
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, how.mode);
  if (fd < 0) return cannot_make(fresh);
  const bool good = write_all(fd, text) && give_away(fd, existed ? &was : nullptr, how) && ::fsync(fd) == 0;
  std::string wrong = good ? "" : why_not("cannot write", fresh);
  ::close(fd);
  if (wrong.empty() && existed && how.keep_old) {
    const std::string backup = path + ".bak";
    ::unlink(backup.c_str());
    if (::link(path.c_str(), backup.c_str()) != 0) wrong = why_not("cannot keep the old file as", backup);
  }
  if (wrong.empty() && ::rename(fresh.c_str(), path.c_str()) != 0) wrong = why_not("cannot put in place", path);
  if (!wrong.empty()) ::unlink(fresh.c_str());
  return wrong;
}

}  // namespace ferry
