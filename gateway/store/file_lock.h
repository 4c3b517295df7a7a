// Who owns a store: an exclusive flock(2) on a file beside it, with the owner's process id inside.
//
// One instance is the ownership; it ends with the instance, and with the process however that ends. The file stays: to
// delete it would let a third process lock another file of the same name.
#pragma once

#include <string>

#include "gateway/store/store_error.h"
#include "translators/values/result.h"

namespace ferry {

class FileLock {
 public:
  // Error: a text for people: why not, and who has it ("a ferryd or ferryctl (pid 123) works on this store").
  static Result<FileLock, StoreError> take(const std::string& path);
  FileLock() = default;  // owns nothing
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int file) : file_(file) {}
  int file_ = -1;
};

}  // namespace ferry
