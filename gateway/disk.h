// How large the store is, and how much room it has.
#pragma once

#include <cstdint>
#include <string>

namespace ferry {

struct Disk {
  std::uint64_t store_bytes = 0;  // the database
  std::uint64_t log_bytes = 0;    // its write-ahead log
  std::uint64_t free_bytes = 0;   // on its file system, for us
};

// What cannot be found out is 0, free_bytes excepted: that is then as much as can be.
Disk look_at_disk(const std::string& store_path);

}  // namespace ferry
