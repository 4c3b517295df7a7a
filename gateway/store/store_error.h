// What can be wrong with a store.
#pragma once

#include <exception>
#include <string>
#include <utility>

namespace ferry {

enum class StoreTrouble { busy, full, readonly, corrupt, io, owned, other };  // owned: by another process (file_lock.h)

struct StoreError {
  int code = 0;  // SQLite's extended result code; below 0: the system's errno
  StoreTrouble trouble = StoreTrouble::other;
  std::string text;  // for people: which file, what, and what to do; never the content of a row

  // Another program, the disk or its mount is in the way: what it needs is time, or somebody who looks; not another
  // configuration.
  bool may_pass() const {
    return trouble == StoreTrouble::busy || trouble == StoreTrouble::full || trouble == StoreTrouble::readonly ||
           trouble == StoreTrouble::io;
  }
};

// errno after a call on a file; what: the file, or what was tried with it.
StoreError system_error_of(int error, const std::string& what);

// "; PATH is root's, and this process is ferry: …": for a file that may not be opened, or made. Empty: nobody knows.
std::string whose(const std::string& path);

class StoreFailure : public std::exception {
 public:
  explicit StoreFailure(StoreError error) : error_(std::move(error)) {}
  const char* what() const noexcept override { return error_.text.c_str(); }
  const StoreError& error() const { return error_; }

 private:
  StoreError error_;
};

}  // namespace ferry
