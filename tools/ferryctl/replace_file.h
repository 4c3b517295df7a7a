// A file that somebody else reads, replaced so that they see the old or the new one and never a part.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace ferry {

struct ReplaceFile {
  bool keep_old = false;     // as PATH.bak
  mode_t mode = 0644;        // of a file that was not there; otherwise mode and owner stay
  std::string_view owner{};  // of a file that was not there, where root makes it and there is such a user
};

std::string own_name();  // of the user who runs this
// Empty: the user can put a file there. Otherwise who cannot in which folder, and why.
std::string no_place_for(const std::string& path);

// Beside the file, to the disk, then in its place. Empty: done; otherwise why not.
std::string replace_file(const std::string& path, std::string_view text, const ReplaceFile& how);

}  // namespace ferry
