// Root works on the store as its owner: files that root makes beside it ferryd could not open.
#pragma once

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace ferry {

// As long as one instance lives, root is the owner of the file (or, where there is none yet, of its folder).
class AsOwner {
 public:
  explicit AsOwner(const std::string& path) {
    struct stat info {};
    const std::string folder = std::filesystem::path(path).parent_path().string();
    if (::geteuid() != 0) return;
    if (::stat(path.c_str(), &info) != 0 && ::stat(folder.empty() ? "." : folder.c_str(), &info) != 0) return;
    if (info.st_uid == 0) return;
    changed_ = ::setegid(info.st_gid) == 0 && ::seteuid(info.st_uid) == 0;
  }
  ~AsOwner() {
    if (changed_ && (::seteuid(0) != 0 || ::setegid(0) != 0)) std::abort();
  }
  // Where something could not be done to this folder: as whom, and what helps.
  std::string advice(const std::string& folder) const {
    const passwd* user = changed_ ? ::getpwuid(::geteuid()) : nullptr;
    if (user == nullptr) return {};
    const std::string name = user->pw_name;
    return " as " + name + ", the store's owner; for it: install -d -o " + name + " -m 0750 " + folder;
  }
  AsOwner(const AsOwner&) = delete;
  AsOwner& operator=(const AsOwner&) = delete;

 private:
  bool changed_ = false;
};

}  // namespace ferry
