// ferryctl backup: by a connection of its own to the store, so that a running gateway does not notice.
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "gateway/store/backup.h"
#include "tools/ferryctl/as_owner.h"
#include "tools/ferryctl/commands.h"
#include "tools/ferryctl/print.h"
#include "translators/values/json.h"

namespace ferry {
namespace {

// On a terminal one line that changes; elsewhere a line for each quarter.
class ProgressLine {
 public:
  ProgressLine() : terminal_(::isatty(STDERR_FILENO) == 1) {}
  void operator()(std::int64_t done, std::int64_t all) {
    const std::int64_t percent = all > 0 ? done * 100 / all : 100;
    if (percent / (terminal_ ? 1 : 25) == said_) return;
    said_ = percent / (terminal_ ? 1 : 25);
    std::fprintf(stderr, terminal_ ? "\rferryctl: %lld %% copied%s" : "ferryctl: %lld %% copied%s",
                 static_cast<long long>(percent), !terminal_ || percent == 100 ? "\n" : "");
    std::fflush(stderr);
  }

 private:
  bool terminal_;
  std::int64_t said_ = 0;
};

Result<std::unique_ptr<Backup>, StoreError> begin(const std::string& store) {
  const AsOwner owner(store);  // SQLite may have to make the log's index
  return Backup::begin(store);
}

}  // namespace

int backup(CtlCall& call) {
  const std::string &store = call.options.store.path, &file = call.words.front();
  const auto started = begin(store);
  if (!started) return complain(started.error().text), exit_refused;
  ProgressLine progress;
  try {
    (*started)->copy_to(file, call.line.has("--force"),
                        [&](std::int64_t done, std::int64_t all) { progress(done, all); });
  } catch (const StoreFailure& failure) {
    complain(failure.what());
    if (failure.error().code == -EEXIST) complain("--force writes over it");
    return exit_refused;
  }
  struct stat info {};
  ::stat(file.c_str(), &info);
  if (call.line.json) {
    JsonWriter json;
    json.begin_object().field("ok", true).field("store", store).field("file", file);
    std::fputs((json.field("bytes", std::int64_t{info.st_size}).end_object().take() + "\n").c_str(), stdout);
  } else {
    say("copied: " + store + " to " + file + ", " + counted(info.st_size, "byte", "bytes") + ", checked");
  }
  return exit_done;
}

}  // namespace ferry
