#include "gateway/store/store_error.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace ferry {
namespace {

StoreTrouble trouble_of_errno(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return StoreTrouble::full;
    case EROFS:
      return StoreTrouble::readonly;
    case EIO:
      return StoreTrouble::io;
    default:  // no such folder, no permission: nobody mends that by waiting
      return StoreTrouble::other;
  }
}

std::string name_of(uid_t user) {
  const passwd* known = ::getpwuid(user);
  return known ? known->pw_name : std::to_string(user);
}

}  // namespace

std::string whose(const std::string& path) {
  struct stat info {};
  std::string place = path;
  if (::stat(place.c_str(), &info) != 0) {
    place = std::filesystem::path(path).parent_path().string();
    if (place.empty()) place = ".";
    if (::stat(place.c_str(), &info) != 0) return {};
  }
  const std::string me = name_of(::geteuid());
  if (info.st_uid == ::geteuid()) return "; " + place + " is " + me + "'s, but its mode forbids it: chmod u+rwX it";
  return "; " + place + " is " + name_of(info.st_uid) + "'s, and this process is " + me +
         "'s: chown it to ferryd's user, whose the store is";
}

StoreError system_error_of(int error, const std::string& what) {
  return {-error, trouble_of_errno(error), "store: " + what + ": " + std::generic_category().message(error)};
}

}  // namespace ferry
