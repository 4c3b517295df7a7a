#include "gateway/store/store_error.h"

#include <cerrno>
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

}  // namespace

StoreError system_error_of(int error, const std::string& what) {
  return {-error, trouble_of_errno(error), "store: " + what + ": " + std::generic_category().message(error)};
}

}  // namespace ferry
