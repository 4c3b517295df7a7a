#include "gateway/disk.h"

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <filesystem>
#include <limits>

namespace ferry {
namespace {

std::uint64_t size_of(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

}  // namespace

Disk look_at_disk(const std::string& path) {
  Disk disk{size_of(path), size_of(path + "-wal"), std::numeric_limits<std::uint64_t>::max()};
  const std::string folder = std::filesystem::path(path).parent_path().string();
  struct statvfs info {};
  if (::statvfs(folder.empty() ? "." : folder.c_str(), &info) == 0) disk.free_bytes = info.f_bavail * info.f_frsize;
  return disk;
}

}  // namespace ferry
