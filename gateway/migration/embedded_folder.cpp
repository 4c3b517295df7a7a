#include "gateway/migration/embedded_folder.h"

#include <filesystem>
#include <string_view>

namespace ferry {
namespace {

namespace fs = std::filesystem;
constexpr std::string_view database_names[] = {"openfire", "wildfire", "messenger"};  // as the server was called

}  // namespace

EmbeddedFolder embedded_folder(const std::string& path) {
  EmbeddedFolder out;
  std::error_code error;
  for (const std::string_view name : database_names) {
    const auto file = [&](std::string_view ending) {
      return fs::path(path) / (std::string(name) + std::string(ending));
    };
    if (fs::exists(file(".script"), error)) {
      out = {true, file(".script").string(), fs::exists(file(".log"), error) ? file(".log").string() : "", ""};
      return out;
    }
    // Written anew at each start and each end of the server: without it the log is the changes of nobody knows what.
    std::string found;
    for (const std::string_view ending : {".log", ".data", ".properties", ".lobs", ".backup", ".script.new"})
      if (fs::exists(file(ending), error)) found += (found.empty() ? "" : ", ") + file(ending).filename().string();
    if (found.empty()) continue;
    out.is_one = true;
    out.refused = path + ": of Openfire's embedded database there is " + found + ", but no " + std::string(name) +
                  ".script, which has the tables; start the old server and stop it again, which writes one, and copy "
                  "the whole folder embedded-db while it is stopped";
    return out;
  }
  return out;
}

}  // namespace ferry
