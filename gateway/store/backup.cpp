#include "gateway/store/backup.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "gateway/store/schema.h"

namespace ferry {
namespace {

constexpr int copied_at_once = 2'000;  // 8 MB, then somebody hears how far it is

[[noreturn]] void fail(const std::string& what) { throw StoreFailure(system_error_of(errno, what)); }

// Goes with whatever was half made.
class HalfCopy {
 public:
  explicit HalfCopy(std::string name) : name_(std::move(name)) {
    ::unlink(name_.c_str());  // of a copy that was interrupted
    const int file = ::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) fail(name_);
    ::close(file);
  }
  ~HalfCopy() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }
  HalfCopy(const HalfCopy&) = delete;
  HalfCopy& operator=(const HalfCopy&) = delete;

  const std::string& name() const { return name_; }
  void sync() const {
    const int file = ::open(name_.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) fail(name_);
    const int done = ::fsync(file);
    const int error = errno;
    ::close(file);
    errno = error;
    if (done != 0) fail(name_);
  }
  void become(const std::string& file, bool replace) {
    if (!replace) {
      if (::link(name_.c_str(), file.c_str()) == 0) return;
      if (errno == EEXIST) fail(file);
    }  // a file system without links: nobody else makes files of this name
    if (::rename(name_.c_str(), file.c_str()) != 0) fail(file);
    name_.clear();
  }

 private:
  std::string name_;
};

}  // namespace

Result<std::unique_ptr<Backup>, StoreError> Backup::begin(const std::string& store) {
  auto source = Database::open(store, Database::Create::no);
  if (!source) return source.error();
  try {
    if (std::string wrong = check_version(**source, migrations()); !wrong.empty())
      return StoreError{0, StoreTrouble::other, std::move(wrong)};
    (*source)->exec("BEGIN");
    (*source)->integer("SELECT count(*) FROM sqlite_master");  // the moment: a transaction begins with its first read
  } catch (const StoreFailure& failure) { return failure.error(); }
  return std::unique_ptr<Backup>(new Backup(*std::move(source)));
}

void Backup::copy_to(const std::string& file, bool replace, const Progress& progress) {
  if (!replace && ::access(file.c_str(), F_OK) == 0) {
    errno = EEXIST;
    fail(file);
  }
  HalfCopy part(file + ".part");
  {
    auto target = Database::open(part.name(), Database::Create::yes);
    if (!target) throw StoreFailure(target.error());
    (*target)->exec("PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF");
    source_->copy_to(**target, copied_at_once, progress);
    (*target)->exec("PRAGMA journal_mode = DELETE");  // one file, without a log beside it
    const std::string wrong = (*target)->text("PRAGMA quick_check(1)");
    if (wrong != "ok") throw StoreFailure({0, StoreTrouble::corrupt, "store: the copy is not sound: " + wrong});
  }
  part.sync();
  part.become(file, replace);
}

}  // namespace ferry
