// The folder of Openfire's embedded database (HSQLDB): embedded-db/openfire.script and the files beside it.
#pragma once

#include <string>

namespace ferry {

struct EmbeddedFolder {
  bool is_one = false;
  std::string script, log;  // log: what changed since the script was written; empty: nothing
  std::string refused;      // it is one that cannot be read: why, and what to do
};

EmbeddedFolder embedded_folder(const std::string& path);

}  // namespace ferry
