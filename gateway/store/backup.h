// A copy of a store, while its gateway runs or not.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "gateway/store/database.h"

namespace ferry {

// One instance is one copy under way: of what was committed when it began, however long it takes and whatever is
// written meanwhile. The gateway does not wait for it; only its log on the disk cannot be cut back until this is over.
class Backup {
 public:
  // Another connection to the store, and the moment that is copied. The store must exist and be of this version.
  static Result<std::unique_ptr<Backup>, StoreError> begin(const std::string& store);

  // Into a new file of mode 0600; it has its name only when it is whole, checked and on the disk. replace: one of that
  // name gives way. progress: pages done, of how many. StoreFailure: there is no copy.
  using Progress = std::function<void(std::int64_t done, std::int64_t all)>;
  void copy_to(const std::string& file, bool replace, const Progress& progress);

 private:
  explicit Backup(std::unique_ptr<Database> source) : source_(std::move(source)) {}
  std::unique_ptr<Database> source_;
};

}  // namespace ferry
